import { after } from "node:test";
import { eventFeedContract } from "../contract/events.ts";
import { lifeCycleContract } from "../contract/life-cycle.ts";
import { notifierContract } from "../contract/notifier.ts";
import { refusedNotifierContract } from "../contract/notifier-refused.ts";
import { overviewContract } from "../contract/overview.ts";
import { queueContract } from "../contract/queue.ts";
import { taskStoreContract } from "../contract/store.ts";
import { leftoverStoreContract } from "../contract/store-leftovers.ts";
import { taskLifeContract } from "../contract/store-life.ts";
import { notificationStoreContract } from "../contract/store-notifications.ts";
import { clientStoreContract, profileStoreContract } from "../contract/store-owners.ts";
import { watchedStoreContract } from "../contract/store-watched.ts";
import { turnsContract } from "../contract/turns.ts";
import { FleetServer } from "../fixtures/fleet-bench.ts";
import { harness } from "./harness.ts";

const fleet = new FleetServer();
await fleet.start();
after(() => fleet.stop());

// Each history has a database of its own, which costs more than one in memory.
const HISTORIES = 10;

const make = () => fleet.bench();
const makeNotified = () => fleet.notifiedBench();

taskStoreContract("PostgresTaskStore", make, harness);
taskLifeContract("PostgresTaskStore", make, harness);
leftoverStoreContract("PostgresLeftoverStore", make, harness);
watchedStoreContract("PostgresWatchedFiles", make, harness);
notificationStoreContract("PostgresNotificationStore", make, harness);
profileStoreContract("PostgresProfileStore", make, harness);
clientStoreContract("PostgresClientStore", make, harness);
overviewContract("PostgresOverview", make, harness);
queueContract("PostgresQueue", make, harness);
turnsContract("PostgresQueue", (limits) => fleet.bench(limits), harness);
lifeCycleContract("PostgresTaskStore and PostgresQueue", make, harness, HISTORIES);
eventFeedContract("PostgresEventFeed", () => fleet.eventBench(), harness);
notifierContract("Notifier over PostgreSQL", makeNotified, harness);
refusedNotifierContract("Notifier over PostgreSQL, refused", makeNotified, harness);
