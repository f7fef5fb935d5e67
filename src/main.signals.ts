import { writeSync } from "node:fs";
import { getLogger } from "@logtape/logtape";

const log = getLogger(["pontus"]);

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
/** A terminal tells a whole group of processes, and a launcher in it passes on what it heard: that is one signal. */
const SAME_MS = 50;
const STDERR = 2;

/** What is heard of signals to stop. */
export type Stopping = {
  /** Aborts at the first one. */
  readonly signal: AbortSignal;
  /** Aborts at the second one. */
  readonly hurry: AbortSignal;
  /** Stops, as the first signal does. */
  readonly stop: (why: string) => void;
  /** Hears no more of them: the next one ends the process as the system would. */
  readonly close: () => void;
};

/**
 * Hears SIGINT and SIGTERM from now on. The first one stops the service in order, the second one is answered in the log, as
 * service managers and impatient people send several, and has tasks given back that were to be finished; the third one ends the process at once.
 *
 * @param leaves - what is left undone where the third one comes: `2 running tasks`
 */
export function hearSignals(leaves: () => string): Stopping {
  const stopping = new AbortController();
  const hurry = new AbortController();
  let heard = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  const hear = (why: string): void => {
    const nowMs = performance.now();
    if (nowMs - lastMs < SAME_MS) return;
    lastMs = nowMs;
    heard += 1;
    if (heard === 1) {
      log.info("Pontus is stopping: {why}", { why });
      stopping.abort();
    } else if (heard === 2) {
      log.warn(
        "Pontus is stopping already, and leaves nothing undone; another {why} ends it at once",
        {
          why,
        },
      );
      hurry.abort();
    } else {
      // Written at once, as the log's writer may not get to it.
      writeSync(STDERR, `Pontus ends at once, at the third ${why}: it leaves ${leaves()}\n`);
      process.exit(1);
    }
  };
  for (const signal of SIGNALS) process.on(signal, hear);
  return {
    signal: stopping.signal,
    hurry: hurry.signal,
    stop: hear,
    close: () => {
      for (const signal of SIGNALS) process.off(signal, hear);
    },
  };
}
