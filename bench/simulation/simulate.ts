import { parseArgs } from "node:util";
import { APART_MS } from "../../src/queue/postgres/wake-ups.ts";
import type { ServerOptions } from "./database-model.ts";
import measured from "./measured.json" with { type: "json" };
import { reportOf, STEP_HEAD, stepOf, tableOf } from "./report.ts";
import { Simulation, type SimulationOptions } from "./simulation.ts";

const USAGE = `Usage: bun run simulate:fleet [--sweep] [OPTION VALUE]...

A day of a fleet in virtual time: the product's own loops, turns and transitions over memory, on a server that costs what
bench/simulation/measured.json says. The same options give the same numbers.

  --tasks 1000000       tasks of the day
  --workers 1000        workers, and --slots 1 of each
  --hours 24            how long the day is
  --lease 6             PONTUS_LEASE_SECONDS
  --death-hours 24      how long a worker lives, on average
  --cores 8             cores of the server
  --round-trip 0.5      ms from a node to the server and back
  --sync 1              ms that its disk takes to sync
  --apart 5             ms between two idle workers that look for the same work; 0 is all at once
  --connections 1000    max_connections of the server
  --seed 1
  --sweep               fleets of 10 to 10,000 workers, and shorter and shorter runs, five minutes each: what breaks first
`;

/** The flags that take a number, with what they are without one. */
const FLAGS = {
  tasks: 1_000_000,
  workers: 1_000,
  slots: 1,
  hours: 24,
  lease: 6,
  "death-hours": 24,
  cores: 8,
  "round-trip": 0.5,
  sync: 1,
  apart: APART_MS,
  connections: 1_000,
  seed: 1,
} as const;
type Flags = Record<keyof typeof FLAGS, number>;

/** How long a run is on average, in seconds, and what part of the slots is to be busy in a sweep. */
const RUN_SECONDS = 55;
const BUSY = 0.85;
const SWEEP_MS = 300_000;
const SWEPT_WORKERS = [10, 100, 1_000, 3_000, 10_000];
const SWEPT_LENGTHS = [0.3, 0.1, 0.03, 0.01];

function readFlags(): { readonly flags: Flags; readonly isSweep: boolean } {
  try {
    const names = Object.keys(FLAGS) as (keyof Flags)[];
    const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
    const { values } = parseArgs({ options: { ...options, sweep: { type: "boolean" } } });
    const flags = Object.fromEntries(
      names.map((name) => [
        name,
        Number((values as Readonly<Record<string, unknown>>)[name] ?? FLAGS[name]),
      ]),
    ) as Flags;
    if (
      Object.entries(flags).every(([name, value]) => value > 0 || (name === "apart" && value === 0))
    )
      return { flags, isSweep: values.sweep === true };
  } catch {
    // Told below.
  }
  process.stderr.write(USAGE);
  process.exit(2);
}

const { flags, isSweep } = readFlags();
const { calls, noticeMs, listenerMs } = measured;
const server: ServerOptions = {
  cores: flags.cores,
  roundTripMs: flags["round-trip"],
  syncMs: flags.sync,
  noticeMs,
  listenerMs,
  costs: calls,
};
const options: SimulationOptions = {
  ...{ seed: flags.seed, tasks: flags.tasks, workers: flags.workers, slots: flags.slots, server },
  dayMs: flags.hours * 3_600_000,
  leaseMs: flags.lease * 1_000,
  apartMs: flags.apart,
  deathMs: flags["death-hours"] * 3_600_000,
};

async function simulate(each: SimulationOptions): Promise<Simulation> {
  const startMs = performance.now();
  const simulation = new Simulation(each);
  await simulation.run();
  const tookSeconds = Math.round((performance.now() - startMs) / 100) / 10;
  process.stderr.write(`${each.workers} workers, ${each.tasks} tasks: ${tookSeconds} s\n`);
  return simulation;
}

async function sweep(): Promise<void> {
  const { slots } = options;
  const steps = [
    ...SWEPT_WORKERS.map((workers) => ({ workers, lengths: 1 })),
    ...SWEPT_LENGTHS.map((lengths) => ({ workers: flags.workers, lengths })),
  ];
  const rows: (readonly string[])[] = [];
  for (const { workers, lengths } of steps) {
    const perSecond = (BUSY * workers * slots) / (RUN_SECONDS * lengths);
    const tasks = Math.ceil((perSecond * SWEEP_MS) / 1_000);
    const step = {
      ...options,
      workers,
      lengths,
      tasks,
      dayMs: SWEEP_MS,
      isEven: true,
      endsWithDay: true,
    };
    const taskSeconds = RUN_SECONDS * lengths;
    rows.push(stepOf(await simulate(step), step, { ...flags, taskSeconds }));
  }
  process.stdout.write(`${tableOf(STEP_HEAD, rows)}\n`);
}

if (isSweep) await sweep();
else process.stdout.write(`${reportOf(await simulate(options), options)}\n`);
