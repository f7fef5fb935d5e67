import { expect, setDefaultTimeout, test } from "bun:test";
import measured from "../../../bench/simulation/measured.json" with { type: "json" };
import { reportOf } from "../../../bench/simulation/report.ts";
import { Simulation, type SimulationOptions } from "../../../bench/simulation/simulation.ts";

setDefaultTimeout(60_000);

// Each takes as long as its statements do, so that a new measurement of their CPU makes no other day.
const costs = Object.fromEntries(
  Object.entries(measured.calls).map(([name, cost]) => {
    const [statements, notices] = [Math.round(cost.statements), Math.round(cost.notices)];
    return [name, { ...cost, statements, notices, cpuMs: 0.2 * statements }];
  }),
) as typeof measured.calls;
const [noticeMs, listenerMs] = [0.05, 0.02];

/** An hour of a small fleet that has too much to do for a while, and of which a worker dies every few minutes. */
const OPTIONS: SimulationOptions = {
  ...{ seed: 7, tasks: 2_000, workers: 40, slots: 1, dayMs: 3_600_000 },
  ...{ leaseMs: 6_000, deathMs: 1_800_000, apartMs: 5 },
  server: { cores: 4, roundTripMs: 0.5, syncMs: 1, costs, noticeMs, listenerMs },
};

/** One seed in place of all: PONTUS_SIMULATION_SEED=1234 bun test test/simulation/fleet/simulation.test.ts */
const SEED = process.env["PONTUS_SIMULATION_SEED"];
const SEEDS = SEED === undefined ? [OPTIONS.seed, 17, 18] : [Number(SEED)];

async function simulated(options: Partial<SimulationOptions> = {}): Promise<Simulation> {
  const simulation = new Simulation({ ...OPTIONS, ...options });
  await simulation.run();
  return simulation;
}

/** One day for the tests that only look at it. */
const day = simulated();

test("every task of a day ends exactly once, though workers die, and none is left behind", async () => {
  const { records, fleet } = await day;
  expect(records.deaths).toBeGreaterThan(20);
  expect(records.lost).toBeGreaterThan(10);
  const all = [...records.classes.values()];
  expect(all.reduce((sum, { made }) => sum + made, 0)).toBe(OPTIONS.tasks);
  for (const { made, ended } of all) expect(ended).toBe(made);
  // What was lost ran again, and what failed for a cause that passes.
  expect(all.reduce((sum, { runs }) => sum + runs, 0)).toBeGreaterThan(OPTIONS.tasks);
  const { pending, running, ended, targets } = fleet.sizes;
  expect({ pending, running, ended, targets }).toEqual({
    ...{ pending: 0, running: 0, ended: OPTIONS.tasks, targets: 0 },
  });
});

for (const seed of SEEDS)
  test(`one that floods leaves the others their shares, and none of them starves: seed ${seed}`, async () => {
    const { records } = seed === OPTIONS.seed ? await day : await simulated({ seed });
    // Of clients that had tasks all the time and share the same workers, by their weights.
    for (const evenness of records.evenness) expect(evenness).toBeGreaterThan(0.99);
    // Whoever waits is passed over once at most, also where few workers can run his tasks: how long that takes is up to the runs and to deaths.
    const classes = ["large", "middle", "small", "special"];
    expect([...records.passedOver.keys()].toSorted()).toEqual(classes);
    expect(Math.max(...records.passedOver.values())).toBe(1);
    // Most can run what these need: they wait for runs under way and for turns of some others, and the flood waits for itself.
    const longest = (name: string) => Math.max(...(records.classes.get(name)?.waits ?? []));
    for (const name of ["middle", "small"])
      expect(longest(name)).toBeLessThan(longest("flood") / 2);
  });

test("the same seed gives the same day, and another seed another", async () => {
  const tell = async (seed: number) => {
    const options = { ...OPTIONS, seed, tasks: 200 };
    return reportOf(await simulated(options), options);
  };
  expect(await tell(1)).toBe(await tell(1));
  expect(await tell(1)).not.toBe(await tell(2));
});

test("idle workers that look one after the other ask far less than such that look all at once", async () => {
  const quiet = { workers: 100, tasks: 150, dayMs: 900_000, isEven: true } as const;
  const looks = async (apartMs: number) => {
    const { database } = await simulated({ ...quiet, apartMs });
    const of = (name: "look" | "claimNone") => (database.asked.get(name)?.calls ?? 0) / quiet.tasks;
    return { looks: of("look"), none: of("claimNone") };
  };
  const [together, apart] = [await looks(0), await looks(5)];
  // Each task wakes nearly all of them.
  expect(together.looks).toBeGreaterThan(75);
  expect(together.none).toBeGreaterThan(5);
  expect(apart.none).toBeLessThan(together.none / 3);
});
