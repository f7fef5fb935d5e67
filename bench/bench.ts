import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statfsSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { measureAgainst } from "./against.ts";
import { measureCli } from "./cli.ts";
import { measureCreates } from "./creates.ts";
import { measureDashboard } from "./dashboard.ts";
import { measureDelivery } from "./delivery.ts";
import { parseResults, withRelease } from "./figures.ts";
import { measureFleetStart } from "./fleet/start.ts";
import { measureFleet } from "./fleet.ts";
import { measureFleetSlices } from "./fleet-slices.ts";
import { measureGrowing } from "./growing.ts";
import { measureLadder } from "./ladder.ts";
import { measureLatency } from "./latency.ts";
import { measureLive } from "./live.ts";
import { measureLoss } from "./loss.ts";
import { RESULTS, readArguments, runPart } from "./parts.ts";
import { ROOT } from "./processes.ts";
import { measureQuality } from "./quality.ts";
import { redisVersion } from "./redis.ts";
import { type Findings, type PartOptions, type Row, tableOf } from "./report.ts";
import { measureResume, measureTwoPasses } from "./resume.ts";
import { measureReuse } from "./reuse.ts";
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
  reuse: measureReuse,
  cli: measureCli,
  verify: measureVerify,
  ladder: measureLadder,
  growing: measureGrowing,
  quality: measureQuality,
  latency: measureLatency,
  start: measureStart,
  rows: measureRows,
  dashboard: measureDashboard,
  delivery: measureDelivery,
  "wasm-speed": measureWasmSpeed,
  "wasm-memory": measureWasmMemory,
  "wasm-film": measureWasmFilm,
  "wasm-api": measureWasmApi,
  live: measureLive,
  resume: measureResume,
  "two-passes": measureTwoPasses,
  fleet: measureFleet,
  "fleet-start": measureFleetStart,
  "fleet-slices": measureFleetSlices,
};
const NAMES = Object.keys(PARTS);
/** What statfs(2) says of a tmpfs, where a commit costs nothing. */
const TMPFS = 0x01021994;

/** Processes that ran on average in the last minute: with more, times tell of the others too. */
const LOAD_MAX = 0.5;

const USAGE = `Usage: bun run bench [--only ${NAMES.join("|")}]... [--quick] [--history NAME]
       bun run bench [--only …]... [--quick] --against REVISION [--rounds N]

Measures what bench/README.md claims, side by side, on this machine; prints a table and writes bench/results/bench.json.
--history writes the line of a release into bench/history.md; what this run has not measured stays in a line that is there.
--against builds a worktree of a revision, and both trees measure by turns, each part twice or in so many rounds.
`;

const { only, isQuick, more } = readArguments(NAMES, USAGE, ["against", "rounds", "history"]);
const rounds = Number(more["rounds"] ?? 2);
const named = more["history"];
// Of a quick run nothing is kept for good.
const isRelease = named === undefined || (/^[\w.-]+$/.test(named) && !isQuick);
const isSound = isRelease && (more["against"] === undefined ? more["rounds"] : named) === undefined;
if (!isSound || !Number.isInteger(rounds) || rounds < 1) {
  process.stderr.write(USAGE);
  process.exit(2);
}
if (more["against"] !== undefined) {
  await measureAgainst({ revision: more["against"], only, isQuick, rounds });
  process.exit(0);
}
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
for (const [name, measure] of Object.entries(PARTS))
  if (only.includes(name)) findings[name] = await runPart(name, measure, isQuick);
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
const described = spawnSync("git", ["describe", "--always", "--dirty", "--exclude=*"], {
  cwd: ROOT,
  encoding: "utf8",
}).stdout;
const commit = described?.trim() || "unknown";
const results = { startedAt, commit, isQuick, machine, rows, facts };
const text = `${JSON.stringify(results, null, 2)}\n`;
writeFileSync(join(RESULTS, "bench.json"), text);
if (named !== undefined) {
  const page = join(import.meta.dirname, "history.md");
  writeFileSync(page, withRelease(readFileSync(page, "utf8"), named, parseResults(text)));
}
process.stdout.write(`${tableOf(rows)}\n`);
