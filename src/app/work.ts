import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { using } from "../config/using.ts";
import type { Engine } from "../engine/engine.ts";
import type { Fleet, Node } from "../fleet/fleet.ts";
import type { Reach } from "../lib/reach.ts";
import { abilitiesOf } from "../plan/feasible/needs.ts";
import type { Queue } from "../queue/queue.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { AddressJudge } from "../service/addresses.ts";
import type { Drain } from "../service/drain.ts";
import type { Planner } from "../service/plan-new-task.ts";
import type { SliceQueue } from "../slices/slices.ts";
import { type Side, type Storage, storageFor } from "../storage/storage.ts";
import type { LeftoverStore, MediaKeys, TaskStore } from "../store/store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";
import { KeptEncodes } from "../worker/file/kept-encodes.ts";
import type { joinFleet } from "../worker/fleet/join-fleet.ts";
import type { Membership } from "../worker/fleet/membership.ts";
import {
  disklessInstance,
  type Instance,
  type RecoveryParts,
  recoverDead,
  registerInstance,
} from "../worker/instance.ts";
import type { PlanningPorts } from "../worker/planning/plan-run.ts";
import { purgeExpired } from "../worker/purge-expired.ts";
import type { Results } from "../worker/reuse/result-keys.ts";
import type { WorkDisk } from "../worker/run-ports.ts";
import { sweepTargets } from "../worker/sweep-targets.ts";
import type { Worker } from "../worker/worker.ts";
import type { WorkerOptions } from "../worker/worker-parts.ts";
import { capabilitiesOf } from "./engine.ts";
import { resumedLengths } from "./slices/resumed-lengths.ts";
import type { SharingGrounds } from "./slices/share-slices.ts";

/** What runs once there is an engine. */
export type Working = {
  readonly worker: Worker;
  readonly instance: Instance;
  readonly planner: Planner;
  readonly node: Node;
  /** The family of devices that encode here; null is none, or none yet. */
  readonly hardware: () => string | null;
  /** Absent on a single machine. */
  readonly membership?: Membership;
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
  readonly drain: Drain;
  readonly telemetry: Telemetry;
  /** The nodes that share the work; absent on a single machine. */
  readonly fleet?: Fleet;
  /** The slices that workers share; absent where none are. */
  readonly slices?: SliceQueue;
  /** Of this program. */
  readonly version: string;
};

/** Clears up after dead instances and takes tasks up. @param prepare - what else is loaded once programs stand by */
export async function beginWork(
  config: Config,
  engine: Engine,
  parts: WorkParts,
  prepare: () => Promise<void>,
): Promise<Working> {
  const {
    queue,
    tasks,
    leftovers,
    webhooks,
    now,
    holdFile,
    mayClaim,
    drain,
    telemetry,
    fleet,
    version,
  } = parts;
  const kept = keptIn(config, now);
  const recordings = join(config.dataFolder, "recordings");
  const { instance, recover } =
    config.disk === "no"
      ? { instance: disklessInstance(), recover: async () => 0 }
      : await beginOnDisk(config, { engine, queue, kept, holdFile });
  const standing = engine.standBy(instance.scratch);
  // A process that stands by links its libraries while what runs tasks is loaded, which would keep this thread from starting it.
  if (engine.name === "native") await standing;
  const [{ Worker }] = await Promise.all([import("../worker/worker.ts"), prepare(), standing]);
  const { ports, storageOf } = portsOf(engine, parts);
  const node = nodeOf(config, engine, { id: instance.id, startedMs: now(), version });
  const results = await resultsIn(config, instance, parts);
  const isKeeper = () => fleet?.isKeeper ?? true;
  const sharing = await sharingOf(config, parts, { ...ports, instance });
  const resumed = resumedLengths(config, engine.name);
  const worker = new Worker(
    {
      ...ports,
      ...(resumed && { resumed }),
      queue,
      store: tasks,
      kept,
      mayClaim,
      telemetry,
      ...sharing?.parts,
      ...(results && { results }),
      purge: () => purgeExpired({ tasks, kept, recordings, results: results?.cache, isKeeper }),
      recover,
      sweep: async (signal) => {
        await Promise.all([
          kept.forget(tasks),
          results?.cache.relieve(),
          isKeeper() && sweepTargets({ leftovers, storageOf, now }, signal),
          sharing?.sweep(signal),
        ]);
      },
    },
    { ...workerOptions(config, instance, recordings), ...(fleet && { abilities: node.abilities }) },
  );
  const hardware = familyOf(engine);
  const membership =
    fleet && (await memberOf(queue, { fleet, node, worker, drain, now, hardware }));
  worker.start();
  webhooks.start();
  const { liveSourceTimeoutMs: sourceTimeoutMs } = config;
  const slicing = sharing?.parts.slicing;
  const more = { ...(slicing && { slicing }), ...(resumed && { resumed }) };
  const planning = { ...ports, sourceTimeoutMs, ...more, ...(results && { results }) };
  const planner = plannerOf(planning, instance.scratch);
  return { worker, instance, planner, node, hardware, ...(membership && { membership }) };
}

