import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { CHANNEL, EVENTS_CHANNEL } from "../../../src/db/postgres/notices/notices.ts";
import { outcomesOf, taskErrorOf } from "../../fixtures/failure-of.ts";
import { FleetServer } from "../../fixtures/fleet-bench.ts";
import { aFailure, anAdmission, aTargetOf } from "../../fixtures/store-bench.ts";
import { SHORT_RETENTION_MS, StoreNode } from "../../fixtures/store-node.ts";

// A busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const NOW_MS = 1_700_000_000_000;

const fleet = new FleetServer();
beforeAll(() => fleet.start());
afterAll(() => fleet.stop());

/** Two nodes over one database. */
async function nodes() {
  const url = await fleet.database();
  const databases = [await fleet.open(url), await fleet.open(url)];
  await fleet.server.query("create table entries (id text not null)", url);
  const clock = { nowMs: NOW_MS };
  const [a, b] = databases.map((database) => new StoreNode(database, clock));
  if (!a || !b) throw new Error("Expected two nodes");
  const count = async (what: string) =>
    Number((await fleet.server.query(`select count(*) as rows from ${what}`, url))[0]?.["rows"]);
  return { a, b, clock, count };
}

const ROUNDS = 8;

describe("PostgresTaskStore on two nodes at once", () => {
  test("gives a target to one of two creates; of the other its nonce is kept", async () => {
    const { a, b, count } = await nodes();
    for (let round = 0; round < ROUNDS; round++) {
      const targets = [aTargetOf(`same-${round}`)];
      const admissions = [anAdmission(), anAdmission()] as const;
      const { given, codes } = await outcomesOf([
        a.create({ targets }, admissions[0]),
        b.create({ targets }, admissions[1]),
      ]);
      expect([given.length, codes]).toEqual([1, ["task_conflict"]]);
      for (const { nonce } of admissions)
        expect((await taskErrorOf(a.clients.useNonce(nonce))).code).toBe("request_replayed");
    }
    for (const rows of ["tasks", "events", "active_targets", "entries"])
      expect([rows, await count(rows)]).toEqual([rows, ROUNDS]);
  });

  test("keeps the last words of a run that come after the end of its task, and none of one that is over", async () => {
    const { a } = await nodes();
    const claim = await a.start();
    await a.tasks.finish(claim, { status: "FAILED", failure: aFailure });
    const log = { lines: ["a"], decisions: ["b"] };
    await a.tasks.saveLog(claim, log);
    expect(await a.tasks.logs("ada", claim.taskId)).toEqual([{ attempt: claim.attempt, ...log }]);
    const late = a.tasks.saveLog({ ...claim, attempt: claim.attempt - 1 }, log);
    expect((await taskErrorOf(late)).code).toBe("lease_lost");
  });

  test("takes a nonce once", async () => {
    const { a, b, count } = await nodes();
    for (let round = 0; round < ROUNDS; round++) {
      const admission = anAdmission();
      const { given, codes } = await outcomesOf<unknown>([
        a.create({}, admission),
        b.create({}, admission),
        b.clients.useNonce(admission.nonce),
      ]);
      expect([given.length, codes]).toEqual([1, ["request_replayed", "request_replayed"]]);
    }
    expect(await count("nonces")).toBe(ROUNDS);
    expect(await count("tasks")).toBe(await count("entries"));
  });

  test("makes one task of an idempotency key, also where a task that it made was deleted or is too old", async () => {
    const { a, b, clock, count } = await nodes();
    const idempotency = { key: "k", bodyDigest: "d" };
    const targets = [aTargetOf("idempotent")];
    const createAll = async () => {
      const create = (node: StoreNode) => node.create({ targets }, anAdmission({ idempotency }));
      const { given, codes } = await outcomesOf([a, b, a, b].map(create));
      expect([new Set(given).size, codes]).toEqual([1, []]);
      return given[0] ?? "";
    };
    const first = await createAll();
    await a.tasks.cancel("ada", first);
    await a.tasks.remove("ada", first);
    const second = await createAll();
    await a.tasks.cancel("ada", second);
    clock.nowMs += 86_400_000;
    const third = await createAll();
    expect(new Set([first, second, third]).size).toBe(3);
    expect(await count("tasks")).toBe(3);
    expect(await count("idempotency_keys")).toBe(1);
    const other = anAdmission({ idempotency: { ...idempotency, bodyDigest: "e" } });
    expect((await taskErrorOf(b.create({}, other))).code).toBe("idempotency_conflict");
  });

  test("frees an idempotency key whose create was refused", async () => {
    const { a, b } = await nodes();
    const idempotency = { key: "k", bodyDigest: "d" };
    const targets = [aTargetOf("taken")];
    const id = await a.create({ targets });
    const refused = await taskErrorOf(b.create({ targets }, anAdmission({ idempotency })));
    expect(refused.message).toContain(`your unfinished task "${id}"`);
    expect(await a.tasks.findByIdempotency("ada", idempotency)).toBeUndefined();
    await a.create({}, anAdmission({ idempotency: { ...idempotency, bodyDigest: "e" } }));
  });

  test("ends a task once that is cancelled as it finishes", async () => {
    const { a, b } = await nodes();
    for (let round = 0; round < ROUNDS; round++) {
      const claim = await a.start();
      const { codes } = await outcomesOf<unknown>([
        a.tasks.finish(claim, { status: "FAILED", failure: aFailure }),
        b.tasks.cancel("ada", claim.taskId),
      ]);
      const { status, cancelRequested } = await a.tasks.get("ada", claim.taskId);
      expect([status, codes]).toEqual(
        cancelRequested ? ["CANCELLED", []] : ["FAILED", ["task_conflict"]],
      );
      const log = await b.tasks.events("ada", claim.taskId, { afterSequence: 0, limit: 99 });
      expect(log.map(({ sequence }) => sequence)).toEqual(log.map((_, index) => index + 1));
      expect(log.filter(({ type }) => type === "ended")).toHaveLength(1);
    }
  });

  test("gives a target to a retry or to a create", async () => {
    const { a, b, count } = await nodes();
    for (let round = 0; round < ROUNDS; round++) {
      const targets = [aTargetOf(`again-${round}`)];
      const id = await a.create({ targets });
      await a.tasks.cancel("ada", id);
      const { given, codes } = await outcomesOf<unknown>([
        a.tasks.retry("ada", id),
        b.create({ targets }),
      ]);
      expect([given.length, codes]).toEqual([1, ["task_conflict"]]);
    }
    expect(await count("active_targets")).toBe(ROUNDS);
    // One for the create, and one for whoever won.
    expect(await count("entries")).toBe(2 * ROUNDS);
  });

  test("answers creates that name the same targets in other orders", async () => {
    const { a, b, count } = await nodes();
    for (let round = 0; round < ROUNDS; round++) {
      const targets = ["x", "y", "z"].map((name) => aTargetOf(`${name}-${round}`));
      const calls = [a, b, a, b, a, b].map((node, index) =>
        node.create({ targets: index < 3 ? targets : targets.toReversed() }),
      );
      const { given, codes } = await outcomesOf(calls);
      expect([given.length, new Set(codes)]).toEqual([1, new Set(["task_conflict"])]);
    }
    expect(await count("active_targets")).toBe(3 * ROUNDS);
    expect(
      await count("pg_stat_database where datname = current_database() and deadlocks > 0"),
    ).toBe(0);
  });

  test("takes 200 creates, each once", async () => {
    const { a, b, count } = await nodes();
    const ids = await Promise.all(
      Array.from({ length: 200 }, (_, index) => (index % 2 ? a : b).create()),
    );
    expect(new Set(ids).size).toBe(200);
    for (const rows of ["tasks", "events", "nonces", "active_targets", "entries"])
      expect([rows, await count(rows)]).toEqual([rows, 200]);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await b.tasks.list("ada", { limit: 37, ...(cursor && { cursor }) });
      seen.push(...page.tasks.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen).toEqual(ids.toSorted().toReversed());
  });

  test("keeps a client to its pending tasks over all nodes", async () => {
    const { a, b, count } = await nodes();
    const create = (node: StoreNode) => node.create({}, anAdmission({ pendingMax: 7 }));
    const { given, codes } = await outcomesOf(
      Array.from({ length: 40 }, (_, index) => create(index % 2 ? a : b)),
    );
    expect([given.length, new Set(codes)]).toEqual([7, new Set(["too_many_requests"])]);
    expect(await count("tasks")).toBe(7);
    expect(await count("nonces")).toBe(40);
  });

  test("purges each row once", async () => {
    const { a, b, clock, count } = await nodes();
    for (let i = 0; i < 12; i++) await a.tasks.cancel("ada", await a.create());
    clock.nowMs += SHORT_RETENTION_MS + 1;
    const purged = await Promise.all([a.tasks.purge(), b.tasks.purge()]);
    expect(purged[0] + purged[1]).toBe(12 * (1 + 3));
    expect([await count("tasks"), await count("events")]).toEqual([0, 0]);
  });
});

