import { execFile } from "node:child_process";
import { basename, dirname } from "node:path";
import { promisify } from "node:util";

// Loaded before anything is installed: packages are imported only once they are used.

const CLIP_TIMEOUT_MS = 60_000;
const STOP_MS = 1_000;

/** How ffmpeg is run: the program of this machine, or WebAssembly in this process. */
export type ClipMaker = "native" | "wasm";

/** Makes some seconds of moving picture and sound, for the demo shall need no file of its viewer's. */
export async function makeClip(
  path: string,
  { size, seconds = 10 }: { readonly size: string; readonly seconds?: number },
  maker: ClipMaker,
  stopped: AbortSignal,
): Promise<void> {
  const picture = `testsrc2=size=${size}:rate=30:duration=${seconds}`;
  const sound = `sine=frequency=440:sample_rate=48000:duration=${seconds}`;
  const inputs = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound];
  const video = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"];
  const args = ["-nostdin", "-v", "error", ...inputs, ...video, "-c:a", "aac", basename(path)];
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(CLIP_TIMEOUT_MS)]);
  const folder = dirname(path);
  if (maker === "native") await promisify(execFile)("ffmpeg", args, { cwd: folder, signal });
  else await runCore(args, folder, signal);
}

/** Runs the ffmpeg of the package `@ffmpeg/core` in a folder, as the service does. */
async function runCore(
  args: readonly string[],
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const { loadCore } = await import("../src/engine/wasm/wasm-core.ts");
  const { WasmThread } = await import("../src/engine/wasm/wasm-thread.ts");
  const thread = await WasmThread.start(await loadCore({}));
  try {
    const mount = { folder, files: {} };
    const run = { program: "ffmpeg", args, mount, onStdout: () => {} } as const;
    const { code, stderr } = await thread.run(run, STOP_MS, signal);
    if (code !== 0) throw new Error(`Cannot make the clip: ${stderr}`);
  } finally {
    await thread.end();
  }
}
