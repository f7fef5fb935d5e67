import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { PostgresServer } from "../test/fixtures/postgres-server.ts";
import { signedRequest } from "../test/fixtures/signed-client.ts";
import { makeSource } from "./clips.ts";
import { childrenCpuSeconds, cpuSecondsOf, type ServerProcess } from "./processes.ts";
import { type Findings, figure, type PartOptions, type Row } from "./report.ts";
import { CREDENTIALS, createTask, newHome, readTask, startPontus, TASKS } from "./service.ts";

const run = promisify(execFile);

/** How many workers make one file; each has one core, so that its encoders have one thread. */
const WORKERS = [1, 2, 4] as const;
const CORES = 2;
const LOOK_MS = 200;
const PROFILE = "video_mp4_640x360_800kbps";
/** What the fleet does beside encoding costs something; workers that share a file may cost no more CPU than this allows. */
const SPEED_MIN = 0.9;
/** With fewer, the last slices keep one worker busy for long while others wait. */
const SLICE_SECONDS = "30";
const SECONDS = 600;
const SECONDS_QUICK = 120;

/** What one way to make the file took. */
type Made = {
  readonly path: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** The arguments of the encode, and who made which slice, as the log of the task says. */
  readonly log: string;
};

/** One long file on 1, 2 and 4 workers of one thread each, beside one ffmpeg with as many threads. */
export async function measureFleetSlices({
  isQuick,
  scratch,
  say,
}: PartOptions): Promise<Findings> {
  const seconds = isQuick ? SECONDS_QUICK : SECONDS;
  const source = join(scratch, "film.mp4");
  await makeSource(source, { width: 640, height: 360, seconds, bitrate: "4M" });
  const whole = await onFleet(scratch, source, 1, false);
  say(`one worker, one run: ${told(whole)}`);
  const shared = new Map<number, Made>();
  for (const workers of WORKERS) {
    const made = await onFleet(scratch, source, workers, true);
    shared.set(workers, made);
    say(`${workers} workers: ${told(made)}; ${countsIn(made.log)}`);
  }
  const alone = new Map<number, Made>();
  for (const threads of WORKERS) {
    const made = await byFfmpeg(scratch, source, whole, threads);
    alone.set(threads, made);
    say(`one ffmpeg, ${threads} threads: ${told(made)}`);
  }
  const four = shared.get(4) ?? whole;
  const frames = { whole: await framesOf(whole.path), four: await framesOf(four.path) };
  const ssim = {
    whole: await ssimOf(whole.path, source),
    four: await ssimOf(four.path, source),
    between: await ssimOf(four.path, whole.path),
  };
  say(`frames ${JSON.stringify(frames)}, SSIM ${JSON.stringify(ssim)}`);
  return {
    rows: rowsOf({ shared, alone, seconds, frames, ssim }),
    facts: { whole, shared: Object.fromEntries(shared), alone: Object.fromEntries(alone), ssim },
  };
}

const told = ({ seconds, cpuSeconds }: Made): string =>
  `${figure(seconds)} s, ${figure(cpuSeconds)} s of CPU`;

