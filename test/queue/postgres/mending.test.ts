import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { queueNameOf } from "../../../src/queue/postgres/queue-name.ts";
import { type FleetNode, FleetServer } from "../../fixtures/fleet-bench.ts";
import { aFailure, aWorker, claimTask, createTask } from "../../fixtures/store-bench.ts";

setDefaultTimeout(60_000);

const fleet = new FleetServer();
beforeAll(() => fleet.start());
afterAll(() => fleet.stop());

const ADAS = { clientCode: "ada", isLive: false, needs: "" };
const QUEUE = queueNameOf(ADAS);

const run = ({ database }: FleetNode, text: string, values: unknown[] = []) =>
  database.write(async () => (await database.execute(text, values)).rows);

/** The entries, in the order of their queues. */
const entriesOf = async (node: FleetNode) =>
  (
    await run(node, "select name, id::text from pontus_queue.job_common order by name, created_on")
  ).map((row) => row as { readonly name: string; readonly id: string });

/** Claims all that there is: the ids of the tasks. */
async function drain({ queue }: FleetNode): Promise<readonly string[]> {
  const taken: string[] = [];
  for (;;) {
    const work = await queue.claim(aWorker());
    if (!work) return taken;
    taken.push(work.claim.taskId);
  }
}

/** Mends until a whole round finds nothing. */
async function mendAll({ queue }: FleetNode): Promise<number> {
  let mended = 0;
  for (;;) {
    const found = await queue.mend();
    if (found === 0) return mended;
    mended += found;
  }
}

describe("mend()", () => {
  test("finds nothing where entries and rows agree", async () => {
    const node = await fleet.node();
    const id = await createTask(node);
    await createTask(node, { clientCode: "bob" });
    const { claim } = await claimTask(node);
    expect(claim.taskId).toBe(id);
    const notBeforeMs = node.clock.nowMs + 1000;
    await node.queue.giveBack(claim, { failure: aFailure, counts: true, notBeforeMs });
    expect(await mendAll(node)).toBe(0);
    expect(await entriesOf(node)).toHaveLength(1);
  });

  test("adds the entry that a ready task lacks, and none for others", async () => {
    const node = await fleet.node();
    const ids = [await createTask(node), await createTask(node), await createTask(node)];
    await run(node, "delete from pontus_queue.job_common");
    await node.tasks.cancel("ada", ids[1] ?? "");
    expect(await mendAll(node)).toBe(2);
    expect((await entriesOf(node)).map(({ id }) => id)).toEqual([ids[0] ?? "", ids[2] ?? ""]);
    expect(await drain(node)).toEqual([ids[0] ?? "", ids[2] ?? ""]);
  });

  test("goes along many clients and queues, some of them at a time", async () => {
    let made = 0;
    // Of one client more queues than a pass looks at, and of others one each.
    const node = await fleet.node({ needsOf: () => `codec-${made++}` });
    for (let n = 0; n < 54; n += 1)
      await createTask(node, { clientCode: n < 51 ? "ada" : `client-${n}` });
    await run(node, "delete from pontus_queue.job_common");
    expect([await node.queue.mend(), await node.queue.mend()]).toEqual([50, 4]);
    expect(await entriesOf(node)).toHaveLength(54);
    expect(await mendAll(node)).toBe(0);
  });

  test("removes the entries of tasks that run, have ended, wait or are gone", async () => {
    const node = await fleet.node();
    const running = await createTask(node, { priority: 2 });
    const waiting = await createTask(node, { priority: 1 });
    const ended = await createTask(node);
    const ready = await createTask(node, { priority: -1 });
    await claimTask(node);
    const { claim } = await claimTask(node);
    const notBeforeMs = node.clock.nowMs + 1000;
    await node.queue.giveBack(claim, { failure: aFailure, counts: true, notBeforeMs });
    await node.tasks.cancel("ada", ended);
    const gone = crypto.randomUUID();
    await node.database.write(() =>
      node.entries.enqueueAll(
        [running, waiting, ended, gone].map((id) => ({ ...ADAS, id, priority: 0, attempt: 0 })),
      ),
    );
    expect(await entriesOf(node)).toHaveLength(5);
    expect(await mendAll(node)).toBe(4);
    expect(await entriesOf(node)).toEqual([{ name: QUEUE, id: ready }]);
  });

  test("moves an entry to the queue of what its task needs now, and leaves one of two", async () => {
    const node = await fleet.node({ needsOf: () => "libx264" });
    const moved = await createTask(node);
    const twice = await createTask(node);
    await run(node, "update tasks set needs = 'libx265' where id = $1", [moved]);
    await node.database.write(() =>
      node.entries.enqueueAll([{ ...ADAS, needs: "aac", id: twice, priority: 0, attempt: 0 }]),
    );
    expect(await mendAll(node)).toBe(3);
    expect(await entriesOf(node)).toEqual([
      { name: "file/ada/libx264", id: twice },
      { name: "file/ada/libx265", id: moved },
    ]);
  });

  test("makes entries anew that somebody ended by pg-boss's own means", async () => {
    const node = await fleet.node();
    const id = await createTask(node);
    await run(node, "update pontus_queue.job_common set state = 'cancelled'");
    expect(await mendAll(node)).toBe(1);
    expect(await drain(node)).toEqual([id]);
  });

  test("mends what an older backup of the tables of tasks, or of entries, left", async () => {
    const node = await fleet.node();
    const made: string[] = [];
    for (let i = 0; i < 6; i += 1)
      made.push(await createTask(node, { clientCode: `client-${i % 3}` }));
    await run(node, "create table backup as select * from pontus_queue.job_common");
    const claimed = [await claimTask(node), await claimTask(node)];
    const later = await createTask(node, { clientCode: "late" });
    await run(node, "delete from pontus_queue.job_common");
    await run(node, "insert into pontus_queue.job_common select * from backup");
    // Two that run have their entries again, and the newest has none.
    expect(await mendAll(node)).toBe(3);
    const running = claimed.map(({ claim }) => claim.taskId);
    const ready = [...made.filter((id) => !running.includes(id)), later].toSorted();
    expect([...(await drain(node))].toSorted()).toEqual(ready);
  });

  test("goes through more rows and entries than one batch has", async () => {
    const node = await fleet.node();
    const id = await createTask(node);
    const columns = (
      await run(
        node,
        "select column_name as name from information_schema.columns where table_name = 'tasks' and table_schema = 'public'",
      )
    ).map((row) => (row as { readonly name: string }).name);
    const others = columns
      .filter((name) => !["seq", "id", "client_code"].includes(name))
      .join(", ");
    await run(
      node,
      `insert into tasks (id, client_code, ${others}) select gen_random_uuid()::text, 'client-' || number % 7, ${others}
        from tasks, generate_series(1, 1700) as number where id = $1`,
      [id],
    );
    await run(node, "delete from pontus_queue.job_common");
    let mended = 0;
    for (let pass = 0; pass < 8; pass += 1) {
      const found = await node.queue.mend();
      expect(found).toBeLessThanOrEqual(500);
      mended += found;
    }
    expect(mended).toBe(1701);
    expect(await entriesOf(node)).toHaveLength(1701);
  });
});

