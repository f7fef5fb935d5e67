import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { writeAuthorities } from "./config/authorities.ts";
import type { Config } from "./config/config.ts";
import { type ChosenEngine, chooseEngine } from "./engine/choose.ts";
import type { Engine } from "./engine/engine.ts";
import type { Queue } from "./queue/queue.ts";
import { type Storage, storageFor } from "./storage/storage.ts";
import type { TaskStore } from "./store/store.ts";
import {
  disklessInstance,
  type Instance,
  type RecoveryParts,
  recoverDead,
  registerInstance,
} from "./worker/instance.ts";
import { KeptEncodes } from "./worker/kept-encodes.ts";
import { Worker } from "./worker/worker.ts";

const log = getLogger(["pontus"]);

/** A probe reads headers and a few packets; one that takes longer waits for something that does not come. */
const PROBE_TIMEOUT_MS = 60_000;

/** What runs once there is an engine. */
export type Working = { readonly worker: Worker; readonly instance: Instance };

/** What work is made of beside the engine. */
export type WorkParts = {
  readonly queue: Queue;
  readonly tasks: TaskStore;
  readonly storages: readonly Storage[];
  readonly now: () => number;
};

/** Finds out which engine this machine has, and opens it. @throws {TaskError} where there is none */
export async function openEngine(config: Config): Promise<ChosenEngine> {
  const { ffmpeg, ffprobe, pixelsMax, stallTimeoutMs, stopGraceMs, concurrency } = config;
  const limits = {
    maxPixels: pixelsMax,
    stallTimeoutMs,
    graceMs: stopGraceMs,
    probeTimeoutMs: PROBE_TIMEOUT_MS,
  };
  const isDiskless = config.disk === "no";
  const authoritiesPath = isDiskless ? undefined : await writeAuthorities(config);
  const chosen = await chooseEngine({
    wanted: config.engine,
    isDiskless,
    native: {
      ...limits,
      ffmpeg,
      ffprobe,
      threads: concurrency,
      capabilitiesFile: join(config.dataFolder, "capabilities.json"),
      ...(authoritiesPath !== undefined && { authoritiesPath }),
    },
    wasm: {
      ...limits,
      ...(config.wasmCoreUrl !== "" && { coreUrl: config.wasmCoreUrl }),
      onDownload: (file, percent) => log.info("Fetched {percent} % of {file}", { file, percent }),
    },
  });
  const { name, capabilities } = chosen.engine;
  const { version } = capabilities;
  log.info("Engine is {name}: ffmpeg {version}, as {why}", { name, version, why: chosen.why });
  for (const lack of chosen.lacks) log.info("Engine {name} is limited: {lack}", { name, lack });
  return chosen;
}

/** Clears up after dead instances and takes tasks up. */
export async function beginWork(
  config: Config,
  engine: Engine,
  { queue, tasks, storages, now }: WorkParts,
): Promise<Working> {
  const { dataFolder, keepEncodeMs: keepMs, keepEncodeBytesMax: bytesMax } = config;
  const kept = new KeptEncodes(join(dataFolder, "kept"), { keepMs, bytesMax }, now);
  const instance =
    config.disk === "no" ? disklessInstance() : await beginOnDisk(config, { engine, queue, kept });
  const worker = new Worker(
    {
      queue,
      store: tasks,
      engine,
      kept,
      now,
      storageOf: (url, side) => storageFor(storages, url, side),
      purge: async () => {
        await tasks.purge();
        await kept.sweep();
      },
    },
    {
      id: instance.id,
      scratch: instance.scratch,
      slots: config.concurrency,
      leaseMs: config.leaseMs,
      attemptsMax: config.attemptsMax,
      taskTimeoutMs: config.taskTimeoutMs,
      recordings: join(dataFolder, "recordings"),
      live: {
        sourceTimeoutMs: config.liveSourceTimeoutMs,
        targetTimeoutMs: config.liveTargetTimeoutMs,
      },
    },
  );
  worker.start();
  await engine.standBy(instance.scratch ?? "");
  return { worker, instance };
}

async function beginOnDisk({ dataFolder }: Config, parts: RecoveryParts): Promise<Instance> {
  const scratchRoot = join(dataFolder, "scratch");
  const instance = await registerInstance(scratchRoot);
  await recoverDead(scratchRoot, instance, parts);
  return instance;
}