/** Loaded where workers share slices. */
const sharingOf = async (
  config: Config,
  { slices, telemetry }: Pick<WorkParts, "slices" | "telemetry">,
  more: Omit<SharingGrounds, "queue" | "config" | "telemetry">,
) =>
  slices &&
  (await import("./slices/share-slices.ts")).shareSlices({
    ...more,
    config,
    telemetry,
    queue: slices,
  });

/** What runs and plans are made of. */
function portsOf(
  engine: Engine,
  { storages, storagesOf, judgesOf, mediaKeys, now, disk }: WorkParts,
) {
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
  return { ports, storageOf };
}

/** Loaded in a fleet alone. */
const memberOf = async (...parts: Parameters<typeof joinFleet>): Promise<Membership> =>
  (await import("../worker/fleet/join-fleet.ts")).joinFleet(...parts);

const keptIn = (
  { dataFolder, keepEncodeMs: keepMs, keepEncodeBytesMax: bytesMax }: Config,
  now: () => number,
): KeptEncodes => new KeptEncodes(join(dataFolder, "kept"), { keepMs, bytesMax }, now);

/** What runs use again of each other; undefined where nothing is kept, and then nothing is. */
async function resultsIn(
  { dataFolder, resultCacheBytes: bytesMax, resultCacheShared, disk: hasDisk }: Config,
  { scratch }: Instance,
  { disk, telemetry, version }: Pick<WorkParts, "disk" | "telemetry" | "version">,
): Promise<Results | undefined> {
  if (scratch === undefined || hasDisk === "no") return undefined;
  const root = join(dataFolder, "results");
  if (bytesMax === 0) return void (await rm(root, { recursive: true, force: true }));
  const { openResults } = await import("../worker/reuse/open-results.ts");
  return openResults(root, {
    bytesMax,
    disk,
    telemetry,
    version,
    isShared: resultCacheShared === "yes",
  });
}

/** The limits that a worker keeps. */
const workerOptions = (
  config: Config,
  { id, scratch }: Instance,
  recordings: string,
): WorkerOptions => ({
  id,
  scratch,
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
});

/** What a node says of itself. */
const nodeOf = (
  { zone, concurrency: slots, disk }: Config,
  engine: Engine,
  own: Pick<Node, "id" | "startedMs" | "version">,
): Node => {
  const capabilities = capabilitiesOf(engine, { disk });
  return {
    ...own,
    host: ownHost(),
    zone,
    engine: engine.name,
    engineVersion: capabilities.version,
    abilities: abilitiesOf(capabilities),
    capabilities,
    slots,
  };
};

/** The name of this machine; empty where Deno may not ask for it. */
function ownHost(): string {
  try {
    return hostname();
  } catch {
    return "";
  }
}

/** The device is found while everything else goes on. */
function familyOf({ hardware }: Engine): () => string | null {
  let family: string | undefined;
  hardware?.found(new AbortController().signal).then(
    (found) => {
      family = found?.family;
    },
    () => {},
  );
  return () => (hardware?.state.isUsable && family) || null;
}

/** Loaded with the first plan that is asked for. */
const plannerOf =
  (ports: PlanningPorts, scratch: string | undefined): Planner =>
  async (task, reach, signal) =>
    (await import("../worker/planning/plan-run.ts")).planFor(task, {
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
