import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { getLogger } from "@logtape/logtape";
import type { Config } from "../config/config.ts";
import { shownDatabase } from "../config/fleet/fleet-keys.ts";
import { using } from "../config/using.ts";
import { openClock, timeOf } from "../db/postgres/clock.ts";
import { isLost } from "../db/postgres/errors.ts";
import { openPostgres, type PostgresDatabase } from "../db/postgres/postgres.ts";
import { PostgresEventFeed } from "../events/postgres.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { PostgresFleet } from "../fleet/postgres.ts";
import { onceLoaded } from "../lib/once.ts";
import { needsOf } from "../plan/feasible/needs.ts";
import { BossEntries } from "../queue/postgres/entries.ts";
import { PostgresQueue } from "../queue/postgres/postgres.ts";
import type { Rates } from "../service/rates/request-rates.ts";
import { SharedRates } from "../service/rates/shared-rates.ts";
import type { SliceQueue } from "../slices/slices.ts";
import { KeySeal, SEAL_KEY_BYTES } from "../store/key-seal.ts";
import { PostgresClientStore } from "../store/postgres/clients.ts";
import { PostgresLeftoverStore } from "../store/postgres/leftovers.ts";
import { PostgresNotificationStore } from "../store/postgres/notifications/notifications.ts";
import { PostgresProfileStore } from "../store/postgres/profiles.ts";
import { PostgresTaskStore } from "../store/postgres/tasks.ts";
import type { ClientStore, NewTask } from "../store/store.ts";
import { openSealed, seedClients } from "./clients.ts";
import type { StoreGrounds, Stores } from "./stores.ts";

const log = getLogger(["pontus"]);

/** How long a start waits for a server that cannot be reached: one that is started beside this node, or changes over to another machine. */
const SERVER_WAIT_MS = 60_000;
const PAUSE_MS = 1_000;
/** How often events are looked for that nobody has told of, while somebody follows: of a large fleet nobody tells. */
const LOOK_MS = 200;

/** The stores of a fleet, who is in it, and what its nodes share. */
export type FleetStores = Stores & {
  readonly fleet: Fleet;
  /** How many calls all of it answers. */
  readonly rates: Rates;
  /** Absent where no slices are shared, and on nodes that run no tasks. */
  readonly slices?: SliceQueue;
};

/** Opens the stores of a fleet. @throws {ConfigError} that says why the server cannot be used */
export async function openFleetStores({
  config,
  telemetry,
  signal,
}: StoreGrounds): Promise<FleetStores> {
  const { databaseUrl: url = "" } = config;
  // A start that fails closes what it has opened: a connection would keep the process.
  await using opened = new AsyncDisposableStack();
  const wait = patience(signal);
  const database = await openServer(config, wait);
  opened.defer(() => database.close());
  const clock = await wait(() => openClock({ ask: timeOf(database) }));
  opened.defer(clock.close);
  const { now } = clock;
  const entries = await wait(() => BossEntries.open(url, database));
  opened.defer(() => entries.close());
  const slices = await wait(() => openSlices(config, database, now));
  if (slices) opened.defer(() => slices.close());
  const clients = await wait(() => openFleetClients(config, database));
  const fleet = new PostgresFleet(database, { now });
  const idleNodes = () => fleet.idleNodes;
  const isKeeper = () => fleet.isKeeper;
  const options = { ...config, now, entries, idleNodes, isKeeper, onChange: telemetry.taskChanged };
  const needs = ({ assignments, isLive = false }: NewTask) => needsOf(assignments, isLive);
  const all = opened.move();
  return {
    tasks: new PostgresTaskStore(database, { ...options, needsOf: needs }),
    leftovers: new PostgresLeftoverStore(database),
    notifications: new PostgresNotificationStore(database, { now, isKeeper }),
    profiles: new PostgresProfileStore(database, { now }),
    clients,
    mediaKeys: clients.mediaKeys,
    queue: new PostgresQueue(database, entries, options),
    events: new PostgresEventFeed(database, { now, lookMs: LOOK_MS }),
    fleet,
    rates: new SharedRates(config.requestsPerSecond, fleet),
    ...(slices && { slices }),
    watched: onceLoaded(async () => {
      const { PostgresWatchedFiles } = await import("../store/postgres/watched-files.ts");
      return new PostgresWatchedFiles(database);
    }),
    overview: onceLoaded(async () => {
      const { PostgresOverview } = await import("../overview/postgres.ts");
      return new PostgresOverview(database);
    }),
    checkWritable: () => database.checkWritable(),
    now,
    close: () => all.disposeAsync(),
  };
}

async function openSlices(
  { databaseUrl: url = "", sliceStore, role }: Config,
  database: PostgresDatabase,
  now: () => number,
) {
  if (sliceStore === "" || role === "api") return undefined;
  const { PostgresSliceQueue } = await import("../slices/postgres.ts");
  return PostgresSliceQueue.open(url, database, { now });
}

/** The clients of a fleet, for a command that changes them. */
export async function openFleetClientsAlone(
  config: Config,
): Promise<{ readonly clients: ClientStore; readonly close: () => Promise<void> }> {
  const database = await openServer({ ...config, databaseConnectionsMax: 2 }, patience());
  try {
    return {
      clients: await openFleetClients(config, database),
      close: () => database.close(),
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

const openServer = (
  { databaseUrl: url = "", databaseConnectionsMax: connectionsMax, role }: Config,
  wait: Patience,
): Promise<PostgresDatabase> =>
  using("databasePath", shownDatabase(url), () =>
    wait(() => openPostgres(url, { connectionsMax, name: `pontus ${role}` })),
  );

/** Does a step of the start, again and again while the server cannot be reached. @throws what the last try throws */
type Patience = <T>(step: () => Promise<T>) => Promise<T>;

/** All steps of a start wait together no longer than one may: a server may go away in the midst of it. */
function patience(signal?: AbortSignal): Patience {
  const endMs = performance.now() + SERVER_WAIT_MS;
  let tries = 0;
  return async (step) => {
    for (;;) {
      try {
        return await step();
      } catch (error) {
        const isAway = isLost((error as Error).cause);
        if (!isAway || performance.now() > endMs || signal?.aborted) throw error;
        if (tries === 0) log.warn("Waits for the database: {error}", { error });
      }
      tries += 1;
      await sleep(PAUSE_MS, undefined, { ...(signal && { signal }) });
    }
  };
}

/** Workers are told of no clients by their config, and make none. */
async function openFleetClients(
  config: Config,
  database: PostgresDatabase,
): Promise<PostgresClientStore> {
  // Counting needs no key.
  const unsealed = new PostgresClientStore(database, new KeySeal(randomBytes(SEAL_KEY_BYTES)));
  const isInUse = (await unsealed.count()) > 0;
  const open = (seal: KeySeal) => new PostgresClientStore(database, seal);
  const clients = await openSealed(config, isInUse, open);
  if (config.role !== "worker") await seedClients(config, clients);
  return clients;
}
