import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { lifeCycleContract } from "../../contract/life-cycle.ts";
import { taskStoreContract } from "../../contract/store.ts";
import { taskLifeContract } from "../../contract/store-life.ts";
import { FleetServer } from "../../fixtures/fleet-bench.ts";

// A busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const fleet = new FleetServer();
beforeAll(() => fleet.start());
afterAll(() => fleet.stop());

// Each history has a database of its own, which costs more than one in memory.
const HISTORIES = 10;

const make = () => fleet.bench();
const harness = { describe, test, expect };
taskStoreContract("PostgresTaskStore", make, harness);
taskLifeContract("PostgresTaskStore", make, harness);
lifeCycleContract("PostgresTaskStore and PostgresQueue", make, harness, HISTORIES);
