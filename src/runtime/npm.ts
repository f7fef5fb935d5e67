import { readFileSync } from "node:fs";
import { hasEnded, type ProcessIdentity, processIdentity } from "../lib/process-identity.ts";

const LOOK_EVERY_MS = 250;
/** What npm calls itself while it runs a command: `npm exec bun run start`. */
const NPM = /^npm /;

/**
 * Resolves when this process is left behind by the npm (or npx) that began it; never where none did, or where the system does not tell
 * of other processes. npm runs a command in a shell, and passes signals to that shell alone, which ends and passes none on.
 */
export async function leftByNpm(): Promise<void> {
  const above = upToNpm(process.ppid);
  const { promise, resolve } = Promise.withResolvers<void>();
  if (above.length === 0) return promise;
  const looking = setInterval(() => {
    if (!above.some(hasEnded)) return;
    clearInterval(looking);
    resolve();
  }, LOOK_EVERY_MS);
  // It is no reason for this process to go on.
  looking.unref();
  return promise;
}

/** The processes from this one up to the npm above it; none if there is no npm. */
function upToNpm(pid: number): readonly ProcessIdentity[] {
  const above: ProcessIdentity[] = [];
  for (let at = pid; at > 1; at = parentOf(at)) {
    const identity = processIdentity(at);
    if (!identity) return [];
    above.push(identity);
    if (NPM.test(commandOf(at))) return above;
  }
  return [];
}

// proc(5): the parent is the second field behind the command's name.
function parentOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
}

const commandOf = (pid: number): string => read(`/proc/${pid}/cmdline`);

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