describe("expireLeases()", () => {
  test("mends once a minute for all nodes, each going on where another has stopped", async () => {
    const one = await fleet.node();
    const shared = { url: await fleet.database(), clock: one.clock };
    const [first, second] = [await fleet.node(shared), await fleet.node(shared)];
    for (let i = 0; i < 3; i += 1) await createTask(first);
    const lose = () => run(first, "delete from pontus_queue.job_common");
    const found = async (node: FleetNode) => {
      await node.queue.expireLeases();
      return (await entriesOf(node)).length;
    };
    await lose();
    expect(await found(first)).toBe(3);
    await lose();
    expect(await found(first)).toBe(0);
    expect(await found(second)).toBe(0);
    one.clock.nowMs += 59_999;
    expect(await found(second)).toBe(0);
    one.clock.nowMs += 60_001;
    expect(await found(second)).toBe(3);
    await lose();
    expect(await found(first)).toBe(0);
    // A clock that was set back.
    one.clock.nowMs -= 3_600_000;
    expect(await found(first)).toBe(3);
  });
});

describe("claim()", () => {
  test("finds a task whose entry is lacking", async () => {
    const node = await fleet.node();
    const ids = [await createTask(node), await createTask(node)];
    await run(node, "delete from pontus_queue.job_common");
    expect(await drain(node)).toEqual(ids);
  });

  test("passes over the entries of many tasks that were cancelled", async () => {
    const node = await fleet.node();
    const ids: string[] = [];
    for (let i = 0; i < 30; i += 1) ids.push(await createTask(node, { priority: 1 }));
    const last = await createTask(node);
    for (const id of ids) await node.tasks.cancel("ada", id);
    expect(await drain(node)).toEqual([last]);
    expect(await entriesOf(node)).toEqual([]);
  });

  test("passes over an entry that lies in another queue than its task needs", async () => {
    const node = await fleet.node();
    const moved = await createTask(node, { priority: 1 });
    const other = await createTask(node);
    await run(node, "update tasks set needs = 'libx265' where id = $1", [moved]);
    const claimed = async (abilities: readonly string[]) =>
      (await node.queue.claim({ ...aWorker(), abilities }))?.claim.taskId;
    expect(await claimed(["libx264"])).toBe(other);
    expect(await claimed(["libx264"])).toBeUndefined();
    expect(await claimed(["libx264", "libx265"])).toBe(moved);
  });
});
