import { setTimeout as sleep } from "node:timers/promises";
import { getLogger } from "@logtape/logtape";
import { openClients, refuseWatches } from "./app.clients.ts";
import {
  type Disks,
  namingFullDisk,
  prepareDisks,
  settleDisk,
  tellWalLoss,
  watchIntake,
} from "./app.disk.ts";
import type { openEngine as OpenEngine } from "./app.engine.ts";
import { operate } from "./app.operate.ts";
import { readinessOf, refuseWhileStarting } from "./app.readiness.ts";
import {
  judgesWithin,
  listenPortsOf,
  openStorages,
  policiesWithin,
  storagesWithin,
} from "./app.storages.ts";
import { openTelemetry } from "./app.telemetry.ts";
import type { Working } from "./app.work.ts";
import { allTrusted } from "./config/authorities.ts";
import { type Config, ConfigError } from "./config/config.ts";
import { using } from "./config/using.ts";
import { onceFree } from "./db/busy.ts";
import { type Database, openWhenFree } from "./db/database.ts";
import type { ChosenEngine } from "./engine/choose.ts";
import type { Engine } from "./engine/engine.ts";
import { SqliteEventFeed } from "./events/sqlite.ts";
import { createHttpApp } from "./http/http.ts";
import { once } from "./lib/once.ts";
import type { EgressPolicy } from "./net/egress-policy.ts";
import { ownAddress } from "./net/own-address.ts";
import type { Capabilities } from "./plan/plan.ts";
import { SqliteQueue } from "./queue/sqlite.ts";
import type { Runtime, ServeOptions, Server } from "./runtime/runtime.ts";
import { LiveAddresses } from "./storage/live/live.ts";
import type { Storage } from "./storage/storage.ts";
import type { SqliteClientStore } from "./store/clients.ts";
import { SqliteLeftoverStore } from "./store/leftovers.ts";
import { SqliteNotificationStore } from "./store/notifications/notifications.ts";
import { SqliteProfileStore } from "./store/profiles.ts";
import { SqliteTaskStore } from "./store/tasks.ts";
import { TaskError } from "./task/errors.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";
import { Webhooks } from "./webhooks/webhooks.ts";

const log = getLogger(["pontus"]);

/** A connection on which nothing moves for so long is closed: a slow client holds no place for ever. */
const IDLE_TIMEOUT_SECONDS = 30;
/** What the runtime cuts off by itself, without an answer of the contract; the app refuses what is too large far below. */
const CUT_BODY_BYTES = 2 ** 40;
/** Calls that wait for the start are answered before what runs tasks is loaded, which takes a while. One that needs the engine begins that. */
const FIRST_CALLS_MS = 20;
/** How long running calls may take to end when the service stops. */
const CALLS_GRACE_MS = 2_000;
/** How long a start waits for another process that holds the database: longer than a backup tool does. */
const DATABASE_WAIT_MS = 300_000;
/** What is still to be written when all is closed: the last lines of the log. */
const LAST_WORDS_MS = 500;

/** The service while it runs. */
export type Service = {
  readonly url: string;
  /** Settles when all is ready for work: what a dead instance left is cleared, tasks are taken up. Rejects where there is no engine. */
  readonly ready: Promise<void>;
  /** How many tasks run here now. */
  readonly runningTasks: () => number;
  /** Ends calls, gives running tasks back, closes everything. */
  readonly stop: () => Promise<void>;
};

/**
 * Puts the service together; with the files `app.*.ts` the one place that names adapters.
 *
 * It answers as soon as the store is open. The engine is found out about meanwhile; calls that need it wait for it.
 *
 * @param signal - ends a start that waits
 * @param isForOne - whether it is for a single task, which comes once it is ready: nothing is put off for the sake of calls before, and
 *   nothing is made ready for others
 */
