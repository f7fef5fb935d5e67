import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { FleetServer } from "../../fixtures/fleet-bench.ts";
import { aClient } from "../../fixtures/weighted-clients.ts";
import { Random } from "../random.ts";
import { HISTORY_CLIENTS, historyOf, play, type Stage } from "./histories.ts";
import { memoryBench, queueOf } from "./memory-bench.ts";

setDefaultTimeout(600_000);

const SEEDS = Number(process.env["PONTUS_SIMULATION_SEEDS"] ?? 3);
const STEPS = 200;
const LIMITS = { runningMax: 6, liveWaitingMax: 2 };

const server = new FleetServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

const clients = Object.entries(HISTORY_CLIENTS).map(([code, weight]) => aClient(code, weight));

async function inPostgres(): Promise<Stage> {
  const needsOf = ({ metadata }: { readonly metadata?: Readonly<Record<string, string>> }) =>
    metadata?.["needs"] ?? "";
  const first = await server.bench({ ...LIMITS, needsOf });
  const { clock, url } = first;
  await first.clients.seed(clients);
  return { clock, nodes: [first, await server.node({ ...LIMITS, needsOf, clock, url })] };
}

async function inMemory(): Promise<Stage> {
  const first = memoryBench(LIMITS);
  await first.clients.seed(clients);
  return { clock: first.clock, nodes: [first, { ...first, queue: queueOf(first.fleet) }] };
}

test("a fleet in memory does what one on PostgreSQL does, in each of many histories", async () => {
  for (let seed = 0; seed < SEEDS; seed += 1) {
    const history = () => historyOf(new Random(seed), STEPS);
    const expected = await play(await inPostgres(), history());
    const given = await play(await inMemory(), history());
    const at = given.findIndex((line, number) => line !== expected[number]);
    // What came right before tells more than all that comes after.
    const part = (lines: readonly string[]) =>
      at < 0 ? lines.length : lines.slice(Math.max(0, at - 20), at + 1);
    expect({ seed, lines: part(given) }).toEqual({ seed, lines: part(expected) });
  }
});
