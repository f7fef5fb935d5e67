import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { tempFolder } from "../fixtures/clips.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";
import { aFailure, aWorker, createTask } from "../fixtures/store-bench.ts";
import { aClient, createMany } from "../fixtures/weighted-clients.ts";

setDefaultTimeout(60_000);

type Bench = ReturnType<typeof sqliteBench>;

/** Claims a task and ends it at once; its client, or undefined where there is nothing to claim. */
async function serveOne({ queue, tasks }: Bench, workerId = "w"): Promise<string | undefined> {
  const work = await queue.claim(aWorker(workerId));
  if (work) await tasks.finish(work.claim, { status: "FAILED", failure: aFailure });
  return work?.task.clientCode;
}

async function serve(bench: Bench, number: number): Promise<readonly (string | undefined)[]> {
  const served: (string | undefined)[] = [];
  for (let i = 0; i < number; i++) served.push(await serveOne(bench));
  return served;
}

/** What each client still owes: the row of the empty code says what of it is forgiven. */
const debtsOf = ({ database }: Bench) =>
  database.orm.all<{ readonly client_code: string; readonly debt: number }>(
    sql`select client_code, debt - coalesce((select debt from turns where client_code = ''), 0) as debt
      from turns where client_code <> ''`,
  );

/** What a client of weight 1 owes for a slot. */
const SLOT_PRICE = 720_720;

describe("a client that comes beside 10,000 urgent tasks of another", () => {
  test("has its first task run within one task's length", async () => {
    const bench = sqliteBench();
    const slots = 4;
    const lengthMs = 60_000;
    await createMany(bench, "ada", 10_000, 10);
    const ends: { readonly claim: { taskId: string; attempt: number }; readonly atMs: number }[] =
      [];
    // The slots do not become free together, as those of a service that has run for a while do not.
    for (let slot = 0; slot < slots; slot++) {
      const work = await bench.queue.claim(aWorker());
      if (work) ends.push({ claim: work.claim, atMs: bench.clock.nowMs + lengthMs });
      bench.clock.nowMs += lengthMs / slots / 2;
    }
    const bobs = await createTask(bench, { clientCode: "bob", priority: -10 });
    const createdMs = bench.clock.nowMs;
    let begunMs: number | undefined;
    while (begunMs === undefined && ends.length > 0) {
      const next = ends.shift();
      if (!next) break;
      bench.clock.nowMs = next.atMs;
      await bench.tasks.finish(next.claim, { status: "FAILED", failure: aFailure });
      const work = await bench.queue.claim(aWorker());
      if (work?.claim.taskId === bobs) begunMs = bench.clock.nowMs;
    }
    // Of the first slot that became free: half a length after all were taken.
    expect(begunMs).toBe(createdMs + lengthMs / 2);
  });
});

describe("weights", () => {
  test("give each client its share at every moment, and leave nobody out", async () => {
    const weightsOf = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(weightsOf, async (weights) => {
        const bench = sqliteBench();
        const codes = weights.map((_, at) => `client-${at}`);
        await bench.clients.seed(codes.map((code, at) => aClient(code, weights[at] ?? 1)));
        for (const [at, code] of codes.entries()) await createMany(bench, code, 60, at);
        const slots = codes.map(() => 0);
        for (let round = 0; round < 60; round++) {
          const at = codes.indexOf((await serveOne(bench)) ?? "");
          slots[at] = (slots[at] ?? 0) + 1;
          const turns = slots.map((number, each) => number / (weights[each] ?? 1));
          const apart = Math.max(...turns) - Math.min(...turns);
          // Rounded prices of weights that do not divide the price differ by less than a thousandth.
          expect(apart).toBeLessThanOrEqual(1 / Math.min(...weights) + 0.001);
        }
        bench.database.close();
      }),
      { numRuns: 30 },
    );
  });
});

