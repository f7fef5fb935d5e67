import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Work } from "../../../src/queue/queue.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { type FleetNode, FleetServer } from "../../fixtures/fleet-bench.ts";
import { eventually } from "../../fixtures/service.ts";
import {
  aFailure,
  aNewTask,
  anAdmission,
  aWorker,
  claimTask,
  createTask,
  QUEUE_LIMITS,
} from "../../fixtures/store-bench.ts";
import { aClient, createMany } from "../../fixtures/weighted-clients.ts";

setDefaultTimeout(60_000);

const fleet = new FleetServer();
beforeAll(() => fleet.start());
afterAll(() => fleet.stop());

/** Nodes on one database, with one clock. */
async function nodes(
  number: number,
  options: Parameters<FleetServer["node"]>[0] = {},
): Promise<readonly FleetNode[]> {
  const shared = { ...options, url: await fleet.database(), clock: { nowMs: 1_700_000_000_000 } };
  return Promise.all(Array.from({ length: number }, () => fleet.node(shared)));
}

describe("two nodes with 20 claimers", () => {
  test("take each of 500 tasks once, in shares as weights say", async () => {
    const [one, other] = (await nodes(2)) as [FleetNode, FleetNode];
    await one.clients.seed([aClient("ada", 1), aClient("bob", 3)]);
    await createMany(one, "ada", 125);
    await createMany(other, "bob", 375);
    const taken: Work[] = [];
    const claimer = async ({ queue }: FleetNode, id: string): Promise<void> => {
      for (;;) {
        const work = await queue.claim(aWorker(id));
        if (!work) return;
        taken.push(work);
      }
    };
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => claimer(i % 2 ? one : other, `worker-${i}`)),
    );
    expect(taken).toHaveLength(500);
    expect(new Set(taken.map(({ claim }) => claim.taskId)).size).toBe(500);
    // Both have tasks until the end, so that they share all along; answers come a little out of order.
    const first = taken.slice(0, 400).filter(({ task }) => task.clientCode === "bob");
    expect(Math.abs(first.length - 300)).toBeLessThanOrEqual(5);
    expect(await one.queue.depth()).toEqual({ pending: 0, running: 500 });
  });

  test("take several tasks at a time, of whose turn it is", async () => {
    const [one, other] = (await nodes(2)) as [FleetNode, FleetNode];
    await createMany(one, "ada", 4);
    await createMany(one, "bob", 2);
    const claimed = [
      await one.queue.claimMany(aWorker("w1"), 3),
      await other.queue.claimMany(aWorker("w2"), 9),
      await one.queue.claimMany(aWorker("w1"), 2),
    ];
    expect(claimed.map((works) => works.map(({ task }) => task.clientCode))).toEqual([
      ["ada", "bob", "ada"],
      ["bob", "ada", "ada"],
      [],
    ]);
  });
});

describe("a worker that was stopped for longer than its lease", () => {
  test("writes nothing once another has its task", async () => {
    const [one, other] = (await nodes(2)) as [FleetNode, FleetNode];
    await createTask(one);
    const { claim: old } = await claimTask(one, "stopped");
    one.clock.nowMs += QUEUE_LIMITS.leaseMs;
    expect(await other.queue.expireLeases()).toBe(1);
    const { claim } = await claimTask(other, "other");
    expect(claim).toEqual({ taskId: old.taskId, attempt: 2 });
    const refused = [
      () => one.queue.giveBack(old, { failure: aFailure, notBeforeMs: 0, counts: true }),
      () => one.tasks.finish(old, { status: "FAILED", failure: aFailure }),
      () => one.tasks.mayPublish(old),
      () => one.tasks.saveTarget(old, 0, { status: "RUNNING" }),
    ];
    for (const write of refused) expect((await taskErrorOf(write())).code).toBe("lease_lost");
    expect(await one.queue.heartbeat(old)).toBe("lost");
    expect(await other.queue.heartbeat(claim)).toBe("held");
    const task = await one.tasks.get("ada", claim.taskId);
    expect(task).toMatchObject({ status: "RUNNING", attempt: 2 });
  });

  test("keeps its tasks for a lease more where the database could not be asked meanwhile", async () => {
    const [node] = (await nodes(1)) as [FleetNode];
    const { clock, queue, url } = node;
    await createTask(node);
    await claimTask(node, "stopped");
    await fleet.server.query("alter table tasks rename to away", url);
    await expect(queue.expireLeases()).rejects.toThrow();
    await fleet.server.query("alter table away rename to tasks", url);
    clock.nowMs += QUEUE_LIMITS.leaseMs;
    expect(await queue.expireLeases()).toBe(0);
    clock.nowMs += QUEUE_LIMITS.leaseMs - 1;
    expect(await queue.expireLeases()).toBe(0);
    clock.nowMs += 1;
    expect(await queue.expireLeases()).toBe(1);
  });

  test("is found by one of the nodes that look together", async () => {
    const all = await nodes(3);
    const [one] = all as [FleetNode];
    for (let i = 0; i < 3; i += 1) await createTask(one);
    for (let i = 0; i < 3; i += 1) await claimTask(one, "dead");
    one.clock.nowMs += QUEUE_LIMITS.leaseMs;
    const found = await Promise.all(all.map(({ queue }) => queue.expireLeases()));
    expect(found.reduce((sum, number) => sum + number)).toBe(3);
    for (let i = 0; i < 3; i += 1) expect((await claimTask(one)).claim.attempt).toBe(2);
    expect(await one.queue.claim(aWorker())).toBeUndefined();
  });
});

