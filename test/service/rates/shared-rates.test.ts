import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { PostgresDatabase } from "../../../src/db/postgres/postgres.ts";
import { PostgresFleet } from "../../../src/fleet/postgres.ts";
import { SharedRates } from "../../../src/service/rates/shared-rates.ts";
import { TaskError } from "../../../src/task/errors.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { FleetServer } from "../../fixtures/fleet-bench.ts";
import { eventually } from "../../fixtures/service.ts";
import { Random } from "../../simulation/random.ts";

// A busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const ADA = { clientCode: "ada", requestsPerSecond: null };
const BOB = { clientCode: "bob", requestsPerSecond: null };
const START_MS = 1_000_000_000;

const server = new FleetServer();
let database: PostgresDatabase;

beforeAll(async () => {
  await server.start();
  database = await server.open();
});

afterAll(() => server.stop());

/** Some nodes over one database, with a clock that only the test moves. */
async function bench(nodes: number, perSecond = 0) {
  await database.read(() => database.execute("truncate request_rates"));
  const clock = { ms: 0 };
  const asked = { times: 0 };
  const fleet = new PostgresFleet(database, { now: () => START_MS + clock.ms });
  const counted: Pick<PostgresFleet, "takeCalls"> = {
    takeCalls: (wanted) => {
      asked.times += 1;
      return fleet.takeCalls(wanted);
    },
  };
  const all = Array.from(
    { length: nodes },
    () => new SharedRates(perSecond, counted, () => clock.ms),
  );
  /** How many of some calls to a node are answered. */
  const answered = async (node: number, caller: Caller, calls = 1): Promise<number> => {
    const each = Array.from({ length: calls }, () => isAnswered(all[node] as SharedRates, caller));
    return (await Promise.all(each)).filter(Boolean).length;
  };
  return { clock, asked, rates: all, answered };
}

type Caller = { readonly clientCode: string; readonly requestsPerSecond: number | null };

async function isAnswered(rates: SharedRates, caller: Caller): Promise<boolean> {
  try {
    await rates.take(caller);
    return true;
  } catch (error) {
    if (error instanceof TaskError && error.code === "too_many_requests") return false;
    throw error;
  }
}

/** The most calls that were answered within so many ms, of those of each ms. */
function mostWithin(spanMs: number, answers: readonly number[]): number {
  let [within, most] = [0, 0];
  for (const [ms, calls] of answers.entries()) {
    within += calls - (answers[ms - spanMs] ?? 0);
    most = Math.max(most, within);
  }
  return most;
}

/** The clients who are known to call. */
const callers = () =>
  database.read(async () => {
    const { rows: all } = await database.execute("select client_code from request_rates");
    return all.map((row) => (row as { client_code: string }).client_code);
  });

