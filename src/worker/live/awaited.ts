import { maskSecrets } from "../../lib/mask.ts";
import type { TaskError } from "../../task/errors.ts";
import type { Run } from "../run.ts";

/** A source that is about to come, as one that reconnects, is there within this time. */
const SOON_MS = 2_000;

/**
 * Waits for the source of a live task, and has the task say so meanwhile (warning `source_awaited`), until the source has come or is
 * given up.
 *
 * @param cause - why the last try found nothing, if there was one
 */
export async function tellingWait<T>(
  run: Pick<Run, "task" | "warn" | "unwarn" | "decide" | "signal">,
  cause: () => TaskError | undefined,
  coming: () => Promise<T>,
): Promise<T> {
  // An earlier run may have been ended while it waited.
  let isTold = run.task.warnings?.some(({ code }) => code === "source_awaited") ?? false;
  let telling = Promise.resolve();
  const timer = setTimeout(() => {
    isTold = true;
    const why = cause()?.message.replace(/^Cannot read the source[^:]*: /, "");
    const message = `Nobody publishes the source "${maskSecrets(run.task.sourceUrl)}" now${why ? ` (${why})` : ""}: it is waited for`;
    telling = run.warn([{ code: "source_awaited", message }]).catch(() => {});
  }, SOON_MS);
  try {
    return await coming();
  } finally {
    clearTimeout(timer);
    await telling;
    // What ends the run has the last word, and the next one goes on waiting.
    if (isTold && !run.signal.aborted) await run.unwarn("source_awaited");
  }
}