export async function startService(
  wanted: Config,
  runtime: Runtime,
  version: string,
  signal?: AbortSignal,
  isForOne = false,
): Promise<Service> {
  const config = settleDisk(wanted, runtime);
  let port: number | undefined;
  const policy = egressOf(config, () => port);
  const disks = await prepareDisks(config, runtime.holdFile);
  const { telemetry, ...observed } = await openTelemetry(config, version, runtime);
  const parts = await openParts(config, { policy, disks, telemetry, ...(signal && { signal }) });
  const { intake, stop: stopWatch } = await watchIntake(disks, config.databasePath, {
    onOpen: () => parts.queue.announceWork(),
    onCritical: () => working?.worker.makeRoom(),
  });
  const work = once(() => import("./app.work.ts"));
  const chosen = once(() => openEngine(config, policy, isForOne));
  let working: Working | undefined;
  let endWatching = async (): Promise<void> => {};
  const { storagesOf, judgesOf, judges } = judgesOfAll(config, parts);
  const grounds = { ...parts, intake, storagesOf, judgesOf, disk: disks.work };
  const operated = operate(config, grounds, () => working);
  const taken = {
    ...parts,
    storages: judges,
    judgesWithin: judgesOf,
    capabilities: once(async () => capabilitiesOf((await chosen()).engine, config)),
    refuseWhileClosed: intake.refuseWhileClosed,
  };
  const http = createHttpApp({
    // For its limits.
    ...config,
    ...taken,
    planner: async (...asked) => (working ?? refuseWhileStarting()).planner(...asked),
    ...operated,
    readiness: () => readinessOf(chosen(), grounds, working, config),
    ...observed.served({ ...parts, intake, worker: () => working?.worker }),
    version,
  });
  const server = await listen(config, runtime, http.fetch);
  port = server.port;
  const url = urlOf(config.host, server.port);
  tellWhere(config, url, `${version} on ${runtime.name} ${runtime.version}`);
  const begin = async (): Promise<void> => {
    if (!isForOne) await sleep(FIRST_CALLS_MS);
    const [{ engine }] = await Promise.all([chosen(), http.prepare(isForOne)]);
    working = await (await work()).beginWork(config, engine, {
      ...grounds,
      holdFile: runtime.holdFile,
      mayClaim: operated.admin.isTaking,
      telemetry,
    });
    endWatching = await (await work()).beginWatching(config, { ...taken, telemetry });
    observed.count();
  };
  const ready = begin();
  const stop = async (): Promise<void> => {
    await Promise.allSettled([ready]);
    const stopped = server.stop(CALLS_GRACE_MS);
    // Only when nobody can come back to this process.
    parts.events.close();
    await stopped;
    await Promise.all([working?.worker.stop(), parts.webhooks.stop(), endWatching()]);
    stopWatch();
    await closeEngine(chosen());
    await working?.instance.release();
    parts.database.close();
    await observed.close();
    log.info("Pontus has stopped");
  };
  return { url, ready, runningTasks: () => working?.worker.running ?? 0, stop };
}

/** Loaded with the first call that needs it, or after those that wait for the start. */
const openEngine: typeof OpenEngine = async (...given) =>
  (await import("./app.engine.ts")).openEngine(...given);

/** What judges the addresses of tasks: all of them, and those of a client. */
function judgesOfAll(config: Config, { storages }: Pick<Parts, "storages">) {
  const live = [new LiveAddresses(listenPortsOf(config))];
  const storagesOf = storagesWithin(storages);
  return {
    storagesOf,
    judgesOf: judgesWithin(storagesOf, live),
    judges: [...storages, ...live],
  };
}

/** What plans are made with, and what is refused when a task is created. */
const capabilitiesOf = ({ capabilities, streamed }: Engine, { disk }: Config): Capabilities =>
  (disk === "no" && streamed?.capabilities) || capabilities;

async function listen(
  { host, port, connectionsMax }: Config,
  runtime: Runtime,
  fetch: ServeOptions["fetch"],
): Promise<Server> {
  const limits = {
    idleTimeoutSeconds: IDLE_TIMEOUT_SECONDS,
    bodyBytesMax: CUT_BODY_BYTES,
    connectionsMax,
  };
  try {
    return await runtime.serve({ host, port, fetch, ...limits });
  } catch (error) {
    if (error instanceof TaskError) throw error;
    // Runtimes tell the two apart differently, and Bun not at all.
    const why = "another process listens there, or it is no address of this machine";
    throw new ConfigError([`Cannot use PONTUS_HOST "${host}" with PONTUS_PORT "${port}": ${why}`]);
  }
}

