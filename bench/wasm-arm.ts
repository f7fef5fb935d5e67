import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { FFmpeg } from "../node_modules/@ffmpeg/ffmpeg/dist/esm/index.js";
import { WasmEngine } from "../src/engine/wasm/wasm.ts";
import type { Step } from "../src/plan/plan.ts";
import { planTask } from "../src/plan/plan-task.ts";
import { aRendition, aVideo } from "../test/plan/builders.ts";

// A process of its own for each runtime: wasm-arm.ts ORDER as JSON; answers are lines of JSON on stdout.

/** What an arm is to do. */
export type ArmOrder = {
  /** Absolute path of a folder to work in. */
  readonly scratch: string;
  /** Absolute path of the source. */
  readonly source: string;
  readonly width: number;
  readonly height: number;
  readonly preset: string;
  /** One run of each, in this order, so often. */
  readonly ways: readonly Way[];
  readonly rounds: number;
};

/**
 * How the source is transcoded: by this engine whole, its pictures decoded alone or scaled too, its sound alone, in slices, its first frame
 * alone or as a copy; by ffmpeg; as published.
 */
export type Way =
  | "whole"
  | "decoded"
  | "scaled"
  | "sound"
  | "slices"
  | "frame"
  | "copy"
  | "native"
  | "native-1"
  | "native-frame"
  | "published"
  | "published-frame";

/** That all is ready for the first run; then one run each. */
export type ArmAnswer = { readonly ready: true } | { readonly way: Way; readonly seconds: number };

const LIMITS = {
  maxPixels: 36_000_000,
  stallTimeoutMs: 60_000,
  graceMs: 1_000,
  probeTimeoutMs: 60_000,
};
const never = new AbortController().signal;
const order = JSON.parse(process.argv[2] ?? "") as ArmOrder;
const say = (answer: object): void => console.log(JSON.stringify(answer));
const ONE_FRAME = ["-frames:v", "1", "-an"];

/** The arguments of a step, with the order's preset and more options before the output. */
const argsOf = ({ args }: Pick<Step, "args">, ...more: readonly string[]): string[] => {
  const changed = args.map((arg, at) => (args[at - 1] === "-preset" ? order.preset : arg));
  return [...changed.slice(0, -1), ...more, changed.at(-1) ?? ""];
};

async function plan(engine: WasmEngine): Promise<Step> {
  const { source, width, height } = order;
  const media = await engine.probe({ path: source, side: "source" }, never);
  const video = aVideo({ width, height, bitrateBps: 600_000, gop: { frames: 50 } });
  const rendition = aRendition({ video, ...(!media.audio && { audio: "none" as const }) });
  const request = { assignments: [{ rendition, targets: [0] }], tag: "bench" };
  const [step] = planTask(request, media, engine.capabilities).steps;
  if (!step) throw new Error("Cannot go on: nothing is planned");
  return step;
}

function sliced(step: Step): Step {
  if (!step.sliced) throw new Error(`Cannot go on: not in slices, as ${step.whole}`);
  const parts = step.sliced.parts.map((part) => ({ ...part, args: argsOf(part) }));
  return { ...step, sliced: { ...step.sliced, parts } };
}

const whole = ({ sliced: _, ...step }: Step, ...more: readonly string[]): Step => ({
  ...step,
  args: argsOf(step, ...more),
});

const COPY: Step = {
  name: "copy",
  args: ["-i", "input", "-map", "0:v", "-c", "copy", "-f", "matroska", "0/out.mkv"],
  writes: ["0/out.mkv"],
  share: 1,
};

/** What the pictures of a slice take before they are encoded, or up to their scaling; nothing is written. */
function unencoded({ sliced: _, args, ...step }: Step, isScaled: boolean): Step {
  const filter = args[args.indexOf("-vf") + 1] ?? "";
  const filters = isScaled ? ["-vf", filter] : [];
  const pictures = ["-f", "mov", "-i", "input", "-map", "0:0", ...filters];
  return { ...step, args: [...pictures, "-f", "null", "0/nothing"], writes: ["0/nothing"] };
}

/** The sound of a sliced encode, which is its last part. */
function sound({ sliced, ...step }: Step): Step {
  const part = sliced?.parts.at(-1);
  if (!part?.isLight) throw new Error("Cannot go on: no sound is encoded");
  return { ...step, args: part.args, writes: part.writes };
}

async function runNative(step: Step, folder: string, ...before: readonly string[]): Promise<void> {
  const args = step.args.map((arg) => (arg === "input" ? order.source : arg));
  await promisify(execFile)("ffmpeg", ["-nostdin", "-v", "error", ...before, ...args], {
    cwd: folder,
  });
}

/** The way that the package's own documentation shows: the file goes into memory, is transcoded there, and comes out again. */
async function runPublished(step: Step, folder: string): Promise<void> {
  const ffmpeg = new FFmpeg();
  const core = import.meta.resolve("@ffmpeg/core");
  const classWorkerURL = new URL("published-worker.ts", import.meta.url).href;
  await ffmpeg.load({
    classWorkerURL,
    coreURL: core,
    wasmURL: new URL("ffmpeg-core.wasm", core).href,
  });
  await ffmpeg.writeFile("input", new Uint8Array(readFileSync(order.source)));
  await ffmpeg.createDir("0");
  const code = await ffmpeg.exec(["-nostdin", ...step.args]);
  const made = await ffmpeg.readFile(step.args.at(-1) ?? "");
  if (code !== 0) throw new Error(`Cannot compare: the published way ended with ${code}`);
  writeFileSync(join(folder, "0", "out.mp4"), made);
  ffmpeg.terminate();
}

async function run(engine: WasmEngine, step: Step, way: Way, folder: string): Promise<void> {
  const inputPath = order.source;
  const onNothing = () => {};
  const runHere = (own: Step) =>
    engine.run({ step: own, folder, inputPath, onProgress: onNothing, onLog: onNothing }, never);
  switch (way) {
    case "whole":
      return await runHere(whole(step));
    case "decoded":
      return await runHere(unencoded(step, false));
    case "scaled":
      return await runHere(unencoded(step, true));
    case "sound":
      return await runHere(sound(step));
    case "slices":
      return await runHere(sliced(step));
    case "frame":
      return await runHere(whole(step, ...ONE_FRAME));
    case "copy":
      return await runHere(COPY);
    case "native":
      return await runNative(whole(step), folder);
    case "native-1":
      return await runNative(
        whole(step, "-threads", "1"),
        folder,
        "-threads",
        "1",
        "-filter_threads",
        "1",
      );
    case "native-frame":
      return await runNative(whole(step, ...ONE_FRAME), folder);
    case "published":
      return await runPublished(whole(step), folder);
    case "published-frame":
      return await runPublished(whole(step, ...ONE_FRAME), folder);
  }
}

const engine = await WasmEngine.open(LIMITS);
await engine.standBy(order.scratch);
const step = await plan(engine);
say({ ready: true });
for (let round = 0; round < order.rounds; round += 1)
  for (const way of order.ways) {
    const folder = mkdtempSync(join(order.scratch, "run-"));
    mkdirSync(join(folder, "0"));
    const startMs = performance.now();
    await run(engine, step, way, folder);
    say({ way, seconds: (performance.now() - startMs) / 1000 } satisfies ArmAnswer);
    rmSync(folder, { recursive: true });
  }
await engine.close();
process.exit(0);
