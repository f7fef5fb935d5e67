import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { signedRequest } from "../test/fixtures/signed-client.ts";
import { makeSource } from "./clips.ts";
import { type Compared, compareFilms } from "./compared-films.ts";
import { cpuSecondsOf, type ServerProcess } from "./processes.ts";
import { type Findings, figure, type PartOptions, type Row } from "./report.ts";
import { CREDENTIALS, createTask, type Home, newHome, startPontus, TASKS } from "./service.ts";
import { median } from "./statistics.ts";

/** A bitrate, as all profiles of the system have one: harder to keep in slices than a quality. */
const PROFILE = "video_mp4_640x360_800kbps";
const KILL_PERCENT = 90;
const LOOK_MS = 100;
const WALL_MAX = 1.02;
const SSIM_OFF_MAX = 0.001;
const SIZE_OFF_MAX = 0.01;

/** How long the film is, the slices are asked to be, and how often each arm runs. */
type Extent = {
  readonly seconds: number;
  readonly sliceSeconds: number;
  readonly rounds: number;
};

/** What is measured of which profile. */
type Kind = {
  readonly key: string;
  readonly what: string;
  readonly profile: string;
  /** Of a profile that is registered first. */
  readonly qlty?: object;
  readonly full: Extent;
  readonly quick: Extent;
};

const ONE_PASS: Kind = {
  ...{ key: "resume", what: "film", profile: PROFILE },
  full: { seconds: 600, sliceSeconds: 60, rounds: 5 },
  quick: { seconds: 240, sliceSeconds: 40, rounds: 1 },
};

const TWO_PASSES: Kind = {
  ...{ key: "two-passes", what: "film in two passes", profile: "two_passes" },
  qlty: {
    ...{ container: "mp4", format: "h264", rc_mode: "2passvbr", bitrate: 800_000 },
    ...{ width: 640, height: 360, audio_format: "aac", audio_bitrate: 64_000 },
  },
  full: { seconds: 300, sliceSeconds: 60, rounds: 3 },
  quick: { seconds: 120, sliceSeconds: 40, rounds: 1 },
};

/** What making the film took. */
type Made = { readonly path: string; readonly seconds: number; readonly cpuSeconds: number };
type Arm = "whole" | "slices";

/** What a kill cost. */
type Killed = {
  readonly path: string;
  readonly percent: number;
  readonly all: number;
  readonly kept: number;
  /** What was encoded before the kill and is encoded again, in slices. */
  readonly redone: number;
};

/** A long film in slices that outlive a kill, beside the same in one run. */
export const measureResume = (options: PartOptions): Promise<Findings> =>
  measure(ONE_PASS, options);

/** The same in two passes, of which the first is one run of the whole in both arms, and outlives a kill as well. */
export const measureTwoPasses = (options: PartOptions): Promise<Findings> =>
  measure(TWO_PASSES, options);

