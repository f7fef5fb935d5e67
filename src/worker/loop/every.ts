import { getLogger } from "@logtape/logtape";
import { sleep } from "../../lib/sleep.ts";
import type { Pause } from "./claim-loop.ts";

const log = getLogger(["pontus", "worker"]);

/** When upkeep ends. */
export type Until = {
  readonly isOver: () => boolean;
  /** Ends the pause. */
  readonly wake: Promise<void>;
  /** By default of real time. */
  readonly pause?: Pause;
};

/** Does something again and again, with the same pause before each time. What fails is done again the next time. */
export async function every(
  intervalMs: number,
  work: () => Promise<void>,
  { isOver, wake, pause = sleep }: Until,
): Promise<void> {
  while (!isOver()) {
    await pause(intervalMs, wake);
    if (isOver()) return;
    await work().catch((error) => log.error("Cannot do periodic upkeep: {error}", { error }));
  }
}