async function closeEngine(opening: Promise<ChosenEngine>): Promise<void> {
  const chosen = await opening.catch(() => undefined);
  await chosen?.engine.close();
  // Such a thread would keep the process for ever: it is left by force, after everything else has ended.
  if (chosen && chosen.leakedThreads() > 0) setTimeout(() => process.exit(), LAST_WORDS_MS);
}

/** An IPv6 address stands in brackets. */
const urlOf = (host: string, port: number): string =>
  `http://${host.includes(":") ? `[${host}]` : host}:${port}`;

/** What whoever starts it wants to open next. An address that means every interface opens in no browser. */
function tellWhere(
  { disk, host, mediaRoots: [media] }: Config,
  url: string,
  version: string,
): void {
  log.info("Pontus {version} listens at {url}", { version, url });
  const base = ["0.0.0.0", "::"].includes(host)
    ? url.replace(/^(http:\/\/).*:/, "$1localhost:")
    : url;
  const [dashboard, docs] = [`${base}/`, `${base}/docs`];
  log.info("The dashboard is at {dashboard}, the API is described at {docs}", { dashboard, docs });
  if (disk === "yes") log.info("Plain paths in tasks are below {media}", { media });
}

/** Everything that is there before the engine is. */
type Parts = {
  readonly database: Database;
  readonly tasks: SqliteTaskStore;
  readonly leftovers: SqliteLeftoverStore;
  readonly notifications: SqliteNotificationStore;
  readonly webhooks: Webhooks;
  readonly profiles: SqliteProfileStore;
  readonly clients: SqliteClientStore;
  readonly mediaKeys: SqliteClientStore["mediaKeys"];
  readonly queue: SqliteQueue;
  readonly events: SqliteEventFeed;
  readonly storages: readonly Storage[];
  readonly now: () => number;
};

/** What opening the parts depends on. */
type Grounds = {
  readonly policy: EgressPolicy;
  readonly disks: Disks;
  readonly telemetry: Telemetry;
  readonly signal?: AbortSignal;
};

async function openParts(
  config: Config,
  { policy, disks, telemetry, signal }: Grounds,
): Promise<Parts> {
  const { databasePath } = config;
  const now = () => Date.now();
  const patience = {
    limitMs: DATABASE_WAIT_MS,
    ...(signal && { signal }),
    onWait: () =>
      log.warn("Waits for the database {path}: another process holds it", { path: databasePath }),
  };
  await tellWalLoss(databasePath);
  const database = await using("databasePath", databasePath, () =>
    namingFullDisk(databasePath, () =>
      openWhenFree(databasePath, patience, { makeRoom: disks.makeRoom }),
    ),
  );
  const clients = await namingFullDisk(databasePath, () =>
    onceFree(() => openClients(config, database), patience),
  );
  await refuseWatches(config, clients);
  const options = { ...config, now, onChange: telemetry.taskChanged };
  const notifications = new SqliteNotificationStore(database, { now });
  const policyOf = policiesWithin(policy);
  const trusted = once(() => allTrusted(config.moreTrusted));
  return {
    database,
    tasks: new SqliteTaskStore(database, options),
    leftovers: new SqliteLeftoverStore(database),
    notifications,
    webhooks: new Webhooks({ notifications, clients, policyOf, trusted, now, telemetry }),
    profiles: new SqliteProfileStore(database, { now }),
    clients,
    mediaKeys: clients.mediaKeys,
    queue: new SqliteQueue(database, options),
    events: new SqliteEventFeed(database, { now }),
    storages: await openStorages(config, policy, disks.umask),
    now,
  };
}

/** Which servers tasks may name. @param port - the service's own, once it listens */
const egressOf = (
  { egress: preset, egressAllow: allow, egressDeny: deny, host }: Config,
  port: () => number | undefined,
): EgressPolicy => ({ preset, allow, deny, isOwn: ownAddress(host, port) });
