import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeSource } from "./clips.ts";
import { cpuSecondsOf, type ServerProcess } from "./processes.ts";
import { type Findings, figure, type PartOptions } from "./report.ts";
import { createTask, newHome, readTask, startPontus } from "./service.ts";
import { median, ratioOf } from "./statistics.ts";

/** Each call costs the service some of the CPU that is measured. */
const POLL_MS = 100;
const SECONDS_MAX = 3;
const CPU_RATIO_MAX = 1.05;
const PROFILE = "video_hls_adaptive";

/** What one task took. */
type Taken = {
  /** From its POST until its set could be watched. */
  readonly seenSeconds: number;
  readonly cpuSeconds: number;
};

async function runTask({ pid, url }: ServerProcess, name: string, publish: string): Promise<Taken> {
  const before = cpuSecondsOf(pid);
  const beganMs = performance.now();
  const id = await createTask(url, {
    ...{ source: { source_url: "source.mp4" }, profile_name: PROFILE, publish },
    targets: [{ target_url: `${name}.m3u8` }],
  });
  let seenMs: number | undefined;
  for (;;) {
    const { task_status, targets } = await readTask(url, id);
    const isDone = task_status === "SUCCESS";
    if (isDone || targets[0]?.watchable) seenMs ??= performance.now();
    if (isDone) break;
    await sleep(POLL_MS);
  }
  const seenSeconds = ((seenMs ?? 0) - beganMs) / 1000;
  return { seenSeconds, cpuSeconds: cpuSecondsOf(pid) - before };
}

/** How soon a ladder can be watched that is published while it is made, and what that costs. */
export async function measureGrowing({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const seconds = isQuick ? 12 : 30;
  const home = newHome(scratch);
  const size = { width: 1920, height: 1080 };
  const source = join(home.media, "source.mp4");
  await makeSource(source, { ...size, seconds, bitrate: "9M", preset: "veryfast" });
  // Nothing is used again: each task is to encode.
  const server = await startPontus(home, { PONTUS_RESULT_CACHE_BYTES: "0" });
  const [growing, whole]: [Taken[], Taken[]] = [[], []];
  try {
    for (let round = 1; round <= (isQuick ? 1 : 5); round += 1) {
      growing.push(await runTask(server, `growing-${round}`, "growing"));
      whole.push(await runTask(server, `whole-${round}`, "whole"));
      const [ours, peer] = [growing, whole].map((all) => all.at(-1));
      say(
        `round ${round}: seen after ${figure(ours?.seenSeconds ?? 0)} s, whole ${figure(peer?.seenSeconds ?? 0)} s; CPU ${figure(ours?.cpuSeconds ?? 0)} and ${figure(peer?.cpuSeconds ?? 0)} s`,
      );
    }
  } finally {
    await server.stop();
  }
  const [seen, seenWhole] = [growing, whole].map((all) => all.map((one) => one.seenSeconds));
  const [cpu, cpuWhole] = [growing, whole].map((all) => all.map((one) => one.cpuSeconds));
  const ratio = ratioOf(cpu ?? [], cpuWhole ?? []);
  const sooner = ratioOf(seen ?? [], seenWhole ?? []);
  return {
    rows: [
      {
        key: "growing.seen",
        what: "POST to a set that can be watched, of a ladder of a 1080p clip that grows; peer: published whole",
        ours: `${figure(median(seen ?? []))} s`,
        peer: `${figure(median(seenWhole ?? []))} s`,
        ratio: sooner,
        bar: `≤ ${SECONDS_MAX} s`,
        isMet: median(seen ?? []) <= SECONDS_MAX,
      },
      {
        key: "growing.cpu",
        what: "the same ladder: CPU; peer: published whole",
        ours: `${figure(median(cpu ?? []))} s`,
        peer: `${figure(median(cpuWhole ?? []))} s`,
        ratio,
        bar: `≤ ${CPU_RATIO_MAX} x`,
        isMet: ratio <= CPU_RATIO_MAX,
      },
    ],
    facts: { seconds, growing, whole },
  };
}
