import { after, before } from "node:test";
import { queueContract } from "../contract/queue.ts";
import { turnsContract } from "../contract/turns.ts";
import { FleetServer } from "../fixtures/fleet-bench.ts";
import { harness } from "./harness.ts";

const fleet = new FleetServer();
before(() => fleet.start());
after(() => fleet.stop());

queueContract("PostgresQueue", () => fleet.node(), harness);
turnsContract("PostgresQueue", (limits) => fleet.node(limits), harness);
