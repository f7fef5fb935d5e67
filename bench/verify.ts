import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { NativeEngine } from "../src/engine/native/native.ts";
import type { Expectation } from "../src/plan/plan.ts";
import { planTask } from "../src/plan/plan-task.ts";
import { assignRenditions } from "../src/profile/assign.ts";
import { systemProfile } from "../src/profile/system-profiles.ts";
import { probeWithEnd } from "../src/worker/output/verify-end.ts";
import { refuseCut } from "../src/worker/output/whole-file.ts";
import { makeSource } from "./clips.ts";
import { childrenCpuSeconds } from "./processes.ts";
import { type Findings, figure, type PartOptions, type Row } from "./report.ts";
import { median } from "./statistics.ts";

const PROFILE = "video_mp4_1280x720_1728kbps";
const ROUNDS = 21;
/** What the checks of an output's index and end may take of a task. */
const PART_MAX = 0.01;

/** What one run took. */
type Cost = { readonly wallSeconds: number; readonly cpuSeconds: number };

async function costOf(run: () => Promise<unknown>): Promise<Cost> {
  const cpuBefore = childrenCpuSeconds() + process.cpuUsage().user / 1e6;
  const startMs = performance.now();
  await run();
  const wallSeconds = (performance.now() - startMs) / 1000;
  return {
    wallSeconds,
    cpuSeconds: childrenCpuSeconds() + process.cpuUsage().user / 1e6 - cpuBefore,
  };
}

/** A film as a task makes it, with an engine as the service has it. */
async function makeFilm(scratch: string, seconds: number) {
  const source = join(scratch, "source.mp4");
  await makeSource(source, { width: 1920, height: 1080, seconds, bitrate: "9M" });
  const limits = { maxPixels: 36_000_000, stallTimeoutMs: 60_000, probeTimeoutMs: 60_000 };
  const programs = { ffmpeg: "ffmpeg", ffprobe: "ffprobe", graceMs: 5_000, threads: 0 };
  const engine = await NativeEngine.open({ ...limits, ...programs });
  const { signal } = new AbortController();
  const profile = systemProfile(PROFILE);
  if (!profile) throw new Error(`${PROFILE} is no profile`);
  const media = await engine.probe({ path: source, side: "source" }, signal);
  const assignments = assignRenditions(profile, [undefined]);
  const { steps, products } = planTask({ assignments, tag: "t" }, media, engine.capabilities);
  const folder = join(scratch, "work");
  mkdirSync(folder);
  const heard = { onProgress: () => {}, onLog: () => {} };
  const made = await costOf(async () => {
    for (const step of steps)
      await engine.run({ step, folder, inputPath: source, ...heard }, signal);
  });
  const [product] = products;
  if (!product) throw new Error("nothing was planned");
  return { engine, path: join(folder, product.entry), expect: product.expect, made };
}

/** What it takes to see that an output is whole and its end can be decoded, beside the probe of its header, as a part of its task. */
export async function measureVerify({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const { engine, path, expect, made } = await makeFilm(scratch, isQuick ? 5 : 60);
  const { signal } = new AbortController();
  const header: Cost[] = [];
  const all: Cost[] = [];
  const checked = async (look: Expectation): Promise<void> => {
    await refuseCut(path);
    await probeWithEnd({ path, expect: look, isCounted: false }, engine, signal);
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    header.push(await costOf(() => engine.probe({ path, side: "output" }, signal)));
    all.push(await costOf(() => checked(expect)));
  }
  await engine.close();
  const rowOf = (key: string, what: string, secondsIn: (cost: Cost) => number): Row => {
    const extra = all.map((cost, round) => secondsIn(cost) - secondsIn(header[round] ?? cost));
    const ratio = median(extra) / secondsIn(made);
    const [ours, peer] = [figure(median(extra)), figure(secondsIn(made))];
    say(`${key}: ${ours} s beside the header's ${figure(median(header.map(secondsIn)))} s`);
    const bar = `≤ ${PART_MAX}`;
    const told = `the index and the end of a task's output, checked: ${what}; peer: its encode`;
    return {
      ...{ key, what: told, ours: `${ours} s`, peer: `${peer} s`, ratio, bar },
      // What it costs is the same for each film, and the bar is for one of a minute.
      ...(!isQuick && { isMet: ratio <= PART_MAX }),
    };
  };
  return {
    rows: [
      rowOf("verify.wall", "wall", ({ wallSeconds }) => wallSeconds),
      rowOf("verify.cpu", "CPU", ({ cpuSeconds }) => cpuSeconds),
    ],
    facts: { made, header, all },
  };
}
