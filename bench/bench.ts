import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureCreates } from "./creates.ts";
import { measureDelivery } from "./delivery.ts";
import { measureLadder } from "./ladder.ts";
import { measureLatency } from "./latency.ts";
import { measureLive } from "./live.ts";
import { measureLoss } from "./loss.ts";
import { ROOT } from "./processes.ts";
import { redisVersion } from "./redis.ts";
import { type Findings, type PartOptions, type Row, tableOf } from "./report.ts";
import { measureRows } from "./rows.ts";
import { measureStart } from "./start.ts";
import { measureTasks } from "./tasks.ts";
import { measureVerify } from "./verify.ts";
import { measureWasmApi } from "./wasm-api.ts";
import { measureWasmFilm } from "./wasm-film.ts";
import { measureWasmMemory } from "./wasm-memory.ts";
import { measureWasmSpeed } from "./wasm-speed.ts";

/** The parts, in the order of the table. */
const PARTS: Readonly<Record<string, (options: PartOptions) => Promise<Findings>>> = {
  creates: measureCreates,
  loss: measureLoss,
  tasks: measureTasks,
  verify: measureVerify,
  ladder: measureLadder,
  latency: measureLatency,
  start: measureStart,
  rows: measureRows,
  delivery: measureDelivery,
  "wasm-speed": measureWasmSpeed,
  "wasm-memory": measureWasmMemory,
  "wasm-film": measureWasmFilm,
  "wasm-api": measureWasmApi,
  live: measureLive,
};
const NAMES = Object.keys(PARTS);
const RESULTS = join(ROOT, "bench", "results");
/** What statfs(2) says of a tmpfs, where a commit costs nothing. */
const TMPFS = 0x01021994;

/** Processes that ran on average in the last minute: with more, times tell of the others too. */
const LOAD_MAX = 0.5;

const USAGE = `Usage: bun run bench [--only ${NAMES.join("|")}]... [--quick]

Measures what bench/README.md claims, side by side, on this machine; prints a table and writes bench/results/bench.json.
`;

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string", multiple: true },
        quick: { type: "boolean", default: false },
      },
    });
    const asked = values.only?.flatMap((names) => names.split(",")) ?? NAMES;
    // `wasm` is all of it.
    const groups = asked.map((name) =>
      NAMES.filter((each) => each === name || each.startsWith(`${name}-`)),
    );
    const isKnown = groups.every((names) => names.length > 0);
    if (isKnown) return { only: groups.flat(), isQuick: values.quick };
  } catch {
    // Told below.
  }
  process.stderr.write(USAGE);
  process.exit(2);
}

async function runPart(name: string, isQuick: boolean): Promise<Findings> {
  // Beside the results, not in the system's folder for temporary files: that one is often in memory.
  const scratch = mkdtempSync(join(RESULTS, "scratch-"));
  const tidy = () => rmSync(scratch, { recursive: true, force: true });
  process.once("exit", tidy);
  try {
    const say = (text: string) => process.stderr.write(`${name}: ${text}\n`);
    return (await PARTS[name]?.({ isQuick, scratch, say })) ?? { rows: [], facts: {} };
  } finally {
    process.off("exit", tidy);
    tidy();
  }
}

const { only, isQuick } = readArguments();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
mkdirSync(RESULTS, { recursive: true });
if (statfsSync(RESULTS).type === TMPFS)
  process.stderr.write("Beware: this folder is in memory, so that durable writes cost nothing\n");
const [load = 0] = loadavg();
if (load > LOAD_MAX)
  process.stderr.write(
    `Beware: the machine is busy (load ${load.toFixed(1)}), trust CPU and ratios\n`,
  );
const startedAt = new Date().toISOString();
const findings: Record<string, Findings> = {};
for (const name of NAMES.filter((name) => only.includes(name)))
  findings[name] = await runPart(name, isQuick);
const rows: readonly Row[] = Object.values(findings).flatMap((found) => found.rows);
const machine = {
  cpu: cpus()[0]?.model,
  cores: availableParallelism(),
  memoryBytes: totalmem(),
  kernel: release(),
  bun: process.versions["bun"],
  ffmpeg: /version (\S+)/.exec(
    spawnSync("ffmpeg", ["-version"], { encoding: "utf8" }).stdout ?? "",
  )?.[1],
  redis: redisVersion(),
  load,
};
const facts = Object.fromEntries(
  Object.entries(findings).map(([name, found]) => [name, found.facts]),
);
const file = join(RESULTS, "bench.json");
writeFileSync(file, `${JSON.stringify({ startedAt, isQuick, machine, rows, facts }, null, 2)}\n`);
process.stdout.write(`${tableOf(rows)}\n`);
