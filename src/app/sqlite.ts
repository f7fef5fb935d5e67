import { getLogger } from "@logtape/logtape";
import { using } from "../config/using.ts";
import { onceFree } from "../db/busy.ts";
import { type Database, openWhenFree } from "../db/database.ts";
import { SqliteEventFeed } from "../events/sqlite.ts";
import { onceLoaded } from "../lib/once.ts";
import { SqliteQueue } from "../queue/sqlite.ts";
import { SqliteLeftoverStore } from "../store/leftovers.ts";
import { SqliteProfileStore } from "../store/profiles.ts";
import type { NotificationStore } from "../store/store.ts";
import { SqliteTaskStore } from "../store/tasks.ts";
import { openClients } from "./clients.ts";
import { type Disks, namingFullDisk, tellWalLoss } from "./disk.ts";
import type { StoreGrounds, Stores } from "./stores.ts";

const log = getLogger(["pontus"]);

/** How long a start waits for another process that holds the database: longer than a backup tool does. */
const DATABASE_WAIT_MS = 300_000;

/** Opens the stores of one machine, which are a file of SQLite. @param disks - make room where it is full */
export async function openSqliteStores(
  { config, telemetry, signal }: StoreGrounds,
  disks: Pick<Disks, "makeRoom">,
): Promise<Stores> {
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
  const options = { ...config, now, onChange: telemetry.taskChanged };
  return {
    tasks: new SqliteTaskStore(database, options),
    leftovers: new SqliteLeftoverStore(database),
    notifications: lateNotifications(database, now),
    profiles: new SqliteProfileStore(database, { now }),
    clients,
    mediaKeys: clients.mediaKeys,
    queue: new SqliteQueue(database, options),
    events: new SqliteEventFeed(database, { now }),
    watched: onceLoaded(
      async () => new (await import("../store/watched/watched-files.ts")).WatchedFiles(database),
    ),
    overview: onceLoaded(
      async () => new (await import("../overview/sqlite.ts")).SqliteOverview(database),
    ),
    checkWritable: () => database.checkWritable(),
    now,
    close: async () => database.close(),
  };
}

/** The store of notifications, loaded when it is first asked: a start answers before that. */
function lateNotifications(database: Database, now: () => number): NotificationStore {
  const loaded = onceLoaded(async () => {
    const { SqliteNotificationStore } = await import("../store/notifications/notifications.ts");
    return new SqliteNotificationStore(database, { now });
  });
  return {
    isDue: async () => (await loaded()).isDue(),
    take: async (...asked) => (await loaded()).take(...asked),
    settle: async (...asked) => (await loaded()).settle(...asked),
    list: async (...asked) => (await loaded()).list(...asked),
    replay: async (...asked) => (await loaded()).replay(...asked),
  };
}
