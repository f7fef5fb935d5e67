import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSliceStore } from "../../app/slices/open-slice-store.ts";
import type { Config } from "../../config/config.ts";
import { KEYS } from "../../config/keys.ts";
import { maskSecrets } from "../../lib/mask.ts";
import { toTaskError } from "../../task/errors.ts";
import { type Finding, ok, problem } from "./finding.ts";

const CHECK = "slice store";
const WAIT_MS = 20_000;

/** Whether a file can be written to the slice store, read and removed there; nothing is left of it. */
export async function sliceStoreFindings(config: Config): Promise<readonly Finding[]> {
  if (config.sliceStore === "") return [];
  const shown = JSON.stringify(maskSecrets(config.sliceStore));
  const advice = `set ${KEYS.sliceStore.env} to a place that all workers may write, read and remove files at`;
  const refuse = (why: string) => [problem(CHECK, `Cannot use ${shown}: ${why}`, advice)];
  const signal = AbortSignal.timeout(WAIT_MS);
  const folder = await mkdtemp(join(tmpdir(), "pontus-doctor-"));
  try {
    const store = await openSliceStore(config);
    const path = join(folder, "tried");
    await writeFile(path, "pontus doctor\n");
    const stored = await store.put(path, `doctor-${randomUUID()}.part`, signal);
    const isSame = await store.fetch(stored, join(folder, "read"), signal);
    const isGone = await store.remove([stored.name], signal);
    if (!isSame) return refuse("what was written there cannot be read again");
    if (!isGone) return refuse("what was written there cannot be removed");
    return [ok(CHECK, `files can be written to ${shown}, read and removed`)];
  } catch (error) {
    return refuse(
      signal.aborted ? `it does not answer in ${WAIT_MS / 1000} s` : toTaskError(error).message,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
