import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Findings, figure, type PartOptions, type Row } from "./report.ts";
import { median } from "./statistics.ts";
import type { Way } from "./wasm-arm.ts";
import { type Arm, RUNTIMES, runArm } from "./wasm-arms.ts";

// Of raw pictures a file is as large as wanted without taking long to decode.
const WIDTH = 1280;
const HEIGHT = 720;
const FRAME_BYTES = (WIDTH * HEIGHT * 3) / 2;
const SIZES = [10e6, 300e6, 2.5e9];
const WAYS = [
  { way: "copy", mostBytes: 350e6 },
  { way: "slices", mostBytes: 450e6 },
] as const;
/** How much more the last quarter of a long run may take than the one after the first. */
const FLAT = 1.1;
const LONG_BYTES_MIN = 1e9;
/** Shorter ones are not sliced. */
const SLICED_BYTES_MIN = 270e6;

async function makeRaw(path: string, sizeBytes: number): Promise<void> {
  const picture = `testsrc2=size=${WIDTH}x${HEIGHT}:rate=30`;
  const frames = ["-frames:v", String(Math.ceil(sizeBytes / FRAME_BYTES))];
  const raw = ["-pix_fmt", "yuv420p", "-c:v", "rawvideo", "-f", "matroska"];
  const args = ["-nostdin", "-v", "error", "-f", "lavfi", "-i", picture, ...frames, ...raw, path];
  await promisify(execFile)("ffmpeg", args);
}

/** The growth from the second quarter of a run to its last. */
function growthOf({ resident }: Arm): number {
  const quarter = Math.floor(resident.length / 4);
  const [early, late] = [resident.slice(quarter, 2 * quarter), resident.slice(3 * quarter)];
  return median(late) / median(early);
}

/** How much memory the process takes while this engine copies and encodes sources of several sizes, on each runtime. */
export async function measureWasmMemory({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const rows: Row[] = [];
  const facts: object[] = [];
  for (const sizeBytes of isQuick ? SIZES.slice(0, 2) : SIZES) {
    const source = join(scratch, "raw.mkv");
    await makeRaw(source, sizeBytes);
    for (const runtime of RUNTIMES)
      for (const { way, mostBytes } of WAYS) {
        const ours: Way = way === "slices" && sizeBytes < SLICED_BYTES_MIN ? "whole" : way;
        const size = { width: 320, height: 180, preset: "veryfast" };
        const order = { scratch, source, ...size, ways: [ours], rounds: 1 };
        const arm = await runArm(runtime, order);
        const growth = growthOf(arm);
        const isLong = sizeBytes >= LONG_BYTES_MIN;
        const name = way === "copy" ? "copy" : "encode";
        const shown = `${figure(sizeBytes / 1e6)} MB`;
        say(
          `${runtime}, ${name} of ${shown}: peak ${figure(arm.peak / 1e6)} MB, growth ${figure(growth)}`,
        );
        facts.push({
          runtime,
          way: ours,
          sizeBytes,
          peak: arm.peak,
          growth,
          seconds: arm.median(ours),
        });
        rows.push({
          key: `wasm.${runtime}.${name}.${sizeBytes / 1e6}`,
          what: `${runtime}: ${name} of a source of ${shown}: peak of the process, and its growth`,
          ours: `${figure(arm.peak / 1e6)} MB${isLong ? `, ${figure(growth)} x` : ""}`,
          peer: "",
          bar: `≤ ${figure(mostBytes / 1e6)} MB${isLong ? ", flat" : ""}`,
          isMet: arm.peak <= mostBytes && (!isLong || growth <= FLAT),
        });
      }
    rmSync(source);
  }
  return { rows, facts: { runs: facts } };
}
