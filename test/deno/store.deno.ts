import { SqliteOverview } from "../../src/overview/sqlite.ts";
import { databaseContract } from "../contract/database.ts";
import { eventFeedContract } from "../contract/events.ts";
import { lifeCycleContract } from "../contract/life-cycle.ts";
import { logSyncContract } from "../contract/log-sync.ts";
import { overviewContract } from "../contract/overview.ts";
import { queueContract } from "../contract/queue.ts";
import { taskStoreContract } from "../contract/store.ts";
import { leftoverStoreContract } from "../contract/store-leftovers.ts";
import { taskLifeContract } from "../contract/store-life.ts";
import { notificationStoreContract } from "../contract/store-notifications.ts";
import { clientStoreContract, profileStoreContract } from "../contract/store-owners.ts";
import { watchedStoreContract } from "../contract/store-watched.ts";
import { sqliteEventBench } from "../fixtures/event-bench.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";
import { harness } from "./harness.ts";

const make = async () => sqliteBench();

taskStoreContract("SqliteTaskStore", make, harness);
taskLifeContract("SqliteTaskStore", make, harness);
leftoverStoreContract("SqliteLeftoverStore", make, harness);
watchedStoreContract("WatchedFiles", make, harness);
notificationStoreContract("SqliteNotificationStore", make, harness);
profileStoreContract("SqliteProfileStore", make, harness);
clientStoreContract("SqliteClientStore", make, harness);
overviewContract(
  "SqliteOverview",
  async () => {
    const bench = sqliteBench();
    return { ...bench, overview: new SqliteOverview(bench.database) };
  },
  harness,
);
queueContract("SqliteQueue", make, harness);
lifeCycleContract("SqliteTaskStore and SqliteQueue", make, harness);
databaseContract("openDatabase", sqliteBench, harness);
logSyncContract(harness);
eventFeedContract("SqliteEventFeed", async () => sqliteEventBench(), harness);
