import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeSource } from "./clips.ts";
import {
  childrenCpuSeconds,
  childrenOf,
  cpuSecondsOf,
  type ServerProcess,
  start,
} from "./processes.ts";
import { type Findings, figure, type PartOptions, type Row } from "./report.ts";
import { createTask, type Home, newHome, readTask, startPontus } from "./service.ts";
import { median, ratioOf } from "./statistics.ts";

const PROFILE = "video_mp4_1280x720_1728kbps";
const POLL_MS = 10;
const LOOKS_A_CALL = 500;

/** What one run took. */
export type Cost = { readonly wallSeconds: number; readonly cpuSeconds: number };

/** The encoder's arguments, as the kernel shows them while a process runs it. */
export async function encoderArgs(pid: number): Promise<readonly string[]> {
  for (;;) {
    // One that is asked what it can do has no input.
    const found = childrenOf(pid).find(
      ({ args }) => args[0]?.endsWith("ffmpeg") && args.includes("-i"),
    );
    if (found) return found.args.slice(1);
    await sleep(1);
  }
}

/** Asks from when all targets are there: each call before costs some of the CPU that is measured, and bare ffmpeg is asked nothing. */
export async function untilDone(
  url: string,
  id: string,
  targets: readonly string[],
): Promise<void> {
  for (let looks = 1; !targets.every((path) => existsSync(path)); looks += 1) {
    // Where the task has failed they do not come.
    if (looks % LOOKS_A_CALL === 0) await readTask(url, id);
    await sleep(POLL_MS);
  }
  while ((await readTask(url, id)).task_status !== "SUCCESS") await sleep(POLL_MS);
}

/** One task with so many targets, from its POST until GET says that it has succeeded. */
async function runTask(
  { pid, url }: ServerProcess,
  { media }: Home,
  name: string,
  targets: number,
): Promise<Cost & { readonly args: readonly string[] }> {
  const names = Array.from({ length: targets }, (_, index) => `${name}-${index}.mp4`);
  const cpuBefore = cpuSecondsOf(pid);
  const startMs = performance.now();
  const body = {
    source: { source_url: "source.mp4" },
    profile_name: PROFILE,
    targets: names.map((target_url) => ({ target_url })),
  };
  const [id, args] = await Promise.all([createTask(url, body), encoderArgs(pid)]);
  await untilDone(
    url,
    id,
    names.map((each) => join(media, each)),
  );
  const wallSeconds = (performance.now() - startMs) / 1000;
  return { wallSeconds, cpuSeconds: cpuSecondsOf(pid) - cpuBefore, args };
}

/** Bare ffmpeg with the same arguments, in a folder as the service makes it for one. */
export async function runBare(
  source: string,
  args: readonly string[],
  scratch: string,
): Promise<Cost> {
  const folder = mkdtempSync(join(scratch, "bare-"));
  symlinkSync(source, join(folder, "input"));
  const output = join(folder, args.at(-1)?.replace(/^file:/, "") ?? "");
  mkdirSync(dirname(output), { recursive: true });
  const cpuBefore = childrenCpuSeconds();
  const startMs = performance.now();
  const child = start("ffmpeg", args, {}, folder);
  child.stdout?.resume();
  const [code] = (await once(child, "close")) as [number | null];
  const wallSeconds = (performance.now() - startMs) / 1000;
  if (code !== 0 || statSync(output).size === 0)
    throw new Error(`Cannot compare: bare ffmpeg ended with ${code}`);
  rmSync(folder, { recursive: true });
  return { wallSeconds, cpuSeconds: childrenCpuSeconds() - cpuBefore };
}

/** What a task costs, against bare ffmpeg with the very same arguments, and four targets against one. */
export async function measureTasks({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const seconds = isQuick ? 5 : 60;
  const home = newHome(scratch);
  const source = join(home.media, "source.mp4");
  await makeSource(source, { width: 1920, height: 1080, seconds, bitrate: "9M" });
  const sourceBitrate = (statSync(source).size * 8) / seconds;
  say(`the source is ${seconds} s of 1080p at ${figure(sourceBitrate / 1e6)} Mbit/s`);
  const server = await startPontus(home);
  const one: Cost[] = [];
  const bare: Cost[] = [];
  const four: Cost[] = [];
  let args: readonly string[] = [];
  const arms = [
    async (round: number) => {
      const task = await runTask(server, home, `${round}-one`, 1);
      args = task.args;
      one.push(task);
    },
    async () => void bare.push(await runBare(source, args, scratch)),
    async (round: number) => void four.push(await runTask(server, home, `${round}-four`, 4)),
  ];
  const measureRound = async (round: number): Promise<void> => {
    // Each round begins with another: what one leaves behind, such as pages to be written, is borne by all in turn.
    const first = (round - 1) % arms.length;
    for (const arm of [...arms.slice(first), ...arms.slice(0, first)]) await arm(round);
    const told = [one, bare, four].map((costs) => shownCost(costs.slice(-1)));
    say(`round ${round}: one target ${told[0]}; bare ffmpeg ${told[1]}; four targets ${told[2]}`);
  };
  try {
    for (let round = 1; round <= (isQuick ? 1 : 9); round += 1) await measureRound(round);
  } finally {
    await server.stop();
  }
  const facts = { seconds, sourceBitrate, pollMs: POLL_MS, args, one, bare, four };
  return { rows: rowsOf(one, bare, four), facts };
}

/** What each run took, by the clock. */
export const wallOf = (costs: readonly Cost[]) => costs.map(({ wallSeconds }) => wallSeconds);
const cpuOf = (costs: readonly Cost[]) => costs.map(({ cpuSeconds }) => cpuSeconds);
/** What some runs took, in the middle. */
export const shownCost = (costs: readonly Cost[]): string =>
  `${figure(median(wallOf(costs)))} s wall, ${figure(median(cpuOf(costs)))} s CPU`;

function rowsOf(
  one: readonly Cost[],
  bare: readonly Cost[],
  four: readonly Cost[],
): readonly Row[] {
  const row = (
    key: string,
    what: string,
    valuesOf: (costs: readonly Cost[]) => readonly number[],
    [ours, peer]: readonly [readonly Cost[], readonly Cost[]],
    most: number,
  ): Row => {
    const ratio = ratioOf(valuesOf(ours), valuesOf(peer));
    const shown = (costs: readonly Cost[]) => `${figure(median(valuesOf(costs)))} s`;
    const isMet = ratio <= most;
    return { key, what, ours: shown(ours), peer: shown(peer), ratio, bar: `≤ ${most} x`, isMet };
  };
  const bareArgs = "a task of a 1080p clip, to 720p; peer: bare ffmpeg with the same arguments";
  const targets = "the same with four targets; peer: one target";
  return [
    row("tasks.wall", `${bareArgs}: wall`, wallOf, [one, bare], 1.03),
    row("tasks.cpu", `${bareArgs}: CPU`, cpuOf, [one, bare], 1.03),
    row("tasks.four-wall", `${targets}: wall`, wallOf, [four, one], 1.1),
    row("tasks.four-cpu", `${targets}: CPU`, cpuOf, [four, one], 1.1),
  ];
}
