import { execFile } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { readCapabilities } from "../../src/engine/native-capabilities.ts";
import { probeFile } from "../../src/engine/native-probe.ts";
import type { Capabilities, Expectation, Plan } from "../../src/plan/plan.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import { judgeOutput } from "../../src/plan/verify.ts";
import type { MediaInfo } from "../../src/probe/media.ts";
import type { Rendition } from "../../src/profile/profile.ts";
import type { Clip } from "../../src/task/task.ts";
import { tempFolder } from "../fixtures/clips.ts";

const run = promisify(execFile);
let known: Promise<Capabilities> | undefined;

/** What came of a plan: the probed source, and each product with its probe and absolute path. */
export type Made = {
  readonly source: MediaInfo;
  readonly plan: Plan;
  readonly folder: string;
  readonly outputs: readonly MediaInfo[];
};

/** Probes a real file, all packets counted. */
export function probe(path: string, side: "source" | "output"): Promise<MediaInfo> {
  const options = { ffprobe: "ffprobe", maxPixels: 36e6, probeTimeoutMs: 60_000, graceMs: 100 };
  return probeFile(options, { path, side, packets: true }, new AbortController().signal);
}

/** Plans for a real file, and runs the steps as they stand with the machine's ffmpeg. */
export async function runPlan(
  path: string,
  renditions: readonly Rendition[],
  clip?: Clip,
): Promise<Made> {
  known ??= readCapabilities("ffmpeg", "ffprobe", 2);
  const source = await probe(path, "source");
  const assignments = renditions.map((rendition, index) => ({ rendition, targets: [index] }));
  const plan = planTask({ assignments, tag: "t1", ...(clip && { clip }) }, source, await known);
  const folder = tempFolder();
  symlinkSync(path, join(folder, "input"));
  for (const { args, writes } of plan.steps) {
    for (const name of writes) mkdirSync(dirname(join(folder, name)), { recursive: true });
    await run("ffmpeg", ["-nostdin", "-hide_banner", "-v", "error", ...args], { cwd: folder });
  }
  const outputs: MediaInfo[] = [];
  for (const { entry } of plan.products) outputs.push(await probe(join(folder, entry), "output"));
  return { source, plan, folder, outputs };
}

/** As `runPlan`, and judges each output as the worker does. */
export async function runAndJudge(
  path: string,
  renditions: readonly Rendition[],
  clip?: Clip,
): Promise<Made> {
  const made = await runPlan(path, renditions, clip);
  made.outputs.forEach((output, index) => {
    judgeOutput(made.plan.products[index]?.expect as Expectation, output, made.source);
  });
  return made;
}
