import { wearFleet } from "../../test/fixtures/random-faults.ts";
import type { Findings, PartOptions } from "../report.ts";

/** Another one is another schedule of the same faults. */
const SEED = Number(process.env["PONTUS_FAULTS_SEED"] ?? 1);
const FAULTS = { quick: 5, long: 50 };

/** Two API nodes and three workers under a stream of small tasks, while nodes are killed and stopped, and PostgreSQL is restarted and loses its connections. */
export async function soakFleet({ isQuick, say }: PartOptions): Promise<Findings> {
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