describe("PostgresTaskStore", () => {
  test("keeps nothing of a task that gets no entry", async () => {
    const { a, b, count } = await nodes();
    await a.database.write(async () => void (await a.database.execute("drop table entries")));
    await expect(b.create()).rejects.toThrow("entries");
    for (const rows of ["tasks", "events", "active_targets", "nonces"])
      expect([rows, await count(rows)]).toEqual([rows, 0]);
  });

  test("tells all nodes of events, of work and of cancels, each write within the next notices", async () => {
    const { a, b } = await nodes();
    const heard: string[] = [];
    // Events have a channel of their own, for those nodes whose clients follow them.
    for (const channel of [CHANNEL, EVENTS_CHANNEL]) {
      const isListening = Promise.withResolvers<void>();
      b.database.listen(channel, (payload) =>
        payload === "" ? isListening.resolve() : heard.push(`${channel} ${payload}`),
      );
      await isListening.promise;
    }
    /** The kinds of notices heard after some writes, once all that must come have. */
    const told = async (write: () => Promise<unknown>, ...expected: readonly string[]) => {
      heard.length = 0;
      await write();
      while (!expected.every((notice) => heard.includes(notice)))
        await new Promise((resolve) => setTimeout(resolve, 5));
      // Nothing of this step may be left for the next, nor anything else be told.
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect([...new Set(heard)].toSorted()).toEqual([...expected].toSorted());
      expect(heard.length).toBeLessThanOrEqual(expected.length + 1);
    };
    let claim = { taskId: "", attempt: 0 };
    const start = async () => {
      claim = await a.start({ targets: [aTargetOf("told-1"), aTargetOf("told-2")] });
    };
    await told(start, "pontus_events e", "pontus w");
    const { taskId } = claim;
    await told(() => a.tasks.cancel("ada", taskId), "pontus_events e", `pontus c ${taskId}`);
    await told(() => a.tasks.finish(claim, { status: "CANCELLED" }), "pontus_events e");
    await told(() => a.tasks.retry("ada", taskId), "pontus_events e", "pontus w");
    // Of many nodes none is told of events: those that follow look by themselves.
    a.database.hearers = 50;
    const startOne = async () => {
      claim = await a.start({ targets: [aTargetOf("told-3")] });
    };
    await told(startOne, "pontus w");
    await told(() => a.tasks.finish(claim, { status: "CANCELLED" }));
  });

  test("keeps U+0000, which PostgreSQL has not, wherever clients can send it", async () => {
    const { a, b } = await nodes();
    const nul = "a\0b";
    const given = {
      sourceUrl: nul,
      profileName: nul,
      metadata: { [nul]: nul },
      targets: [{ url: nul, key: nul, folderKey: `${nul}/` }],
    };
    const idempotency = { key: nul, bodyDigest: "d" };
    const { nonce } = anAdmission();
    const admission = { nonce: { ...nonce, nonce: `${nul}${nonce.nonce}` }, idempotency };
    const id = await a.create(given, admission);
    expect(await b.tasks.findByIdempotency("ada", idempotency)).toBe(id);
    expect((await taskErrorOf(a.clients.useNonce(admission.nonce))).code).toBe("request_replayed");
    const task = await b.tasks.get("ada", id);
    expect(task).toMatchObject({
      sourceUrl: nul,
      profileName: nul,
      metadata: { [nul]: nul },
      targets: [{ url: nul }],
    });
    const page = await b.tasks.list("ada", { profileName: nul, limit: 9 });
    expect(page.tasks).toEqual([task]);
    expect((await taskErrorOf(b.create(given))).code).toBe("task_conflict");
    await b.tasks.cancel("ada", id);
    await a.create(given);
    expect((await taskErrorOf(a.tasks.get("ada", nul))).code).toBe("no_such_task");
    const cursor = await taskErrorOf(a.tasks.list("ada", { cursor: nul, limit: 9 }));
    expect(cursor.code).toBe("invalid_parameter");
  });
});
