import { once } from "node:events";
import { join } from "node:path";
import { DENO_PROGRAM } from "../test/fixtures/runtimes.ts";
import { memoryBytesOf, ROOT, start } from "./processes.ts";
import { median } from "./statistics.ts";
import type { ArmAnswer, ArmOrder, Way } from "./wasm-arm.ts";

/** The runtimes that are measured. */
export const RUNTIMES = ["Bun", "Deno"] as const;

/** One of them. */
export type RuntimeName = (typeof RUNTIMES)[number];

const SAMPLE_MS = 100;

/** The command that runs a script of the repository under a runtime, loading another one before it where that is given. */
export function commandOf(
  runtime: RuntimeName,
  script: string,
  preload?: string,
): readonly [string, ...string[]] {
  const before =
    preload === undefined
      ? []
      : [runtime === "Bun" ? `--preload=./${preload}` : `--preload=${preload}`];
  return runtime === "Bun"
    ? [process.execPath, ...before, script]
    : [join(ROOT, DENO_PROGRAM), "run", "-A", ...before, script];
}

/** What an arm did: the seconds of each way's runs, and the memory of its process. */
export type Arm = {
  readonly seconds: (way: Way) => readonly number[];
  readonly median: (way: Way) => number;
  /** Bytes, resident: each 100 ms from the first run on, and the most there ever were. */
  readonly resident: readonly number[];
  readonly peak: number;
  /** From the start of the process to the end of its first run. */
  readonly firstSeconds: number;
};

/** Nothing once the process has ended. */
function memoryNow(pid: number, field: "VmRSS" | "VmHWM"): number | undefined {
  try {
    const bytes = memoryBytesOf(pid, field);
    return Number.isNaN(bytes) ? undefined : bytes;
  } catch {
    return undefined;
  }
}

/** Runs an order in a process of its own. */
export async function runArm(runtime: RuntimeName, order: ArmOrder): Promise<Arm> {
  const [program, ...args] = commandOf(runtime, "bench/wasm-arm.ts");
  const startMs = performance.now();
  const child = start(program, [...args, JSON.stringify(order)]);
  const pid = child.pid ?? 0;
  const answers: Exclude<ArmAnswer, { readonly ready: true }>[] = [];
  const resident: number[] = [];
  let peak = 0;
  let firstSeconds = Number.NaN;
  const sample = setInterval(() => {
    const [now, most] = [memoryNow(pid, "VmRSS"), memoryNow(pid, "VmHWM")];
    if (now !== undefined) resident.push(now);
    peak = most ?? peak;
  }, SAMPLE_MS);
  let rest = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const answer = JSON.parse(line) as ArmAnswer;
      if ("ready" in answer) resident.length = 0;
      else if (answers.push(answer) === 1) firstSeconds = (performance.now() - startMs) / 1000;
    }
  });
  const [code] = (await once(child, "close")) as [number | null];
  clearInterval(sample);
  if (code !== 0) throw new Error(`Cannot go on: an arm on ${runtime} ended with ${code}`);
  const seconds = (way: Way) =>
    answers.filter((answer) => answer.way === way).map((answer) => answer.seconds);
  return { seconds, median: (way) => median(seconds(way)), resident, peak, firstSeconds };
}
