import { copyFileSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { Environment } from "../../config/config.ts";

/** What a service keeps in its data folder of what its ffmpeg can do. */
const NAME = "capabilities.json";

/** What is remembered between two commands: asking ffmpeg takes longer than everything else before it begins. */
export type RememberedEngine = { readonly recall: () => void; readonly keep: () => void };

/** Remembers in the user's cache, by the XDG standard, what the engine of a service with this data folder can do. */
export function rememberedEngine(env: Environment, dataFolder: string): RememberedEngine {
  const cache = env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache");
  const kept = join(cache, "pontus", NAME);
  const own = join(dataFolder, NAME);
  return {
    recall: () => copyIfAny(kept, own),
    keep: () => copyIfAny(own, kept),
  };
}

/** Without it ffmpeg is only asked again: where nothing can be kept, nothing is. */
function copyIfAny(from: string, to: string): void {
  try {
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(from, to);
  } catch {
    return;
  }
}
