import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { RESULTS, readArguments, runPart } from "./parts.ts";
import { type Findings, type PartOptions, type Row, tableOf } from "./report.ts";

type Part = (options: PartOptions) => Promise<Findings>;

/**
 * The parts, in the order of the table; each is loaded when it is run. What a part finds stands in docs/operations.md, in a line
 * that ends with its name.
 */
const PARTS: Readonly<Record<string, () => Promise<Part>>> = {
  strangers: async () => (await import("./soak/strangers.ts")).soakStrangers,
  flood: async () => (await import("./soak/flood.ts")).soakFlood,
  streams: async () => (await import("./soak/streams.ts")).soakStreams,
  media: async () => (await import("./soak/media.ts")).soakMedia,
  schedules: async () => (await import("./soak/schedules.ts")).soakSchedules,
  kills: async () => (await import("./soak/kills.ts")).soakKills,
  fleet: async () => (await import("./soak/fleet.ts")).soakFleet,
  retention: async () => (await import("./soak/retention.ts")).soakRetention,
};
const NAMES = Object.keys(PARTS);

const USAGE = `Usage: bun run soak [--only ${NAMES.join("|")}]... [--quick]

Wears the real service out, for minutes, by what verify tests for seconds; prints a table and writes bench/results/soak.json.
It ends with 1 where a bar is not met.
`;

const { only, isQuick } = readArguments(NAMES, USAGE);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const findings: Record<string, Findings> = {};
for (const [name, load] of Object.entries(PARTS))
  if (only.includes(name)) findings[name] = await runPart(name, await load(), isQuick);
const rows: readonly Row[] = Object.values(findings).flatMap((found) => found.rows);
const file = join(RESULTS, "soak.json");
writeFileSync(file, `${JSON.stringify({ isQuick, findings }, null, 2)}\n`);
process.stdout.write(`${tableOf(rows)}\n`);
process.exitCode = rows.some(({ isMet }) => isMet === false) ? 1 : 0;
