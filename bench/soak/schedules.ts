import { randomInt } from "node:crypto";
import { simulateAll } from "../../test/simulation/ranges.ts";
import { openStages } from "../../test/simulation/world.ts";
import type { Findings, PartOptions } from "../report.ts";

const SCHEDULES = { quick: 5_000, long: 1_000_000 };
const SEEDS_MAX = 2 ** 31;
const STEP = 5_000;

/** The simulation of tasks with seeds that verify does not try. */
export async function soakSchedules({ isQuick, say }: PartOptions): Promise<Findings> {
  const count = isQuick ? SCHEDULES.quick : SCHEDULES.long;
  const first = randomInt(SEEDS_MAX);
  const stages = await openStages();
  for (let done = 0; done < count; done += STEP) {
    await simulateAll(
      stages,
      Array.from({ length: STEP }, (_, at) => first + done + at),
    );
    say(`${done + STEP} schedules from seed ${first} on`);
  }
  const row = {
    key: "schedules",
    what: `${count} schedules from seed ${first} on`,
    ours: "all hold",
    peer: "",
    bar: "no task lost, ended twice or published twice",
    isMet: true,
  };
  return { rows: [row], facts: { first, count } };
}
