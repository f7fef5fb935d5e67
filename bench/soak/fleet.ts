import { runMany } from "../../test/fixtures/many-tasks.ts";
import { wearFleet } from "../../test/fixtures/random-faults.ts";
import { type Findings, figure, type PartOptions } from "../report.ts";

/** Another one is another schedule of the same faults. */
const SEED = Number(process.env["PONTUS_FAULTS_SEED"] ?? 1);
const FAULTS = { quick: 5, long: 50 };
/** Tasks that take no time, over so many workers. */
const MANY = { quick: 1_000, long: 10_000 };
const WORKERS = 4;

/** A fleet under faults, and under many tasks. */
export async function soakFleet(options: PartOptions): Promise<Findings> {
  const many = await soakMany(options);
  const worn = await soakFaults(options);
  return { rows: [...many.rows, ...worn.rows], facts: { ...many.facts, ...worn.facts } };
}

/** Many tasks that take no time. */
async function soakMany({ isQuick, say }: PartOptions): Promise<Findings> {
  const tasks = isQuick ? MANY.quick : MANY.long;
  const startMs = performance.now();
  const { shares, wrongs } = await runMany(tasks, WORKERS);
  const seconds = (performance.now() - startMs) / 1_000;
  say(`${tasks} tasks in ${figure(seconds)} s: ${shares.join(", ")}`);
  for (const wrong of wrongs) say(wrong);
  const row = {
    key: "fleet.many",
    what: `${figure(tasks)} tasks without an encoder through ${WORKERS} worker processes, lost or doubled`,
    ours: `${wrongs.length}; workers had ${figure(Math.min(...shares))} to ${figure(Math.max(...shares))} each`,
    peer: "",
    bar: "0",
    isMet: wrongs.length === 0 && shares.reduce((sum, share) => sum + share, 0) === tasks,
  };
  return { rows: [row], facts: { shares } };
}

/** Two API nodes and three workers under a stream of small tasks, while nodes are killed and stopped, and PostgreSQL is restarted and loses its connections. */
async function soakFaults({ isQuick, say }: PartOptions): Promise<Findings> {
  const faults = isQuick ? FAULTS.quick : FAULTS.long;
  const worn = await wearFleet({ seed: SEED, faults }, say);
  const { wrongs, tasks, lostRuns, repeated, toldAgain, kinds } = worn;
  for (const wrong of wrongs) say(wrong);
  const counted = Object.entries(Object.groupBy(kinds, (kind) => kind));
  const row = {
    key: "fleet.faults",
    what: `tasks of a fleet that are lost or doubled after ${faults} faults: ${counted.map(([kind, all]) => `${all?.length} x ${kind}`).join(", ")}`,
    ours: `${wrongs.length} faults in ${tasks} tasks; ${lostRuns} runs begun anew, ${repeated} creates repeated, ${toldAgain} ends told again`,
    peer: "",
    bar: "0",
    isMet: wrongs.length === 0,
  };
  return { rows: [row], facts: { seed: SEED, ...worn } };
}
