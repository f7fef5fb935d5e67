import { mkdirSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { makeSource } from "./clips.ts";
import { cpuSecondsOf, type ServerProcess } from "./processes.ts";
import { type Findings, figure, type PartOptions, type Row } from "./report.ts";
import { createTask, type Home, newHome, startPontus } from "./service.ts";
import { median } from "./statistics.ts";
import { type Cost, untilDone } from "./tasks.ts";

const PROFILE = "video_mp4_1280x720_1728kbps";
const ROUNDS = 5;
const CPU_MAX = 0.02;
const WALL_MAX = 0.1;

/** One task from its POST until GET says that it has succeeded. */
async function runTask(
  { pid, url }: ServerProcess,
  { media }: Home,
  target: string,
): Promise<Cost> {
  const cpuBefore = cpuSecondsOf(pid);
  const startMs = performance.now();
  const id = await createTask(url, {
    source: { source_url: "source.mp4" },
    profile_name: PROFILE,
    targets: [{ target_url: target }],
  });
  await untilDone(url, id, [join(media, target)]);
  const wallSeconds = (performance.now() - startMs) / 1000;
  return { wallSeconds, cpuSeconds: cpuSecondsOf(pid) - cpuBefore };
}

/** A task that wants what another has made, to another target, against that one; each round by a service that has kept nothing yet. */
export async function measureReuse({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const source = join(scratch, "source.mp4");
  const seconds = isQuick ? 5 : 60;
  await makeSource(source, { width: 1920, height: 1080, seconds, bitrate: "9M" });
  const rounds: { readonly first: Cost; readonly second: Cost }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const home = newHome(scratch);
    mkdirSync(home.media, { recursive: true });
    await copyFile(source, join(home.media, "source.mp4"));
    const service = await startPontus(home, { PONTUS_RESULT_CACHE_BYTES: String(1 << 30) });
    try {
      const first = await runTask(service, home, "first.mp4");
      const second = await runTask(service, home, "second.mp4");
      rounds.push({ first, second });
      say(`round ${round + 1}: CPU ${figure(second.cpuSeconds)} of ${figure(first.cpuSeconds)} s`);
    } finally {
      await service.stop();
    }
  }
  const rowOf = (key: string, what: string, most: number, secondsIn: (of: Cost) => number): Row => {
    const ratio = median(rounds.map(({ first, second }) => secondsIn(second) / secondsIn(first)));
    const [ours, peer] = [
      median(rounds.map(({ second }) => secondsIn(second))),
      median(rounds.map(({ first }) => secondsIn(first))),
    ];
    return {
      key,
      what: `a task that wants what another has made of a ${seconds} s 1080p clip, to another target: ${what}; peer: that one`,
      ...{ ours: `${figure(ours)} s`, peer: `${figure(peer)} s`, ratio, bar: `≤ ${most}` },
      // What it costs is nearly the same for each film, and the bar is for one of a minute.
      ...(!isQuick && { isMet: ratio <= most }),
    };
  };
  return {
    rows: [
      rowOf("reuse.cpu", "CPU", CPU_MAX, ({ cpuSeconds }) => cpuSeconds),
      rowOf("reuse.wall", "wall", WALL_MAX, ({ wallSeconds }) => wallSeconds),
    ],
    facts: { rounds },
  };
}
