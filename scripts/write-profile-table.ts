import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { askPrograms } from "../src/engine/native/native-capabilities.ts";
import { WasmEngine } from "../src/engine/wasm/wasm.ts";
import type { Capabilities } from "../src/plan/plan.ts";
import { bringFfmpeg, SUITES } from "./debian-ffmpegs.ts";
import { ENGINES_FILE, measuredEngines, whatIsAsked } from "./profile-table/engines.ts";
import { hardwareTable } from "./profile-table/hardware.ts";
import { askAll, profileTable, withProfileTable } from "./profile-table/table.ts";

// Writes the tables of what profiles carry into the pages that have the markers for them. With `--measure`, what all engines can do is
// measured anew first: this machine's FFmpeg, those that `verify:ffmpegs` brings, and the WebAssembly core.

const LIMITS = { maxPixels: 1, probeTimeoutMs: 60_000, stallTimeoutMs: 60_000, graceMs: 1000 };

/** What of an engine's capabilities decides what the tables say. */
const askedOf = (title: string, capabilities: Capabilities) =>
  [title, whatIsAsked(capabilities, (of) => askAll(title, of))] as const;

async function measureNative(folder: string): Promise<ReturnType<typeof askedOf>> {
  const programs = ["ffmpeg", "ffprobe"].map((name) => join(folder, name));
  const told = await askPrograms(programs[0] ?? "", programs[1] ?? "");
  const version = told.version.split(".").slice(0, 2).join(".");
  return askedOf(`FFmpeg ${version}`, { ...told, threads: 1 });
}

async function measure(): Promise<void> {
  const measured = [await measureNative("")];
  for (const { suite } of SUITES)
    measured.push(await measureNative((await bringFfmpeg(suite)).bin));
  const core = await WasmEngine.open(LIMITS);
  measured.push(askedOf("WebAssembly", core.capabilities));
  await core.close();
  writeFileSync(ENGINES_FILE, `${JSON.stringify(Object.fromEntries(measured), null, 2)}\n`);
}

if (process.argv.includes("--measure")) await measure();

/** Writes tables between the markers of a page. */
function write(name: "profiles" | "hardware", table: string): void {
  const page = new URL(`../docs/${name}.md`, import.meta.url);
  const written = withProfileTable(readFileSync(page, "utf8"), table, name);
  if (written === undefined)
    throw new Error(`Cannot write the tables: docs/${name}.md has no markers`);
  writeFileSync(page, written);
}

const engines = measuredEngines();
write("profiles", profileTable(engines));
write("hardware", hardwareTable(engines["FFmpeg 7.1"]));
