import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import * as v from "valibot";
import { errnoOf } from "../../lib/errno-of.ts";
import {
  hasEnded,
  isAlive,
  type ProcessIdentity,
  processIdentity,
} from "../../lib/process-identity.ts";
import { signalGroup } from "./subprocess.ts";

const NAME = /^encoder-\d+\.json$/;
const recordSchema = v.object({ pid: v.number(), startTime: v.string() });
const POLL_MS = 20;
// After KILL a process is gone at once, unless its disk hangs, and then nothing here helps.
const KILL_WAIT_MS = 5_000;

/**
 * Notes a running encoder in its work folder, so that a later instance can end it: ffmpeg continues when its parent dies.
 *
 * It is synchronous, so that the note is written before this process can be killed.
 *
 * @returns a function that removes the note
 */
export function noteEncoder(folder: string, pid: number): () => void {
  const path = join(folder, `encoder-${pid}.json`);
  const identity = processIdentity(pid);
  if (identity) writeFileSync(path, JSON.stringify(identity));
  return () => rmSync(path, { force: true });
}

/** Why the encoders of a dead instance cannot be ended here; undefined if they can. */
export function orphansLack(): string | undefined {
  if (processIdentity(process.pid) && maySignal()) return undefined;
  return "encoders that outlive a killed service end with their input, as they cannot be ended here: Deno takes --allow-all for it";
}

function maySignal(): boolean {
  try {
    // Signal 0 sends nothing.
    return process.kill(1, 0);
  } catch (error) {
    return !(error instanceof Error && error.name === "NotCapable");
  }
}

function readNote(path: string): ProcessIdentity | undefined {
  try {
    const parsed = v.safeParse(recordSchema, JSON.parse(readFileSync(path, "utf8")));
    return parsed.success ? parsed.output : undefined;
  } catch {
    // A crash while the note was written has cut it off; then nothing is known.
    return undefined;
  }
}

function notesBelow(folder: string): string[] {
  try {
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
    return names.filter((name) => NAME.test(basename(name))).map((name) => join(folder, name));
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}

async function isGoneWithin(identity: ProcessIdentity, limitMs: number): Promise<boolean> {
  const until = performance.now() + limitMs;
  while (!hasEnded(identity)) {
    if (performance.now() > until) return false;
    await wait(POLL_MS);
  }
  return true;
}

async function end(path: string, graceMs: number): Promise<boolean> {
  const identity = readNote(path);
  const isOrphan = identity !== undefined && isAlive(identity);
  if (isOrphan) {
    signalGroup(identity.pid, "SIGTERM");
    if (!(await isGoneWithin(identity, graceMs))) {
      signalGroup(identity.pid, "SIGKILL");
      await isGoneWithin(identity, KILL_WAIT_MS);
    }
  }
  rmSync(path, { force: true });
  return isOrphan;
}

/**
 * Ends the encoders noted at any depth below a folder whose instance is dead, and removes their notes.
 *
 * A process that has reused a pid is left alone.
 *
 * @param graceMs - from TERM to KILL
 * @returns how many were ended
 */
export async function endOrphansBelow(folder: string, graceMs: number): Promise<number> {
  const ended = await Promise.all(notesBelow(folder).map((path) => end(path, graceMs)));
  return ended.filter(Boolean).length;
}
