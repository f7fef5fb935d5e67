import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { queueContract } from "../../contract/queue.ts";
import { turnsContract } from "../../contract/turns.ts";
import { FleetServer } from "../../fixtures/fleet-bench.ts";

setDefaultTimeout(60_000);

const fleet = new FleetServer();
beforeAll(() => fleet.start());
afterAll(() => fleet.stop());

queueContract("PostgresQueue", () => fleet.node(), { describe, test, expect });
turnsContract("PostgresQueue", (limits) => fleet.node(limits), { describe, test, expect });