describe("debts", () => {
  type Step = { readonly client: number; readonly does: "create" | "serve" };
  const stepsOf = fc.array(
    fc.record<Step>({
      client: fc.integer({ min: 0, max: 3 }),
      does: fc.constantFrom("create", "serve", "serve"),
    }),
    { maxLength: 120 },
  );

  test("are of a slot at most, whoever comes and goes, and a due client waits for a bounded number of slots", async () => {
    const weights = [1, 2, 3, 7];
    const codes = weights.map((_, at) => `client-${at}`);
    const totalWeight = weights.reduce((sum, weight) => sum + weight, 0);
    await fc.assert(
      fc.asyncProperty(stepsOf, async (steps) => {
        const bench = sqliteBench();
        await bench.clients.seed(codes.map((code, at) => aClient(code, weights[at] ?? 1)));
        const pending = codes.map(() => 0);
        const passed = codes.map(() => 0);
        for (const { client, does } of steps) {
          if (does === "create") {
            await createMany(bench, codes[client] ?? "", 5, client);
            pending[client] = (pending[client] ?? 0) + 5;
            continue;
          }
          const at = codes.indexOf((await serveOne(bench)) ?? "");
          // A worker that asks is given a task whenever one is due.
          expect(at >= 0).toBe(pending.some((number) => number > 0));
          if (at < 0) continue;
          pending[at] = (pending[at] ?? 0) - 1;
          for (const each of codes.keys())
            passed[each] = each === at || pending[each] === 0 ? 0 : (passed[each] ?? 0) + 1;
          for (const [each, weight] of weights.entries())
            expect(passed[each]).toBeLessThanOrEqual(totalWeight / weight + weights.length);
          for (const { client_code, debt } of debtsOf(bench)) {
            expect(debt).toBeGreaterThan(0);
            const weight = weights[codes.indexOf(client_code)] ?? 1;
            expect(debt).toBeLessThanOrEqual(Math.ceil(SLOT_PRICE / weight));
          }
        }
        bench.database.close();
      }),
      { numRuns: 40 },
    );
  });

  test("leave no row where nothing is owed any more", async () => {
    const bench = sqliteBench();
    await createMany(bench, "ada", 3);
    await createMany(bench, "bob", 3);
    expect(await serve(bench, 3)).toEqual(["ada", "bob", "ada"]);
    expect(debtsOf(bench)).toEqual([{ client_code: "ada", debt: SLOT_PRICE }]);
  });

  test("are kept in the file, by all services that share it", async () => {
    const path = join(tempFolder(), "shared.sqlite");
    const one = sqliteBench(path);
    await one.clients.seed([aClient("ada", 1), aClient("bob", 3)]);
    await createMany(one, "ada", 40);
    await createMany(one, "bob", 40);
    const other = sqliteBench(path);
    const served: (string | undefined)[] = [];
    for (let i = 0; i < 10; i++)
      served.push(await serveOne(one, "w1"), await serveOne(other, "w2"));
    one.database.close();
    other.database.close();
    const again = sqliteBench(path);
    for (let i = 0; i < 4; i++) served.push(await serveOne(again));
    again.database.close();
    for (let at = 0; at < served.length; at += 4)
      expect(served.slice(at, at + 4).sort()).toEqual(["ada", "bob", "bob", "bob"]);
  });
});

describe("many clients with due tasks", () => {
  const codesOf = (number: number) =>
    Array.from({ length: number }, (_, at) => `client-${String(at).padStart(3, "0")}`);
  const changesOf = ({ database }: Bench) =>
    database.orm.get<{ readonly rows: number }>(sql`select total_changes() as rows`)?.rows ?? 0;

  /** So many clients, each of another weight, so that no two owe the same and each turn forgives something. */
  const benchOf = async (clients: number): Promise<Bench> => {
    const bench = sqliteBench();
    const codes = codesOf(clients);
    await bench.clients.seed(codes.map((code, at) => aClient(code, 300 + at)));
    for (const code of codes) await createMany(bench, code, 6);
    return bench;
  };

  test("make no turn change more rows than few do", async () => {
    const perTurn = async (clients: number) => {
      const bench = await benchOf(clients);
      await serve(bench, clients);
      const before = changesOf(bench);
      await serve(bench, 2 * clients);
      return (changesOf(bench) - before) / (2 * clients);
    };
    expect(await perTurn(200)).toBeLessThanOrEqual((await perTurn(10)) + 2);
  });

  test("let one that comes anew wait for a turn of few of them", async () => {
    const bench = await benchOf(200);
    await serve(bench, 333);
    await createMany(bench, "zoe", 1);
    // Of each turn 32 are looked at, and what is left of the look under way.
    expect(await serve(bench, Math.ceil(200 / 32) + 1)).toContain("zoe");
  });
});

describe("what is forgiven", () => {
  test("is begun anew before it is too great to count, with what is owed beyond it", async () => {
    const bench = sqliteBench();
    await bench.clients.seed([aClient("ada", 1), aClient("bob", 3)]);
    await createMany(bench, "ada", 40);
    await createMany(bench, "bob", 40);
    const first = await serve(bench, 3);
    const much = 2 ** 40;
    bench.database.orm.run(sql`update turns set debt = debt + ${much}`);
    bench.database.orm.run(sql`insert into turns values ('', ${much}) on conflict do nothing`);
    const served = [...first, ...(await serve(bench, 37))];
    expect(served.filter((client) => client === "bob")).toHaveLength(30);
    for (const { debt } of debtsOf(bench)) expect(debt).toBeLessThanOrEqual(SLOT_PRICE);
    const greatest = sql`select max(debt) as debt from turns`;
    expect(bench.database.orm.get<{ readonly debt: number }>(greatest)?.debt).toBeLessThan(much);
  });
});
