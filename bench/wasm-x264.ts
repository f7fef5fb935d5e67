// What x264's choices for WebAssembly cost and keep, beside `veryfast` alone, in the core itself:
//   bun bench/wasm-x264.ts FILM...
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { loadCore } from "../src/engine/wasm/wasm-core.ts";
import { WasmThread } from "../src/engine/wasm/wasm-thread.ts";
import { LEAN_PARAMS } from "../src/plan/encode/engine/lean-x264.ts";

/** Of each film, from its beginning, in 360p at 25 pictures a second. */
const SECONDS = 8;
const SHAPE =
  "scale=640:360:force_original_aspect_ratio=decrease:force_divisible_by=2,fps=25,format=yuv420p";
const KILOBITS = [300, 800];
const TIMEOUT_MS = 600_000;
const GRACE_MS = 1_000;
const ARMS = [
  ["veryfast", []],
  ["lean", ["-x264-params", LEAN_PARAMS.join(":")]],
] as const;

const folder = mkdtempSync(join(tmpdir(), "pontus-x264-"));
mkdirSync(join(folder, "0"));
const [raw, made] = [join(folder, "raw.y4m"), join(folder, "0", "made.mkv")];
const core = await loadCore({});

function ffmpeg(...args: string[]): void {
  execFileSync("ffmpeg", ["-nostdin", "-v", "error", "-y", ...args]);
}

/** SSIM to what went in, 0 to 1. */
function ssim(): string {
  const args = ["-nostdin", "-hide_banner", "-i", made, "-i", raw, "-lavfi", "ssim"];
  const { stderr } = spawnSync("ffmpeg", [...args, "-f", "null", "-"], { encoding: "utf8" });
  return Number(/All:([\d.]+)/.exec(stderr)?.[1]).toFixed(4);
}

/** @returns CPU seconds of an encode */
async function encode(kilobits: number, more: readonly string[]): Promise<number> {
  const thread = await WasmThread.start(core);
  const before = process.cpuUsage();
  const rate = ["-b:v", `${kilobits}k`, "-maxrate", `${kilobits}k`, "-bufsize", `${2 * kilobits}k`];
  const gop = ["-g", "50", "-keyint_min", "50", "-sc_threshold", "0"];
  const encoder = ["-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high"];
  const { code } = await thread.run(
    {
      program: "ffmpeg",
      args: ["-v", "error", "-i", "input", ...encoder, ...rate, ...gop, ...more, "0/made.mkv"],
      mount: { folder, files: { input: raw } },
      onStdout: () => {},
      onStderrLine: () => {},
    },
    GRACE_MS,
    AbortSignal.timeout(TIMEOUT_MS),
  );
  const { user, system } = process.cpuUsage(before);
  await thread.end();
  if (code !== 0) throw new Error(`Cannot encode: the core's ffmpeg ended with ${code}`);
  return (user + system) / 1e6;
}

console.log("| film | kbit/s | choices | CPU | SSIM | bytes |");
console.log("| --- | --- | --- | --- | --- | --- |");
try {
  for (const film of process.argv.slice(2)) {
    ffmpeg("-i", film, "-an", "-t", String(SECONDS), "-vf", SHAPE, raw);
    for (const kilobits of KILOBITS)
      for (const [arm, more] of ARMS) {
        rmSync(made, { force: true });
        const cells = [(await encode(kilobits, more)).toFixed(2), ssim(), statSync(made).size];
        console.log(`| ${[basename(film), kilobits, arm, ...cells].join(" | ")} |`);
      }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
