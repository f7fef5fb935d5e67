import { stat } from "node:fs/promises";
import { whyUnkept } from "../../plan/reuse/results.ts";
import type { Planned } from "../plan-source.ts";
import type { Run } from "../run.ts";
import { keysOf, type Results } from "./result-keys.ts";

/** A plan does not wait for more of a source to be read than this. */
const READ_BYTES_MAX = 64 << 20;

/**
 * Whether a task would encode nothing, because all that it wants is kept. No if that is not known without reading much of its source.
 *
 * @param path - absolute, of the source
 * @throws the signal's reason
 */
export async function isKept(
  run: Pick<Run, "task" | "tag" | "engine" | "signal" | "assignments">,
  results: Pick<Results, "cache" | "digests" | "isShared" | "version">,
  { path, plan }: Pick<Planned, "plan"> & { readonly path: string },
): Promise<boolean> {
  if (whyUnkept(plan, run.assignments) !== undefined) return false;
  const { cache, digests } = results;
  try {
    const sizeBytes = (await stat(path)).size;
    const known = await digests.known(path);
    if (known === undefined && sizeBytes > READ_BYTES_MAX) return false;
    const sha256 = known ?? (await digests.of(path, false, run.signal)).sha256;
    for (const key of keysOf(run, results, { sha256, sizeBytes }, plan))
      if (!(await cache.has(key))) return false;
    return true;
  } catch {
    run.signal.throwIfAborted();
    return false;
  }
}
