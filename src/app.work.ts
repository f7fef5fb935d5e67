import { join } from "node:path";
import type { Config } from "./config/config.ts";
import { using } from "./config/using.ts";
import type { Database } from "./db/database.ts";
import type { Engine } from "./engine/engine.ts";
import type { Reach } from "./lib/reach.ts";
import type { Queue } from "./queue/queue.ts";
import type { Runtime } from "./runtime/runtime.ts";
import type { AddressJudge } from "./service/addresses.ts";
import type { Planner } from "./service/plan-new-task.ts";
import { type Side, type Storage, storageFor } from "./storage/storage.ts";
import type { LeftoverStore, MediaKeys, TaskStore } from "./store/store.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";
import type { FolderPorts } from "./watch/watched-folder.ts";
import type { Webhooks } from "./webhooks/webhooks.ts";
import { KeptEncodes } from "./worker/file/kept-encodes.ts";
import {
  disklessInstance,
  type Instance,
  type RecoveryParts,
  recoverDead,
  registerInstance,
} from "./worker/instance.ts";
import type { PlanningPorts } from "./worker/planning/plan-run.ts";
import { purgeExpired } from "./worker/purge-expired.ts";
import type { WorkDisk } from "./worker/run-ports.ts";
import { sweepTargets } from "./worker/sweep-targets.ts";
import type { Worker } from "./worker/worker.ts";

/** What runs once there is an engine. */
export type Working = {
  readonly worker: Worker;
  readonly instance: Instance;
  readonly planner: Planner;
  readonly engine: Engine["name"];
};

/** What work is made of beside the engine. */
export type WorkParts = {
  readonly queue: Queue;
  readonly tasks: TaskStore;
  readonly leftovers: LeftoverStore;
  readonly webhooks: Pick<Webhooks, "start">;
  readonly storages: readonly Storage[];
  /** Those of a client with this reach. */
  readonly storagesOf: (reach: Reach) => readonly Storage[];
  /** The same with what judges addresses of live streams. */
  readonly judgesOf: (reach: Reach) => readonly AddressJudge[];
  readonly mediaKeys: MediaKeys;
  readonly now: () => number;
  readonly holdFile: Runtime["holdFile"];
  readonly disk: WorkDisk;
  readonly mayClaim: () => boolean;
  readonly telemetry: Telemetry;
};

/** Clears up after dead instances and takes tasks up. */
export async function beginWork(
  config: Config,
  engine: Engine,
  {
    queue,
    tasks,
    leftovers,
    webhooks,
    storages,
    storagesOf,
    judgesOf,
    mediaKeys,
    now,
    holdFile,
    disk,
    mayClaim,
    telemetry,
  }: WorkParts,
): Promise<Working> {
  const { dataFolder, keepEncodeMs: keepMs, keepEncodeBytesMax: bytesMax } = config;
  const kept = new KeptEncodes(join(dataFolder, "kept"), { keepMs, bytesMax }, now);
  const recordings = join(dataFolder, "recordings");
  const { instance, recover } =
    config.disk === "no"
      ? { instance: disklessInstance(), recover: async () => 0 }
      : await beginOnDisk(config, { engine, queue, kept, holdFile });
  // Programs that stand by start beside the loading of what runs tasks, which takes as long.
  const standing = engine.standBy(instance.scratch);
  const [{ Worker }] = await Promise.all([import("./worker/worker.ts"), standing]);
  // What is cleared up bears the names of the task itself, so it needs no other bounds.
  const storageOf = (url: string, side: Side) => storageFor(storages, url, side);
  const ports = {
    engine,
    mediaKeys,
    now,
    disk,
    storageOf: (url: string, side: Side, reach: Reach | null) =>
      storageFor(reach ? storagesOf(reach) : storages, url, side),
    judge: async (url: string, side: Side, reach: Reach) =>
      void (await storageFor(judgesOf(reach), url, side)[side](url)),
  };
  const worker = new Worker(
    {
      ...ports,
      queue,
      store: tasks,
      kept,
      mayClaim,
      telemetry,
      purge: () => purgeExpired({ tasks, kept, recordings }),
      recover,
      sweep: async (signal) => {
        await Promise.all([
          kept.forget(tasks),
          sweepTargets({ leftovers, storageOf, now }, signal),
        ]);
      },
    },
    {
      id: instance.id,
      scratch: instance.scratch,
      fonts: config.fonts,
      slots: config.concurrency,
      leaseMs: config.leaseMs,
      retries: { attemptsMax: config.attemptsMax, retryMaxMs: config.retryMaxMs },
      taskTimeoutMs: config.taskTimeoutMs,
      recordings,
      live: {
        sourceTimeoutMs: config.liveSourceTimeoutMs,
        targetTimeoutMs: config.liveTargetTimeoutMs,
      },
    },
  );
  worker.start();
  webhooks.start();
  const sourceTimeoutMs = config.liveSourceTimeoutMs;
  const planner = plannerOf({ ...ports, sourceTimeoutMs }, instance.scratch);
  return { worker, instance, planner, engine: engine.name };
}

/** Loaded with the first plan that is asked for. */
const plannerOf =
  (ports: PlanningPorts, scratch: string | undefined): Planner =>
  async (task, reach, signal) =>
    (await import("./worker/planning/plan-run.ts")).planFor(task, {
      reach,
      signal,
      ports,
      scratch,
    });

/** The instance, and how it clears up after dead ones: once before it takes tasks up, and from then on as upkeep. */
async function beginOnDisk(
  { dataFolder }: Config,
  parts: RecoveryParts,
): Promise<{ readonly instance: Instance; readonly recover: () => Promise<number> }> {
  const scratchRoot = join(dataFolder, "scratch");
  const instance = await using("dataFolder", dataFolder, () =>
    registerInstance(scratchRoot, parts.holdFile),
  );
  const recover = () => recoverDead(scratchRoot, instance, parts);
  await recover();
  return { instance, recover };
}

/** What is taken from the config to make tasks of files. */
type OfConfig = "defaultProfile" | "targetsMax" | "pendingMax";

/** Watches the folders of the config; nothing of it is loaded where none is named. @returns what ends it, once nothing more is made */
export async function beginWatching(
  config: Config,
  parts: Omit<FolderPorts, "watched" | OfConfig> & { readonly database: Database },
): Promise<() => Promise<void>> {
  const { watches, mediaRoots: roots, watchSettleMs: settleMs, watchIntervalMs } = config;
  if (watches.length === 0) return async () => {};
  const { defaultProfile, targetsMax, pendingMax } = config;
  const [{ watchFolders }, { WatchedFiles }] = await Promise.all([
    import("./watch/watch.ts"),
    import("./store/watched/watched-files.ts"),
  ]);
  const watched = new WatchedFiles(parts.database);
  const ports = { ...parts, defaultProfile, targetsMax, pendingMax, watched };
  const options = { roots, settleMs, intervalMs: watchIntervalMs };
  const stopping = new AbortController();
  const done = watchFolders(watches, ports, options, stopping.signal);
  return async () => {
    stopping.abort();
    await done;
  };
}