const countsIn = (log: string): string =>
  /Has all \d+ slices: [^"\\]+/.exec(log)?.[0] ?? "no slices";

/** Makes the file by a task on a fleet of its own. */
async function onFleet(
  scratch: string,
  source: string,
  count: number,
  isShared: boolean,
): Promise<Made> {
  const folder = mkdtempSync(join(tmpdir(), "pg-"));
  const server = await PostgresServer.start(folder, { isSynced: true });
  const nodes: ServerProcess[] = [];
  try {
    const url = await server.createDatabase();
    const home = newHome(scratch);
    await copyFile(source, join(home.media, "in", "film.mp4"));
    const store = join(scratch, "slices");
    mkdirSync(store, { recursive: true });
    const env = {
      PONTUS_DATABASE_URL: url,
      PONTUS_SECRET_KEY: "0123456789abcdef".repeat(4),
      PONTUS_CONCURRENCY: "1",
      ...(isShared && { PONTUS_SLICE_STORE: store, PONTUS_SLICE_MIN_SECONDS: "60" }),
      ...(isShared && { PONTUS_SLICE_SECONDS: SLICE_SECONDS }),
    };
    const api = await startPontus(home, { ...env, PONTUS_ROLE: "api" });
    nodes.push(api);
    for (let at = 0; at < count; at += 1) {
      const own = { ...home, data: join(scratch, `data-${count}-${at}-${isShared}`) };
      mkdirSync(own.data, { recursive: true });
      const pinned = ["-c", String(at % CORES), process.execPath, "src/main.bun.ts"];
      const worker = { ...env, PONTUS_ROLE: "worker", PONTUS_LEASE_SECONDS: "30" };
      nodes.push(await startPontus(own, worker, { program: "taskset", args: pinned }));
    }
    const workers = nodes.slice(1);
    const cpuOf = () => workers.reduce((sum, { pid }) => sum + cpuSecondsOf(pid), 0);
    const [beganMs, before] = [performance.now(), cpuOf()];
    const id = await createTask(api.url, {
      source: { source_url: "in/film.mp4" },
      profile_name: PROFILE,
      targets: [{ target_url: "out/film.mp4" }],
    });
    while ((await readTask(api.url, id)).task_status !== "SUCCESS") await sleep(LOOK_MS);
    const seconds = (performance.now() - beganMs) / 1000;
    const cpuSeconds = cpuOf() - before;
    await sleep(LOOK_MS);
    const log = await fetch(signedRequest(CREDENTIALS, `${api.url}${TASKS}/${id}/log`));
    return {
      path: join(home.media, "out", "film.mp4"),
      seconds,
      cpuSeconds,
      log: await log.text(),
    };
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes the same by one ffmpeg, with the arguments that the whole run had. */
async function byFfmpeg(
  scratch: string,
  source: string,
  { log }: Made,
  threads: number,
): Promise<Made> {
  const { attempts } = JSON.parse(log) as { attempts: { decisions: string[] }[] };
  const line = attempts[0]?.decisions.find((each) => each.startsWith("Runs ffmpeg (encode): "));
  if (!line) throw new Error("Cannot go on: the log has no encode");
  const words = line.slice(line.indexOf(": ") + 2).match(/'[^']*'|\S+/g) ?? [];
  const path = join(scratch, `alone-${threads}.mp4`);
  const args = words
    .map((word) => word.replaceAll("'", ""))
    .map((word) => (word === "input" ? source : word))
    .slice(0, -1);
  const [beganMs, before] = [performance.now(), childrenCpuSeconds()];
  await run("ffmpeg", [
    ...["-nostdin", "-v", "error", "-y", ...args, "-threads", String(threads), path],
  ]);
  const seconds = (performance.now() - beganMs) / 1000;
  return { path, seconds, cpuSeconds: childrenCpuSeconds() - before, log: "" };
}

async function framesOf(path: string): Promise<number> {
  const entries = ["-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0"];
  const { stdout } = await run("ffprobe", [
    "-v",
    "error",
    "-select_streams",
    "v",
    ...entries,
    path,
  ]);
  return Number(stdout);
}

async function ssimOf(path: string, reference: string): Promise<number> {
  const { stderr } = await run(
    "ffmpeg",
    ["-nostdin", "-hide_banner", "-i", path, "-i", reference, "-lavfi", "ssim", "-f", "null", "-"],
    { maxBuffer: 1 << 26 },
  );
  return Number(/All:([\d.]+)/.exec(stderr)?.[1]);
}

type Compared = {
  readonly shared: ReadonlyMap<number, Made>;
  readonly alone: ReadonlyMap<number, Made>;
  readonly seconds: number;
  readonly frames: { readonly whole: number; readonly four: number };
  readonly ssim: { readonly whole: number; readonly four: number; readonly between: number };
};

function rowsOf({ shared, alone, seconds, frames, ssim }: Compared): readonly Row[] {
  const rows = WORKERS.map((count): Row => {
    const [ours, peer] = [shared.get(count), alone.get(count)];
    const ratio = (peer?.cpuSeconds ?? Number.NaN) / (ours?.cpuSeconds ?? Number.NaN);
    return {
      key: `fleet.slices-${count}`,
      what: `${seconds} s of film on ${count} workers of one thread, to one ffmpeg with ${count}: CPU`,
      ours: ours ? told(ours) : "",
      peer: peer ? told(peer) : "",
      ratio,
      bar: count === 4 ? `at least ${SPEED_MIN} x as fast per CPU second` : "",
      ...(count === 4 && { isMet: ratio >= SPEED_MIN }),
    };
  });
  return [
    ...rows,
    {
      key: "fleet.slices-same",
      what: "frames of 4 workers and of one run; SSIM of both to the source, and to each other",
      ours: `${frames.four}, ${ssim.four.toFixed(4)}`,
      peer: `${frames.whole}, ${ssim.whole.toFixed(4)}`,
      ratio: ssim.between,
      bar: "as many frames",
      isMet: frames.four === frames.whole,
    },
  ];
}
