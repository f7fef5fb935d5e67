import { after } from "node:test";
import { eventFeedContract } from "../contract/events.ts";
import { lifeCycleContract } from "../contract/life-cycle.ts";
import { overviewContract } from "../contract/overview.ts";
import { taskStoreContract } from "../contract/store.ts";
import { leftoverStoreContract } from "../contract/store-leftovers.ts";
import { taskLifeContract } from "../contract/store-life.ts";
import { notificationStoreContract } from "../contract/store-notifications.ts";
import { clientStoreContract, profileStoreContract } from "../contract/store-owners.ts";
import { watchedStoreContract } from "../contract/store-watched.ts";
import { FleetServer } from "../fixtures/fleet-bench.ts";
import { harness } from "./harness.ts";

const fleet = new FleetServer();
await fleet.start();
after(() => fleet.stop());

// Each history has a database of its own, which costs more than one in memory; Bun's tests go through more of them.
const HISTORIES = 3;

const make = () => fleet.bench();

// The queue is in fleet.deno.ts. The notifier makes the same calls as these: Deno's tests have it over SQLite, Bun's over PostgreSQL.
taskStoreContract("PostgresTaskStore", make, harness);
taskLifeContract("PostgresTaskStore", make, harness);
leftoverStoreContract("PostgresLeftoverStore", make, harness);
watchedStoreContract("PostgresWatchedFiles", make, harness);
notificationStoreContract("PostgresNotificationStore", make, harness);
profileStoreContract("PostgresProfileStore", make, harness);
clientStoreContract("PostgresClientStore", make, harness);
overviewContract("PostgresOverview", make, harness);
lifeCycleContract("PostgresTaskStore and PostgresQueue", make, harness, HISTORIES);
eventFeedContract("PostgresEventFeed", () => fleet.eventBench(), harness);
