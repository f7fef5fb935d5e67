import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { eq } from "drizzle-orm";
import pg from "pg";
import type { PostgresDatabase } from "../../../src/db/postgres/postgres.ts";
import { tasks } from "../../../src/db/postgres/tables/tasks.ts";
import { TaskChanges } from "../../../src/db/postgres/task-changes.ts";
import { PostgresNotificationStore } from "../../../src/store/postgres/notifications/notifications.ts";
import type { TaskEvent } from "../../../src/task/task.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { FleetServer } from "../../fixtures/fleet-bench.ts";

// A busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const fleet = new FleetServer();
beforeAll(() => fleet.start());
afterAll(() => fleet.stop());

const EVENTS = [1, 2, 3];
const TAKEN = { state: "SUCCESS", httpStatus: 204 } as const;
const all = () => Number.MAX_SAFE_INTEGER;

/** Nodes over a database of running tasks of a few clients, whose receivers are to be told of three events each. */
async function bench(nodeCount: number, taskCount: number) {
  const url = await fleet.database();
  const databases = await Promise.all(Array.from({ length: nodeCount }, () => fleet.open(url)));
  await fleet.server.query(
    `insert into tasks (id, client_code, profile_name, status, priority, create_ms, attempt, failures, cancel_requested,
      event_sequence, attempts, targets, source_url, custom_profiles, assignments, needs, notification)
     select 'task-' || n, 'client-' || n % 3, 'p', 'RUNNING', 0, 1, 1, 0, false, ${EVENTS.length}, '[]', '[]', 'file:///a',
       '[]', '[]', '', '{"url":"https://ada.example/hook"}' from generate_series(1, ${taskCount}) as n;
     insert into events (task_seq, sequence, time_ms, type, status, attempt)
       select seq, n, 1, 'target', 'RUNNING', 1 from tasks, generate_series(1, ${EVENTS.length}) as n;
     insert into notifications (task_seq, client_code, sequence, due_ms, fence)
       select seq, client_code, 0, 1, 0 from tasks`,
    url,
  );
  const clock = { nowMs: 1_000 };
  const nodes = databases.map(
    (database) => new PostgresNotificationStore(database, { now: () => clock.nowMs }),
  );
  return { url, clock, databases, nodes };
}

describe("PostgresNotificationStore", () => {
  test("looks for nothing on a node that is none of those that do", async () => {
    const { clock, databases } = await bench(1, 1);
    let isKeeper = true;
    const [database] = databases as [PostgresDatabase];
    const now = () => clock.nowMs;
    const node = new PostgresNotificationStore(database, { now, isKeeper: () => isKeeper });
    expect(await node.isDue()).toBe(true);
    isKeeper = false;
    expect(await node.isDue()).toBe(false);
  });

  test("has each event told by one of many nodes that look at once, and those of a task in order", async () => {
    const { nodes } = await bench(4, 24);
    const told: string[] = [];
    let held = 0;
    await Promise.all(
      nodes.map(async (node) => {
        while (await node.isDue())
          for (const telling of await node.take(3, all)) {
            told.push(`${telling.event.taskId} ${telling.event.sequence}`);
            if (await node.settle(telling, TAKEN)) held += 1;
          }
      }),
    );
    expect(held).toBe(24 * EVENTS.length);
    const ids = Array.from({ length: 24 }, (_, at) => `task-${at + 1}`);
    for (const id of ids)
      expect(told.filter((each) => each.startsWith(`${id} `))).toEqual(
        EVENTS.map((sequence) => `${id} ${sequence}`),
      );
    expect(told).toHaveLength(24 * EVENTS.length);
  });

  test("passes over what another node is deciding on, rather than wait for it", async () => {
    const { url, nodes } = await bench(1, 3);
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    await other.query("begin");
    await other.query("select from notifications where client_code <> 'client-0' for update");
    const taken = (await nodes[0]?.take(9, all)) ?? [];
    expect(taken.map(({ clientCode }) => clientCode)).toEqual(["client-0"]);
    await other.end();
  });

  test("is told of an event that is written while another one is being settled", async () => {
    const { url, databases, nodes } = await bench(1, 1);
    const [database, node] = [databases[0] as PostgresDatabase, nodes[0]];
    for (let told = 0; told < EVENTS.length - 1; told += 1)
      for (const telling of (await node?.take(1, all)) ?? []) await node?.settle(telling, TAKEN);
    const [last] = (await node?.take(1, all)) ?? [];
    expect(last?.event.sequence).toBe(EVENTS.length);
    // A node that has seen that there is no more, and has not said so yet.
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    await other.query("begin");
    await other.query("update deliveries set state = 'SUCCESS'");
    await other.query("update notifications set due_ms = null, hold = null");
    const entries = { enqueueAll: async () => {} };
    const changes = new TaskChanges(database, { entries });
    const written = database.write(async () => {
      const [row] = await database.orm
        .select()
        .from(tasks)
        .where(eq(tasks.id, "task-1"))
        .for("update");
      if (!row) throw new Error("Expected a task");
      const sequence = row.eventSequence + 1;
      const event: TaskEvent = {
        ...{
          taskId: row.id,
          sequence,
          timeMs: 7,
          type: "target",
          target: 0,
          targetStatus: "RUNNING",
        },
        ...{ status: row.status, attempt: row.attempt },
      };
      await changes.save({
        row: { ...row, eventSequence: sequence },
        isChanged: true,
        events: [event],
      });
    });
    const isWaiting = async () =>
      (await fleet.server.query("select from pg_locks where not granted")).length > 0;
    let isWritten = false;
    void written.then(() => {
      isWritten = true;
    });
    while (!isWritten && !(await isWaiting()))
      await new Promise((resolve) => setTimeout(resolve, 5));
    await other.query("commit");
    await other.end();
    await written;
    const [next] = (await node?.take(1, all)) ?? [];
    expect(next?.event.sequence).toBe(EVENTS.length + 1);
  });

  test("finds no task by what the database cannot hold, and nothing behind what it can count to", async () => {
    const { nodes } = await bench(1, 1);
    const page = { afterSequence: 0, limit: 9 };
    const missing = nodes[0]?.list("client-1", "task\0", page) as Promise<unknown>;
    expect((await taskErrorOf(missing)).code).toBe("no_such_task");
    expect(await nodes[0]?.list("client-1", "task-1", page)).toHaveLength(EVENTS.length);
    const far = { ...page, afterSequence: 2 ** 40 };
    expect(await nodes[0]?.list("client-1", "task-1", far)).toEqual([]);
  });
});
