import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { notifierContract } from "../contract/notifier.ts";
import { refusedNotifierContract } from "../contract/notifier-refused.ts";
import { FleetServer } from "../fixtures/fleet-bench.ts";

// A busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const fleet = new FleetServer();
beforeAll(() => fleet.start());
afterAll(() => fleet.stop());

const make = () => fleet.notifiedBench();
const harness = { describe, test, expect };
notifierContract("Notifier over PostgreSQL", make, harness);
refusedNotifierContract("Notifier over PostgreSQL, refused", make, harness);
