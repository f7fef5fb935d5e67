import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import type { Engine } from "../engine/engine.ts";
import { errnoOf } from "../lib/errno-of.ts";
import { once } from "../lib/once.ts";
import type { Queue } from "../queue/queue.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { TaskError } from "../task/errors.ts";
import type { KeptEncodes } from "./file/kept-encodes.ts";

const log = getLogger(["pontus", "worker"]);

/** How an instance holds its scratch folder. */
type HoldFile = Runtime["holdFile"];

/** The file that an instance keeps locked while it lives. */
const LOCK = "instance.lock";
/** The prefix of a folder whose lock is still to be taken, and the age from which on such a folder is the rest of a crash. */
const NASCENT = ".";
const NASCENT_MS_MAX = 600_000;

/** One running instance of the service: its id in claims, and its scratch folder, which `release` removes. */
export type Instance = {
  readonly id: string;
  /** Absolute path; undefined if nothing may be written. */
  readonly scratch?: string;
  readonly release: () => Promise<void>;
};

/** An instance on a host where nothing may be written. It shares no tasks with other instances, and they end with it. */
export const disklessInstance = (): Instance => ({
  id: randomUUID(),
  release: async () => {},
});

/**
 * Registers this process as an instance: makes a folder below the scratch root, with a file in it that this process keeps locked.
 *
 * @param scratchRoot - absolute path; shared by all instances on one data folder
 */
export async function registerInstance(
  scratchRoot: string,
  holdFile: HoldFile,
): Promise<Instance & { readonly scratch: string }> {
  const id = randomUUID();
  const scratch = join(scratchRoot, id);
  // The folder gets its name once its file is locked, so that no other instance takes it for a dead one.
  const nascent = join(scratchRoot, `${NASCENT}${id}`);
  await mkdir(nascent, { recursive: true });
  const letGo = holdFile(join(nascent, LOCK));
  if (!letGo) throw new TaskError("internal", "Cannot hold a scratch folder: another process does");
  await rename(nascent, scratch);
  // Once: the number of a closed file may be that of another by now.
  const release = once(async () => {
    try {
      await rm(scratch, { recursive: true, force: true });
    } finally {
      letGo();
    }
  });
  return { id, scratch, release };
}

/** What cleaning up after a dead instance needs. */
export type RecoveryParts = {
  readonly engine: Engine;
  readonly queue: Queue;
  readonly kept: Pick<KeptEncodes, "rescue">;
  readonly holdFile: HoldFile;
};

/**
 * Cleans up after instances whose process is gone. In this order, so that no orphan still writes when its task runs again: ends
 * their encoders, keeps the outputs that wait to be delivered, gives their tasks back, and removes their scratch folders.
 *
 * It does not touch instances that live (another service on the same data folder). It is upkeep: an instance may die at any time.
 *
 * @returns how many tasks it gave back
 * @throws what went wrong with one of them, once all others are cleared
 */
export async function recoverDead(
  scratchRoot: string,
  self: Instance,
  parts: RecoveryParts,
): Promise<number> {
  const failures: unknown[] = [];
  let tasks = 0;
  for (const name of await readdir(scratchRoot)) {
    const folder = join(scratchRoot, name);
    if (name === self.id || (isNascent(name) && !(await isOld(folder)))) continue;
    try {
      tasks += await recoverOne(name, folder, parts);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return tasks;
}

/** What emptying scratch folders needs, which is less: tasks are given back once the database is open. */
export type EmptyingParts = Pick<RecoveryParts, "kept" | "holdFile"> & {
  readonly engine: Pick<Engine, "endOrphans">;
};

/**
 * Empties the scratch folders of dead instances, and keeps the outputs that wait to be delivered. The folders themselves stay for
 * `recoverDead`. It never rejects: what cannot be emptied now is cleared up then.
 */
export async function emptyDead(
  scratchRoot: string,
  { engine, kept, holdFile }: EmptyingParts,
): Promise<void> {
  for (const name of await readdir(scratchRoot).catch(() => [])) {
    const folder = join(scratchRoot, name);
    if (isNascent(name)) continue;
    try {
      const letGo = holdUnlessGone(join(folder, LOCK), holdFile);
      if (!letGo) continue;
      try {
        await engine.endOrphans(folder);
        await kept.rescue(folder);
        for (const inside of await readdir(folder))
          if (inside !== LOCK) await rm(join(folder, inside), { recursive: true, force: true });
      } finally {
        letGo();
      }
    } catch (error) {
      log.warn("Cannot empty the scratch of dead instance {id} now: {error}", { id: name, error });
    }
  }
}

const isNascent = (name: string): boolean => name.startsWith(NASCENT);

/** Whether the owner of a folder that has no name yet must be gone: it would have given it one long ago. */
async function isOld(folder: string): Promise<boolean> {
  const info = await stat(folder).catch(() => undefined);
  return info !== undefined && Date.now() - info.mtimeMs > NASCENT_MS_MAX;
}

async function recoverOne(
  id: string,
  folder: string,
  { engine, queue, kept, holdFile }: RecoveryParts,
): Promise<number> {
  // Locked meanwhile, so that only one of two instances cleans up.
  const letGo = holdUnlessGone(join(folder, LOCK), holdFile);
  if (!letGo) return 0;
  let tasks = 0;
  try {
    const orphans = await engine.endOrphans(folder);
    // Before the tasks are given back, so that the next run finds these outputs.
    await kept.rescue(folder);
    tasks = await queue.takeOver(id);
    log.warn(
      "Cleared up after dead instance {id}: {orphans} encoders ended, {tasks} tasks given back",
      { id, orphans, tasks },
    );
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    // Another instance removed the folder while this one made its lock file in it.
    if (errnoOf(error) === "ENOENT") return tasks;
    // An encoder that could not be ended may still write into the folder.
    if (errnoOf(error) !== "ENOTEMPTY") throw error;
    log.warn("Cannot remove the scratch of dead instance {id} now: it is tried again", { id });
  } finally {
    letGo();
  }
  return tasks;
}

/** Locks a dead instance's file; undefined if another holds it, or has removed its folder meanwhile. */
function holdUnlessGone(path: string, holdFile: HoldFile): ReturnType<HoldFile> {
  try {
    return holdFile(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