describe("a node that looks for no leases, as others do", () => {
  test("does so once it is one of those, after the time of a lease: it knows nothing of the time before", async () => {
    let isKeeper = false;
    const one = await fleet.node({ isKeeper: () => isKeeper });
    const { queue, clock } = one;
    await createTask(one);
    await claimTask(one, "dead");
    clock.nowMs += 2 * QUEUE_LIMITS.leaseMs;
    expect(await queue.expireLeases()).toBe(0);
    isKeeper = true;
    expect(await queue.expireLeases()).toBe(0);
    clock.nowMs += QUEUE_LIMITS.leaseMs - 1;
    expect(await queue.expireLeases()).toBe(0);
    clock.nowMs += 1;
    expect(await queue.expireLeases()).toBe(1);
  });
});

describe("what tasks need", () => {
  const needing = {
    needsOf: ({ metadata }: { metadata?: Readonly<Record<string, string>> }) =>
      metadata?.["needs"] ?? "",
  };
  const create = (node: FleetNode, needs: string, changes = {}) =>
    node.tasks.create(aNewTask({ metadata: { needs }, ...changes }), anAdmission());

  test("keeps them from workers that cannot do it, and holds nobody else up", async () => {
    const node = await fleet.node(needing);
    const { queue, clock } = node;
    const hard = await create(node, "aac libsvtav1", { priority: 10 });
    const easy = await create(node, "aac libx264");
    const plain = await create(node, "", { priority: -10 });
    const claim = async (...abilities: string[]) =>
      (await queue.claim({ ...aWorker(), abilities }))?.claim.taskId;
    expect(await claim()).toBe(plain);
    const worker = { ...aWorker(), abilities: ["aac", "libx264", "libx265"] };
    expect(await queue.nextDueMs(worker)).toBe(clock.nowMs);
    expect(await claim("aac", "libx264", "libx265")).toBe(easy);
    expect(await claim("aac", "libx264", "libx265")).toBeUndefined();
    // A worker would ask again at once if it were told of a task that it cannot take.
    expect(await queue.nextDueMs(worker)).toBeUndefined();
    expect(await claim("libsvtav1", "aac")).toBe(hard);
  });

  test("give a turn to a client whose tasks the worker can run, though another owes less", async () => {
    const node = await fleet.node(needing);
    await create(node, "libsvtav1");
    await create(node, "", { clientCode: "bob" });
    const abilities = ["libx264"];
    const claimed = await node.queue.claimMany({ ...aWorker(), abilities }, 5);
    expect(claimed.map(({ task }) => task.clientCode)).toEqual(["bob"]);
    expect((await claimTask(node)).task.clientCode).toBe("ada");
  });
});

test("a rehearsal takes nothing, and has planned what a claim asks", async () => {
  const [maker, node] = (await nodes(2)) as [FleetNode, FleetNode];
  const id = await createTask(maker);
  const worker = { ...aWorker(), abilities: ["aac", 'a "b" \\c'] };
  await node.queue.rehearse(worker);
  const { rows } = await node.database.read(() =>
    node.database.execute("select name from pg_prepared_statements"),
  );
  const names = (rows as { name: string }[]).map(({ name }) => name);
  const asked = ["lock_turns", "few_clients", "tasks_to_claim", "held_tasks", "save_tasks"];
  expect(names).toEqual(expect.arrayContaining(asked));
  expect(await node.queue.depth()).toEqual({ pending: 1, running: 0 });
  const works = await node.queue.claimMany(worker, 2);
  expect(works.map(({ claim }) => claim)).toEqual([{ taskId: id, attempt: 1 }]);
});

describe("notices", () => {
  test("tell every node of work and of cancels", async () => {
    const [one, other] = (await nodes(2)) as [FleetNode, FleetNode];
    const heard: string[] = [];
    other.queue.listen({
      onWork: () => heard.push("work"),
      onCancel: (taskId) => heard.push(taskId),
    });
    // Where it listens only now, it is told that it may have missed some: then it hears what comes after, too.
    await createTask(one);
    await eventually(() => heard[0]);
    const { claim } = await claimTask(other);
    await one.tasks.cancel("ada", claim.taskId);
    await eventually(() => heard.includes(claim.taskId) || undefined);
    expect(new Set(heard)).toEqual(new Set(["work", claim.taskId]));
  });
});
