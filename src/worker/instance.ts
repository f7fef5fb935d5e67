import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import * as v from "valibot";
import type { Engine } from "../engine/engine.ts";
import { isAlive, processIdentity } from "../lib/process-identity.ts";
import type { Queue } from "../queue/queue.ts";

const log = getLogger(["pontus", "worker"]);

const RECORD = "instance.json";
const recordSchema = v.object({ pid: v.number(), startTime: v.string() });

/** One running instance of the service: its id in claims, and its scratch folder, gone when it is released. */
export type Instance = {
  readonly id: string;
  readonly scratch: string;
  readonly release: () => Promise<void>;
};

/**
 * Registers this process as an instance: a folder below the scratch root that tells who owns it.
 *
 * @param scratchRoot - absolute path; shared by all instances on one data folder
 */
export async function registerInstance(scratchRoot: string): Promise<Instance> {
  const id = randomUUID();
  const scratch = join(scratchRoot, id);
  // The folder appears under its name together with its record: no neighbour takes it for a dead one's meanwhile.
  const nascent = join(scratchRoot, `.${id}`);
  await mkdir(nascent, { recursive: true });
  await writeFile(join(nascent, RECORD), JSON.stringify(processIdentity(process.pid) ?? {}));
  await rename(nascent, scratch);
  return { id, scratch, release: () => rm(scratch, { recursive: true, force: true }) };
}

/**
 * Clears up after instances whose process is gone: ends their encoders, gives their tasks back, empties their scratch,
 * in this order, so that no orphan still writes when its task runs again.
 *
 * An instance that lives (another service on the same data folder) is left alone.
 */
export async function recoverDead(
  scratchRoot: string,
  self: Instance,
  { engine, queue }: { readonly engine: Engine; readonly queue: Queue },
): Promise<void> {
  const ids = (await readdir(scratchRoot)).filter((id) => id !== self.id && !id.startsWith("."));
  for (const id of ids) {
    const folder = join(scratchRoot, id);
    if (await isOwned(folder)) continue;
    const orphans = await engine.endOrphans(folder);
    const tasks = await queue.takeOver(id);
    await rm(folder, { recursive: true, force: true });
    log.warn(
      "Cleared up after dead instance {id}: {orphans} encoders ended, {tasks} tasks given back",
      { id, orphans, tasks },
    );
  }
}

/** Whether the process that made a scratch folder still runs. A record that cannot be read is what a power cut left. */
async function isOwned(folder: string): Promise<boolean> {
  try {
    const record: unknown = JSON.parse(await readFile(join(folder, RECORD), "utf8"));
    return isAlive(v.parse(recordSchema, record));
  } catch {
    return false;
  }
}