async function measure(kind: Kind, { isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const { seconds, sliceSeconds, rounds } = isQuick ? kind.quick : kind.full;
  const source = join(scratch, "film.mp4");
  await makeSource(source, { width: 640, height: 360, seconds, bitrate: "4M" });
  const envs: Readonly<Record<Arm, Readonly<Record<string, string>>>> = {
    whole: { PONTUS_RESUME_MIN_SECONDS: "0" },
    slices: {
      PONTUS_RESUME_MIN_SECONDS: String(seconds / 2),
      PONTUS_SLICE_SECONDS: String(sliceSeconds),
    },
  };
  const made: Record<Arm, Made[]> = { whole: [], slices: [] };
  for (let round = 0; round < rounds; round += 1)
    for (const arm of round % 2 === 0
      ? (["whole", "slices"] as const)
      : (["slices", "whole"] as const)) {
      const one = await makeOnce(kind, scratch, source, envs[arm]);
      made[arm].push(one);
      say(
        `round ${round + 1}, ${arm}: ${figure(one.seconds)} s, ${figure(one.cpuSeconds)} s of CPU`,
      );
    }
  const killed = await killOnce(kind, scratch, source, envs.slices, seconds);
  say(
    `killed at ${killed.percent} %: ${killed.kept} of ${killed.all} slices kept, ${figure(killed.redone)} slices redone`,
  );
  const whole = made.whole[0]?.path ?? "";
  const compared = await compareFilms(killed.path, whole, source);
  say(JSON.stringify(compared));
  return {
    rows: rowsOf(kind, { made, killed, compared, seconds }),
    facts: {
      whole: made.whole.map(withoutPath),
      slices: made.slices.map(withoutPath),
      killed: withoutPath(killed),
      compared,
    },
  };
}

/** What was found of a film, without where it lay. */
const withoutPath = <F extends { readonly path: string }>({ path: _, ...facts }: F) => facts;

async function place(scratch: string, source: string): Promise<Home> {
  const home = newHome(scratch);
  await copyFile(source, join(home.media, "in", "film.mp4"));
  return home;
}

async function createFilm(url: string, { profile, qlty }: Kind): Promise<string> {
  if (qlty) {
    const body = { profile_name: profile, qlties: [qlty] };
    const answer = await fetch(signedRequest(CREDENTIALS, `${url}/api/v1/profile`, { body }));
    if (!answer.ok) throw new Error(`Cannot register the profile: ${await answer.text()}`);
  }
  return createTask(url, {
    source: { source_url: "in/film.mp4" },
    profile_name: profile,
    targets: [{ target_url: "out/film.mp4" }],
  });
}

type Answer = {
  readonly task_status: string;
  readonly progress?: { readonly percent?: number; readonly out_time_seconds: number };
};

async function read(url: string, id: string): Promise<Answer> {
  const response = await fetch(signedRequest(CREDENTIALS, `${url}${TASKS}/${id}`));
  const answer = (await response.json()) as Answer;
  if (answer.task_status === "FAILED") throw new Error("Cannot go on: the task failed");
  return answer;
}

async function until(server: ServerProcess, id: string, holds: (answer: Answer) => boolean) {
  for (;;) {
    const answer = await read(server.url, id);
    if (holds(answer)) return answer;
    await sleep(LOOK_MS);
  }
}

const isDone = ({ task_status }: Answer): boolean => task_status === "SUCCESS";

async function makeOnce(
  kind: Kind,
  scratch: string,
  source: string,
  env: Readonly<Record<string, string>>,
): Promise<Made> {
  const home = await place(scratch, source);
  const server = await startPontus(home, env);
  try {
    const [beganMs, before] = [performance.now(), cpuSecondsOf(server.pid)];
    await until(server, await createFilm(server.url, kind), isDone);
    const seconds = (performance.now() - beganMs) / 1000;
    const path = join(home.media, "out", "film.mp4");
    return { path, seconds, cpuSeconds: cpuSecondsOf(server.pid) - before };
  } finally {
    await server.stop();
  }
}

/** Kills the service when most of the film is encoded, and lets the next start finish it. */
async function killOnce(
  kind: Kind,
  scratch: string,
  source: string,
  env: Readonly<Record<string, string>>,
  seconds: number,
): Promise<Killed> {
  const home = await place(scratch, source);
  const first = await startPontus(home, env);
  const id = await createFilm(first.url, kind);
  const isLate = ({ progress }: Answer): boolean => (progress?.percent ?? 0) >= KILL_PERCENT;
  const { progress } = await until(first, id, isLate);
  await first.stop("SIGKILL");
  const second = await startPontus(home, env);
  try {
    await until(second, id, isDone);
    await sleep(LOOK_MS);
    const log = await fetch(signedRequest(CREDENTIALS, `${second.url}${TASKS}/${id}/log`));
    const told = await log.text();
    if (kind.qlty && !told.includes("Goes on with an earlier first pass"))
      throw new Error("Cannot compare: the first pass was made again");
    const found = /Goes on with (\d+) of (\d+) slices/.exec(told);
    const [kept = 0, all = 0] = found?.slice(1).map(Number) ?? [];
    const encoded = ((progress?.out_time_seconds ?? 0) / seconds) * all;
    const path = join(home.media, "out", "film.mp4");
    return { path, percent: progress?.percent ?? 0, all, kept, redone: encoded - kept };
  } finally {
    await second.stop();
  }
}

type Found = {
  readonly made: Readonly<Record<Arm, readonly Made[]>>;
  readonly killed: Killed;
  readonly compared: Compared;
  readonly seconds: number;
};

function rowsOf({ key, what }: Kind, { made, killed, compared, seconds }: Found): readonly Row[] {
  const medianOf = (arm: Arm, of: "seconds" | "cpuSeconds"): number =>
    median(made[arm].map((one) => one[of]));
  const told = (arm: Arm): string =>
    `${figure(medianOf(arm, "seconds"))} s, ${figure(medianOf(arm, "cpuSeconds"))} s of CPU`;
  const wall = medianOf("slices", "seconds") / medianOf("whole", "seconds");
  const { frames, areTimesEqual, ssim, sizes } = compared;
  const [size, isLike] = [sizes[0] / sizes[1], Math.abs(ssim[0] - ssim[1]) <= SSIM_OFF_MAX];
  return [
    {
      key: `${key}.wall`,
      what: `${seconds} s of ${what} in slices that outlive a kill, to one run; medians of ${made.whole.length}`,
      ours: told("slices"),
      peer: told("whole"),
      ratio: wall,
      bar: `at most ${WALL_MAX} x`,
      isMet: wall <= WALL_MAX,
    },
    {
      key: `${key}.redone`,
      what: `slices that are encoded again after kill -9 at ${figure(killed.percent)} %, of ${killed.all}`,
      ours: figure(Math.max(0, killed.redone)),
      peer: "",
      bar: "at most 1",
      isMet: killed.kept > 0 && killed.redone <= 1,
    },
    {
      key: `${key}.same`,
      what: "the film of the killed task and that of one run: frames, SSIM to the source, size",
      ours: `${frames[0]}, ${ssim[0].toFixed(4)}, ${sizes[0]}`,
      peer: `${frames[1]}, ${ssim[1].toFixed(4)}, ${sizes[1]}`,
      ratio: size,
      bar: "same times, SSIM within 0.001, size within 1 %",
      isMet: areTimesEqual && isLike && Math.abs(size - 1) <= SIZE_OFF_MAX,
    },
  ];
}