describe("SharedRates", () => {
  test.each([
    [2, 50],
    [7, 50],
    [3, 1_000],
  ])(
    "of %p nodes that are flooded answer what one machine would: %p a second",
    async (nodes, perSecond) => {
      const seconds = 12;
      const { clock, answered } = await bench(nodes);
      const caller = { clientCode: "ada", requestsPerSecond: perSecond };
      // Twice as many as it may make, by each node in turn.
      const everyMs = 500 / perSecond;
      const answers: number[] = [];
      let calls = 0;
      for (clock.ms = 0; clock.ms < seconds * 1000; clock.ms += 1) {
        const due = Math.floor(clock.ms / everyMs) - calls;
        let taken = 0;
        for (let i = 0; i < due; i += 1) taken += await answered((calls + i) % nodes, caller);
        calls += due;
        answers.push(taken);
      }
      const atOnce = Math.min(perSecond, 100);
      expect(mostWithin(10_000, answers)).toBeLessThanOrEqual(atOnce + perSecond * 10 * 1.1);
      expect(mostWithin(1_000, answers)).toBeLessThanOrEqual(atOnce + perSecond * 2);
      const all = answers.reduce((sum, each) => sum + each, 0);
      expect(all).toBeGreaterThan(perSecond * seconds * 0.95);
    },
  );

  test("refuse nobody who keeps to the limit, and ask for no more than some calls in a second", async () => {
    const { clock, asked, answered } = await bench(4);
    const caller = { clientCode: "ada", requestsPerSecond: 200 };
    const seconds = 10;
    let [calls, taken] = [0, 0];
    // Nine tenths of it, to any node.
    const random = new Random(16);
    for (clock.ms = 0; clock.ms < seconds * 1000; clock.ms += 1)
      while (calls < clock.ms * 0.18) {
        calls += 1;
        taken += await answered(random.below(4), caller);
      }
    expect(taken).toBe(calls);
    expect(asked.times).toBeLessThan(4 * 6 * seconds);
  });

  test("let a client who is alone on all nodes call as often as it likes, until another calls any of them", async () => {
    const { clock, answered } = await bench(2, 10);
    expect(await answered(0, ADA, 300)).toBe(300);
    expect(await answered(1, ADA, 300)).toBe(300);
    expect(await answered(1, BOB)).toBe(1);
    clock.ms = 1_001;
    expect((await answered(0, ADA, 300)) + (await answered(1, ADA, 300))).toBe(10);
    clock.ms = 11_002;
    expect(await answered(0, ADA, 300)).toBe(300);
  });

  test("hold a client's own limit always, and none where its record says 0, who is another client all the same", async () => {
    const { clock, answered, asked } = await bench(2, 10);
    const own = { clientCode: "cleo", requestsPerSecond: 3 };
    expect((await answered(0, own, 9)) + (await answered(1, own, 9))).toBe(3);
    clock.ms = 20_000;
    expect(await answered(0, { clientCode: "zoe", requestsPerSecond: 0 }, 300)).toBe(300);
    // It waits for nothing, so the others learn of it a little later.
    await eventually(async () => (await callers()).includes("zoe") || undefined);
    expect(await answered(1, ADA, 300)).toBe(10);
    const unlimited = await bench(1);
    expect(await unlimited.answered(0, ADA, 300)).toBe(300);
    expect([asked.times > 0, unlimited.asked.times]).toEqual([true, 0]);
  });

  test("say which client calls too often, and take a call back", async () => {
    const { rates } = await bench(1);
    const [here] = rates as [SharedRates];
    const caller = { clientCode: "ada", requestsPerSecond: 1 };
    const takeBack = await here.take(caller);
    const { code, message } = await taskErrorOf(Promise.resolve(here.take(caller)));
    expect([code, message]).toEqual([
      "too_many_requests",
      'Cannot answer client "ada": it makes more than 1 calls a second',
    ]);
    takeBack();
    expect(await here.take(caller)).toBeInstanceOf(Function);
  });

  test("refuse nobody as one that calls too often where the database is away", async () => {
    const away = new TaskError("service_unavailable", "Cannot use the database: it is away");
    const rates = new SharedRates(10, { takeCalls: () => Promise.reject(away) });
    expect(await taskErrorOf(Promise.resolve(rates.take(ADA)))).toBe(away);
    expect(rates.take({ ...ADA, requestsPerSecond: 0 })).toBeInstanceOf(Function);
  });
});

describe("PostgresFleet.takeCalls()", () => {
  test("forgets who has not called for a minute", async () => {
    const { clock, answered } = await bench(1, 10);
    await answered(0, ADA);
    clock.ms = 60_000;
    await answered(0, BOB);
    expect(await callers()).toEqual(["ada", "bob"]);
    clock.ms = 120_001;
    await answered(0, BOB);
    await eventually(async () => (await callers()).length === 1 || undefined);
    expect(await callers()).toEqual(["bob"]);
  });

  test("goes on from what a database says that was restored, whose clock was ahead", async () => {
    const { answered } = await bench(1);
    const caller = { clientCode: "ada", requestsPerSecond: 5 };
    await database.read(() =>
      database.execute("insert into request_rates values ('ada', 0, 0, $1)", [
        START_MS + 3_600_000,
      ]),
    );
    expect([await answered(0, caller, 9), await answered(0, caller)]).toEqual([5, 0]);
  });
});
