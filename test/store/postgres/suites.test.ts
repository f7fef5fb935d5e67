import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { leftoverStoreContract } from "../../contract/store-leftovers.ts";
import { notificationStoreContract } from "../../contract/store-notifications.ts";
import { clientStoreContract, profileStoreContract } from "../../contract/store-owners.ts";
import { watchedStoreContract } from "../../contract/store-watched.ts";
import { FleetServer } from "../../fixtures/fleet-bench.ts";

// A busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const fleet = new FleetServer();
beforeAll(() => fleet.start());
afterAll(() => fleet.stop());

const make = () => fleet.bench();
const harness = { describe, test, expect };
leftoverStoreContract("PostgresLeftoverStore", make, harness);
watchedStoreContract("PostgresWatchedFiles", make, harness);
notificationStoreContract("PostgresNotificationStore", make, harness);
profileStoreContract("PostgresProfileStore", make, harness);
clientStoreContract("PostgresClientStore", make, harness);
