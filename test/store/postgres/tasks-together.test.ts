import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { outcomesOf } from "../../fixtures/failure-of.ts";
import { FleetServer } from "../../fixtures/fleet-bench.ts";
import { aFailure, anAdmission, anOutput, aTargetOf } from "../../fixtures/store-bench.ts";
import { StoreNode } from "../../fixtures/store-node.ts";

// A busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const fleet = new FleetServer();
beforeAll(() => fleet.start());
afterAll(() => fleet.stop());

/** A node on a database of its own. */
async function node() {
  const url = await fleet.database();
  const database = await fleet.open(url);
  await fleet.server.query("create table entries (id text not null)", url);
  const count = async (what: string) =>
    Number((await fleet.server.query(`select count(*) as rows from ${what}`, url))[0]?.["rows"]);
  return { a: new StoreNode(database, { nowMs: 1_700_000_000_000 }), count };
}

test("refuses creates for no other that is written with them", async () => {
  const { a, count } = await node();
  const taken = [aTargetOf("taken")];
  await a.create({ targets: taken });
  const used = anAdmission();
  await a.clients.useNonce(used.nonce);
  const idempotency = { key: "k", bodyDigest: "d" };
  const first = await a.create({}, anAdmission({ idempotency }));
  const { given, codes } = await outcomesOf([
    a.create(),
    a.create({ targets: taken }),
    a.create(),
    a.create({}, used),
    a.create({}, anAdmission({ idempotency: { ...idempotency, bodyDigest: "e" } })),
    a.create({}, anAdmission({ idempotency })),
    a.create({}, anAdmission({ idempotency: { ...idempotency, key: "l" } })),
  ]);
  expect(codes).toEqual(["task_conflict", "request_replayed", "idempotency_conflict"]);
  expect(given[2]).toBe(first);
  expect(new Set(given).size).toBe(4);
  for (const rows of ["tasks", "events", "active_targets", "entries"])
    expect([rows, await count(rows)]).toEqual([rows, 5]);
  expect(await count("nonces")).toBe(9);
});

test("writes several changes of one task together, each after the other", async () => {
  const { a } = await node();
  const targets = ["one", "other"].map(aTargetOf);
  const [claim, gone] = [await a.start({ targets }), await a.start()];
  const { codes } = await outcomesOf<unknown>([
    a.tasks.saveTarget(gone, 0, { status: "RUNNING" }),
    a.tasks.saveTarget(claim, 0, { status: "RUNNING" }),
    a.tasks.saveTarget(claim, 1, { status: "SUCCESS", output: anOutput }),
    a.tasks.saveTarget({ ...gone, attempt: 2 }, 0, { status: "SUCCESS", output: anOutput }),
    a.tasks.finish(claim, { status: "FAILED", failure: aFailure }),
    a.tasks.saveTarget(claim, 0, { status: "SUCCESS", output: anOutput }),
  ]);
  expect(codes).toEqual(["lease_lost", "lease_lost"]);
  const log = await a.tasks.events("ada", claim.taskId, { afterSequence: 0, limit: 99 });
  expect(log.map(({ sequence, type, target }) => [sequence, type, target])).toEqual([
    [1, "created", undefined],
    [2, "started", undefined],
    [3, "target", 0],
    [4, "target", 1],
    [5, "target", 0],
    [6, "ended", undefined],
  ]);
  const task = await a.tasks.get("ada", claim.taskId);
  expect(task.targets.map(({ status }) => status)).toEqual(["FAILED", "SUCCESS"]);
});
