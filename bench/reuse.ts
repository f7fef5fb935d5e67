import { mkdirSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { signedRequest } from "../test/fixtures/signed-client.ts";
import { makeSource } from "./clips.ts";
import { cpuSecondsOf, type ServerProcess } from "./processes.ts";
import { type Findings, figure, type PartOptions, type Row } from "./report.ts";
import { CREDENTIALS, createTask, type Home, newHome, startPontus } from "./service.ts";
import { median } from "./statistics.ts";
import { type Cost, untilDone } from "./tasks.ts";

const PROFILE = "video_mp4_1280x720_1728kbps";
const ROUNDS = 5;
const CPU_MAX = 0.02;
const WALL_MAX = 0.1;
/** Of the changed ladder there is no bar: what it costs is what its changed rung costs, and the decoder. */
const LADDER = [
  { height: 1080, bitrate: 4_000_000 },
  { height: 720, bitrate: 2_000_000 },
  { height: 480, bitrate: 1_000_000 },
] as const;
const CHANGED_HEIGHT = 720;

/** One task from its POST until GET says that it has succeeded. */
async function runTask(
  { pid, url }: ServerProcess,
  { media }: Home,
  target: string,
  profile = PROFILE,
): Promise<Cost> {
  const cpuBefore = cpuSecondsOf(pid);
  const startMs = performance.now();
  const id = await createTask(url, {
    source: { source_url: "source.mp4" },
    profile_name: profile,
    targets: [{ target_url: target }],
  });
  await untilDone(url, id, [join(media, target)]);
  const wallSeconds = (performance.now() - startMs) / 1000;
  return { wallSeconds, cpuSeconds: cpuSecondsOf(pid) - cpuBefore };
}

/** Creates a profile of three sizes. @param kbps - added to the bitrate of the one that changes */
async function addLadder({ url }: ServerProcess, name: string, kbps: number): Promise<string> {
  const qlties = LADDER.map(({ height, bitrate }) => ({
    ...{ container: "m3u8", height, audio_bitrate: 128_000 },
    bitrate: bitrate + (height === CHANGED_HEIGHT ? kbps * 1000 : 0),
  }));
  const body = { profile_name: name, qlties };
  const answer = await fetch(signedRequest(CREDENTIALS, `${url}/api/v1/profile`, { body }));
  if (!answer.ok) throw new Error(`Cannot create a profile: ${await answer.text()}`);
  return name;
}

/** What a round measures: a task and one that wants the same, and a ladder and one of which a rung has changed. */
type Round = Readonly<Record<"first" | "second" | "ladder" | "changed", Cost>>;

async function measureRound(service: ServerProcess, home: Home): Promise<Round> {
  const ladders = [await addLadder(service, "ladder", 0), await addLadder(service, "changed", 100)];
  return {
    first: await runTask(service, home, "first.mp4"),
    second: await runTask(service, home, "second.mp4"),
    ladder: await runTask(service, home, "ladder.m3u8", ladders[0]),
    changed: await runTask(service, home, "changed.m3u8", ladders[1]),
  };
}

/** A task that wants what another has made, to another target, against that one; each round by a service that has kept nothing yet. */
export async function measureReuse({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const source = join(scratch, "source.mp4");
  const seconds = isQuick ? 5 : 60;
  await makeSource(source, { width: 1920, height: 1080, seconds, bitrate: "9M" });
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const home = newHome(scratch);
    mkdirSync(home.media, { recursive: true });
    await copyFile(source, join(home.media, "source.mp4"));
    const service = await startPontus(home, { PONTUS_RESULT_CACHE_BYTES: String(1 << 30) });
    try {
      const made = await measureRound(service, home);
      rounds.push(made);
      const told = ([one, other]: readonly [Cost, Cost]) =>
        `${figure(one.cpuSeconds)} of ${figure(other.cpuSeconds)} s`;
      const pairs = [[made.second, made.first] as const, [made.changed, made.ladder] as const];
      say(`round ${round + 1}: CPU ${pairs.map(told).join("; a changed ladder ")}`);
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
      ladderRow(rounds, seconds),
    ],
    facts: { rounds },
  };
}

function ladderRow(rounds: readonly Round[], seconds: number): Row {
  const cpu = (of: "ladder" | "changed") => rounds.map((round) => round[of].cpuSeconds);
  return {
    key: "reuse.ladder-cpu",
    what: `an HLS set of ${LADDER.length} sizes of a ${seconds} s 1080p clip of which the one of ${CHANGED_HEIGHT} lines has another bitrate than in a set that is kept: CPU; peer: that one`,
    ours: `${figure(median(cpu("changed")))} s`,
    peer: `${figure(median(cpu("ladder")))} s`,
    ratio: median(rounds.map(({ changed, ladder }) => changed.cpuSeconds / ladder.cpuSeconds)),
    bar: "",
  };
}
