import { getLogger } from "@logtape/logtape";
import { refuseWatches } from "./app/clients.ts";
import { type Disks, prepareDisks, settleDisk, watchIntake } from "./app/disk.ts";
import type { FleetStores } from "./app/fleet.ts";
import { loadFleet } from "./app/load-fleet.ts";
import { type Node, type WorkingParts, workingNode } from "./app/node.ts";
import { operate } from "./app/operate.ts";
import { openSqliteStores } from "./app/sqlite.ts";
import {
  judgesWithin,
  listenPortsOf,
  openStorages,
  policiesWithin,
  storagesWithin,
} from "./app/storages.ts";
import type { StoreGrounds, Stores } from "./app/stores.ts";
import { openTelemetry } from "./app/telemetry.ts";
import { beginWatching } from "./app/watches.ts";
import { allTrusted } from "./config/authorities.ts";
import { type Config, ConfigError } from "./config/config.ts";
import { createHttpApp } from "./http/http.ts";
import { once } from "./lib/once.ts";
import type { EgressPolicy } from "./net/egress-policy.ts";
import { ownAddress } from "./net/own-address.ts";
import type { Runtime, ServeOptions, Server } from "./runtime/runtime.ts";
import { LiveAddresses } from "./storage/live/live.ts";
import type { Storage } from "./storage/storage.ts";
import { TaskError } from "./task/errors.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";
import { Webhooks } from "./webhooks/webhooks.ts";

const log = getLogger(["pontus"]);

/** A connection on which nothing moves for so long is closed: a slow client holds no place for ever. */
const IDLE_TIMEOUT_SECONDS = 30;
/** What the runtime cuts off by itself, without an answer of the contract; the app refuses what is too large far below. */
const CUT_BODY_BYTES = 2 ** 40;
/** How long running calls may take to end when the service stops. */
const CALLS_GRACE_MS = 2_000;

/** The service while it runs. */
export type Service = {
  readonly url: string;
  /** Settles when all is ready for work: what a dead instance left is cleared, tasks are taken up. Rejects where there is no engine. */
  readonly ready: Promise<void>;
  /** How many tasks run here now. */
  readonly runningTasks: () => number;
  /**
   * Ends calls, gives running tasks back or lets them end first, as the config says, and closes everything.
   *
   * @param hurry - running tasks are given back from then on
   */
  readonly stop: (hurry?: AbortSignal) => Promise<void>;
};

/**
 * Puts the service together; with the files of `app/` the one place that names adapters.
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
  const { holdFile } = runtime;
  let port: number | undefined;
  const policy = egressOf(config, () => port);
  const disks = await prepareDisks(config, holdFile);
  const { telemetry, ...observed } = await openTelemetry(config, version, runtime);
  const grounds = { config, policy, disks, telemetry, ...(signal && { signal }) };
  await using opened = new AsyncDisposableStack();
  const parts = await openParts(grounds, opened);
  const { intake, stop: stopWatch } = await watchIntake(disks, config, {
    onOpen: () => parts.queue.announceWork(),
    onCritical: () => node.working()?.worker.makeRoom(),
  });
  const { storagesOf, judgesOf, judges } = judgesOfAll(config, parts);
  const all = { ...parts, intake, storagesOf, judgesOf, disk: disks.work };
  const { drain, ...operated } = operate(config, all, () => node.working());
  const { isTaking: mayClaim } = operated.admin;
  const ofWork = { ...all, holdFile, policy, mayClaim, drain, telemetry, version };
  const node = await nodeOf(config, ofWork, isForOne);
  const { capabilities, planner, readiness } = node;
  const taken = {
    ...parts,
    storages: judges,
    judgesWithin: judgesOf,
    capabilities,
    refuseWhileClosed: intake.refuseWhileClosed,
  };
  const worker = () => node.working()?.worker;
  // The config is there for its limits.
  const http = createHttpApp({
    ...config,
    ...taken,
    planner,
    ...operated,
    readiness,
    ...observed.served({ ...parts, intake, worker }),
    version,
  });
  const server = await listen(config, runtime, http.fetch);
  port = server.port;
  const url = urlOf(config.host, server.port);
  tellWhere(config, url, `${version} on ${runtime.name} ${runtime.version}`);
  let endWatching = async (): Promise<void> => {};
  const begin = async (): Promise<void> => {
    await node.begin(() => http.prepare(isForOne));
    endWatching = await beginWatching(config, { ...taken, telemetry });
    observed.count();
  };
  opened.move();
  const ready = begin();
  const stop = async (hurry: AbortSignal = new AbortController().signal): Promise<void> => {
    await Promise.allSettled([ready]);
    if (config.drain === "finish") await node.finish(hurry);
    const stopped = server.stop(CALLS_GRACE_MS);
    // Only when nobody can come back to this process.
    parts.events.close();
    await stopped;
    await Promise.all([node.stop(), parts.webhooks.stop(), endWatching()]);
    stopWatch();
    await node.close();
    await parts.close();
    await observed.close();
    log.info("Pontus has stopped");
  };
  return { url, ready, runningTasks: () => worker()?.running ?? 0, stop };
}

/** What this node does, by its role. */
async function nodeOf(config: Config, parts: WorkingParts, isForOne: boolean): Promise<Node> {
  const { fleet } = parts;
  if (config.role !== "api" || !fleet) return workingNode(config, parts, isForOne);
  return (await import("./app/api-node.ts")).apiNode(config, { ...parts, fleet });
}

/** What is kept, and what is of a fleet where there is one. */
type NodeStores = Stores & Partial<Pick<FleetStores, "fleet" | "rates" | "slices">>;

/** Opens what is kept, where the config says. */
const openStores = async (grounds: Grounds): Promise<NodeStores> =>
  grounds.config.databaseUrl === undefined
    ? openSqliteStores(grounds, grounds.disks)
    : (await loadFleet()).openFleetStores(grounds);

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
type Parts = NodeStores & {
  readonly webhooks: Webhooks;
  readonly storages: readonly Storage[];
};

/** What opening the parts depends on. */
type Grounds = StoreGrounds & {
  readonly policy: EgressPolicy;
  readonly disks: Disks;
  readonly telemetry: Telemetry;
};

/** @param opened - closes the stores where the start fails: connections to a server would keep the process */
async function openParts(grounds: Grounds, opened: AsyncDisposableStack): Promise<Parts> {
  const { config, policy, disks, telemetry } = grounds;
  const stores = await openStores(grounds);
  opened.defer(() => stores.close().catch(() => {}));
  const { clients, notifications, now } = stores;
  await refuseWatches(config, clients);
  const policyOf = policiesWithin(policy);
  const trusted = once(() => allTrusted(config.moreTrusted));
  return {
    ...stores,
    webhooks: new Webhooks({ notifications, clients, policyOf, trusted, now, telemetry }),
    storages: await openStorages(config, policy, disks.umask),
  };
}

/** Which servers tasks may name. @param port - the service's own, once it listens */
const egressOf = (
  { egress: preset, egressAllow: allow, egressDeny: deny, host }: Config,
  port: () => number | undefined,
): EgressPolicy => ({ preset, allow, deny, isOwn: ownAddress(host, port) });
