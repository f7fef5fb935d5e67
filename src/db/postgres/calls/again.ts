import { setTimeout as sleep } from "node:timers/promises";
import { TaskError } from "../../../task/errors.ts";

const PAUSE_MS = 10;
const PAUSE_MS_MAX = 250;

/** Runs something again while its error may pass, for some seconds, with pauses that grow and have jitter. */
export async function again<T>(
  againMs: number,
  mayPass: (error: unknown) => boolean,
  run: () => Promise<T>,
): Promise<T> {
  const endMs = performance.now() + againMs;
  for (let tries = 0; ; tries += 1) {
    try {
      return await run();
    } catch (error) {
      if (error instanceof TaskError || !mayPass(error) || performance.now() >= endMs) throw error;
    }
    await sleep(Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** tries) * (0.5 + Math.random() / 2));
  }
}
