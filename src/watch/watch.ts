import { getLogger } from "@logtape/logtape";
import { sleep } from "../lib/sleep.ts";
import { unlessAborted } from "../lib/unless-aborted.ts";
import { judgeWatch } from "../service/watching/create-watched.ts";
import type { Watch } from "../service/watching/template.ts";
import { toTaskError } from "../task/errors.ts";
import { type FolderOptions, type FolderPorts, WatchedFolder } from "./watched-folder.ts";

const log = getLogger(["pontus", "watch"]);

/**
 * Looks at folders again and again until the signal aborts, each in a loop of its own: a share that hangs holds up no other folder.
 *
 * @returns what settles once all loops have ended
 */
export async function watchFolders(
  watches: readonly Watch[],
  ports: FolderPorts,
  options: FolderOptions,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const stopped = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => stopped.resolve(), { once: true });
  await Promise.all(
    watches.map(async (watch) => {
      await tellTrouble(ports, watch);
      const folder = new WatchedFolder(watch, ports, options);
      while (!signal.aborted) {
        // A call to a share that hangs cannot be ended: nobody waits for it any more.
        const isMore = await unlessAborted(folder.look(signal), signal).catch(() => false);
        if (!isMore) await sleep(options.intervalMs, stopped.promise);
      }
    }),
  );
}

/** Says at the start what every file would be refused for: its profile may be registered later. */
async function tellTrouble(ports: FolderPorts, watch: Watch): Promise<void> {
  const { folder, target } = watch;
  log.info("Watches folder {folder}: its files become {target}", { folder, target });
  try {
    await judgeWatch(ports, watch);
  } catch (error) {
    const why = toTaskError(error).message;
    log.warn("Watched folder {folder}: no task can be made as things are: {why}", { folder, why });
  }
}
