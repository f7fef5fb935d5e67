import type { Config } from "../config/config.ts";
import type { FolderPorts } from "../watch/watched-folder.ts";
import type { Stores } from "./stores.ts";

/** What is taken from the config to make tasks of files. */
type OfConfig = "defaultProfile" | "targetsMax" | "pendingMax";

/** Watches the folders of the config; nothing of it is loaded where none is named. @returns what ends it, once nothing more is made */
export async function beginWatching(
  config: Config,
  parts: Omit<FolderPorts, "watched" | OfConfig> & Pick<Stores, "watched">,
): Promise<() => Promise<void>> {
  const { watches, mediaRoots: roots, watchSettleMs: settleMs, watchIntervalMs } = config;
  if (watches.length === 0) return async () => {};
  const { defaultProfile, targetsMax, pendingMax } = config;
  const [{ watchFolders }, watched] = await Promise.all([
    import("../watch/watch.ts"),
    parts.watched(),
  ]);
  const ports = { ...parts, defaultProfile, targetsMax, pendingMax, watched };
  const options = { roots, settleMs, intervalMs: watchIntervalMs };
  const stopping = new AbortController();
  const done = watchFolders(watches, ports, options, stopping.signal);
  return async () => {
    stopping.abort();
    await done;
  };
}
