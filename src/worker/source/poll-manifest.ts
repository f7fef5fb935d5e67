import { setTimeout as wait } from "node:timers/promises";
import type { Manifest } from "../../manifest/manifest.ts";
import { TaskError } from "../../task/errors.ts";
import type { SourceRun } from "../run.ts";
import { awayOr } from "./live-source.ts";
import type { ReadManifest } from "./read-manifest.ts";

const POLL_SECONDS_MIN = 0.5;
const POLL_SECONDS_MAX = 6;

/**
 * Reads a manifest again and again, until it says that it has ended, or nothing new has come for as long as a live source may be away.
 *
 * @param take - takes the new segments, and returns whether there were any
 * @returns the last error of reading it, if there was one
 * @throws {TaskError} failures that waiting does not cure
 */
export async function pollManifest(
  { manifest, again }: ReadManifest,
  { sourceTimeoutMs, signal, onLog }: Pick<SourceRun, "sourceTimeoutMs" | "signal" | "onLog">,
  take: (manifest: Manifest) => Promise<boolean>,
): Promise<TaskError | undefined> {
  let current: Manifest | undefined = manifest;
  let newMs = performance.now();
  let last: TaskError | undefined;
  while (performance.now() - newMs < sourceTimeoutMs) {
    if (current && (await take(current))) newMs = performance.now();
    if (current?.isLive === false) break;
    const { segmentSeconds } = current ?? manifest;
    const seconds = Math.min(POLL_SECONDS_MAX, Math.max(POLL_SECONDS_MIN, segmentSeconds / 2));
    await wait(seconds * 1000, undefined, { signal });
    current = await again().catch((error: unknown) => {
      signal.throwIfAborted();
      // A manifest that is just being written may be read in half.
      const isTorn = error instanceof TaskError && error.code === "source_not_media";
      last = isTorn ? error : awayOr(error);
      onLog(`the source is away: ${last.message}`);
      return undefined;
    });
  }
  return last;
}
