import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { overviewContract } from "../contract/overview.ts";
import { FleetServer } from "../fixtures/fleet-bench.ts";

// A busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const fleet = new FleetServer();
beforeAll(() => fleet.start());
afterAll(() => fleet.stop());

overviewContract("PostgresOverview", () => fleet.bench(), { describe, test, expect });
