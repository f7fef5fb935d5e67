import { setTimeout as sleep } from "node:timers/promises";
import {
  type Peer,
  publish,
  type RtmpServer,
  seesMore,
  startPeer,
  startRtmpServer,
  viewOnceThere,
} from "../test/fixtures/live-peers.ts";
import { eventually } from "../test/fixtures/service.ts";
import { signedRequest } from "../test/fixtures/signed-client.ts";
import { latencyMs, publishClock } from "./live-clock.ts";
import { childrenOf, cpuSecondsOf, memoryBytesOf, type ServerProcess } from "./processes.ts";
import { type Findings, figure, type PartOptions, type Row } from "./report.ts";
import { CREDENTIALS, createTask, newHome, startPontus, TASKS } from "./service.ts";

const PROFILE = "video_mp4_1280x720_1728kbps";
const COPY = "video_flv_transmux";
const COPIES = 24;
const SLOTS = { PONTUS_CONCURRENCY: String(COPIES), PONTUS_LIVE_WAITING_MAX: "0" };

/** What is read of a task. */
type LiveTask = {
  readonly task_status: string;
  readonly progress?: {
    readonly phase: string;
    readonly dropped_frames?: number;
    readonly out_time_seconds: number;
  };
  readonly targets: readonly { readonly target_status: string }[];
};

/** The service and the two servers that it goes between. */
type Bench = {
  readonly service: ServerProcess;
  readonly sources: RtmpServer;
  readonly targets: RtmpServer;
};

const start = (
  { service, sources, targets }: Bench,
  name: string,
  outs: readonly string[],
  profile: string,
) =>
  createTask(service.url, {
    source: { source_url: `${sources.url}/live/${name}` },
    profile_name: profile,
    targets: outs.map((out) => ({
      target_url: out.includes("://") ? out : `${targets.url}/live/${out}`,
    })),
  });

async function read({ service }: Bench, id: string): Promise<LiveTask> {
  const response = await fetch(signedRequest(CREDENTIALS, `${service.url}${TASKS}/${id}`));
  return (await response.json()) as LiveTask;
}

const isUp = ({ targets }: LiveTask): boolean =>
  targets.every(({ target_status }) => target_status === "RUNNING");

const untilUp = (bench: Bench, id: string): Promise<LiveTask> =>
  eventually(async () => {
    const task = await read(bench, id);
    return isUp(task) ? task : undefined;
  });

const untilPhase = (bench: Bench, id: string, phase: string): Promise<true> =>
  eventually(async () => ((await read(bench, id)).progress?.phase === phase ? true : undefined));

async function cancel({ service }: Bench, id: string): Promise<void> {
  const url = `${service.url}${TASKS}/${id}/cancel`;
  await fetch(signedRequest(CREDENTIALS, url, { method: "POST" }));
}

/** The one encoder that the service runs, and the arguments of its encode. */
async function encoderOf({ service }: Bench) {
  return await eventually(() => {
    const found = childrenOf(service.pid).find(({ args: [command] }) =>
      command?.endsWith("ffmpeg"),
    );
    const args = found?.args ?? [];
    const encode = args.slice(args.indexOf("-map"), args.indexOf("-output_ts_offset"));
    return found && encode.length > 0 ? { pid: found.pid, encode } : undefined;
  });
}

/** CPU of one encode to two targets, of the service with it, and of one and two bare processes, all at the same time. */
async function measureCpu(bench: Bench, seconds: number): Promise<readonly Row[]> {
  const publisher = publish(`${bench.sources.url}/live/cpu`, {
    size: "1280x720",
    isNoisy: true,
    args: ["-b:v", "3M"],
  });
  const id = await start(bench, "cpu", ["cpu-a", "cpu-b"], PROFILE);
  await untilUp(bench, id);
  const { pid, encode } = await encoderOf(bench);
  const bare = ["bare-a", "bare-b"].map(
    (name): Peer =>
      startPeer("ffmpeg", [
        ...[
          "-nostdin",
          "-v",
          "error",
          "-f",
          "flv",
          "-i",
          `${bench.sources.url}/live/cpu`,
          ...encode,
        ],
        ...["-f", "flv", `${bench.targets.url}/live/${name}`],
      ]),
  );
  await Promise.all(
    ["bare-a", "bare-b"].map(async (name) =>
      (await viewOnceThere(`${bench.targets.url}/live/${name}`)).stop(),
    ),
  );
  const pids = [pid, bench.service.pid, ...bare.map(({ child }) => child.pid ?? 0)];
  const before = pids.map(cpuSecondsOf);
  await sleep(seconds * 1000);
  const [tee = 0, own = 0, one = 0, other = 0] = pids.map(
    (each, at) => (cpuSecondsOf(each) - (before[at] ?? 0)) / seconds,
  );
  await Promise.all([cancel(bench, id), publisher.stop(), ...bare.map((peer) => peer.stop())]);
  const ours = tee + own;
  const row = (key: string, what: string, peer: number, bar: number | undefined): Row => ({
    key,
    what,
    ours: `${figure(ours * 100)} %`,
    peer: `${figure(peer * 100)} %`,
    ratio: ours / peer,
    bar: bar === undefined ? "" : `≤ ${bar} x`,
    ...(bar !== undefined && { isMet: ours / peer <= bar }),
  });
  return [
    row(
      "live.cpu-one",
      "CPU of 720p to two targets, service and all; peer: one bare encode to one",
      (one + other) / 2,
      1.1,
    ),
    row("live.cpu-two", "the same; peer: two bare processes", one + other, undefined),
  ];
}

async function measureLatency(bench: Bench, seconds: number): Promise<readonly Row[]> {
  const clock = publishClock(`${bench.sources.url}/live/clock`);
  const rows: Row[] = [];
  for (const { key, profile, bar } of [
    { key: "live.latency", profile: PROFILE, bar: 1200 },
    { key: "live.latency-low", profile: "video_flv_1280x720_1728kbps_lowlatency", bar: 250 },
  ]) {
    const id = await start(bench, "clock", [key], profile);
    await untilUp(bench, id);
    const [through, direct] = await Promise.all([
      latencyMs(`${bench.targets.url}/live/${key}`, seconds),
      latencyMs(`${bench.sources.url}/live/clock`, seconds),
    ]);
    await cancel(bench, id);
    const added = through - direct;
    rows.push({
      key,
      what: `latency added, by a clock in the picture, ${profile}; peer: without us`,
      ours: `${figure(added)} ms`,
      peer: `${figure(direct)} ms`,
      bar: `< ${bar} ms`,
      isMet: added < bar,
    });
  }
  await clock.stop();
  return rows;
}

async function measureRecovery(bench: Bench, rounds: number): Promise<readonly Row[]> {
  const other = await startRtmpServer();
  let publisher = publish(`${bench.sources.url}/live/recovery`);
  const target = `${other.url}/live/killed`;
  const id = await start(bench, "recovery", ["steady", target], COPY);
  await untilUp(bench, id);
  const steady = await viewOnceThere(`${bench.targets.url}/live/steady`);
  const [targetSeconds, sourceSeconds]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    await other.kill();
    await sleep(3_000);
    await other.start();
    let startMs = Date.now();
    // It looks as long as viewers do: one that gave up after 0.1 s, in which only sound had come, began anew again and again.
    const viewer = await viewOnceThere(target);
    targetSeconds.push(((viewer.frames[0]?.atMs ?? 0) - startMs) / 1000);
    await viewer.stop();
    await untilUp(bench, id);
    await publisher.stop();
    await untilPhase(bench, id, "FETCHING");
    startMs = Date.now();
    publisher = publish(`${bench.sources.url}/live/recovery`);
    const seen = steady.frames.length;
    await seesMore(steady, 1);
    sourceSeconds.push(((steady.frames[seen]?.atMs ?? 0) - startMs) / 1000);
    await untilPhase(bench, id, "TRANSCODING");
    await sleep(2_000);
  }
  await Promise.all([cancel(bench, id), publisher.stop(), steady.stop(), other.kill()]);
  const row = (key: string, what: string, values: readonly number[]): Row => ({
    key,
    what: `${what}, the longest of ${values.length}`,
    ours: `${figure(Math.max(...values))} s`,
    peer: "",
    bar: "≤ 5 s",
    isMet: Math.max(...values) <= 5,
  });
  return [
    row(
      "live.target-back",
      "from a killed target server's restart to its first frame",
      targetSeconds,
    ),
    row(
      "live.source-back",
      "from a dropped source's return to the next frame at a target",
      sourceSeconds,
    ),
  ];
}

async function measureCopies(
  bench: Bench,
  seconds: number,
  say: PartOptions["say"],
): Promise<readonly Row[]> {
  const publisher = publish(`${bench.sources.url}/live/many`, {
    size: "640x360",
    seconds: seconds + 120,
  });
  const names = Array.from({ length: COPIES }, (_, at) => `copy-${at}`);
  const ids = await Promise.all(names.map((name) => start(bench, "many", [name], COPY)));
  await Promise.all(ids.map((id) => untilUp(bench, id)));
  const viewer = await viewOnceThere(`${bench.targets.url}/live/${names[0]}`);
  await sleep(2_000);
  const [rss, cpu] = [memoryBytesOf(bench.service.pid, "VmRSS"), cpuSecondsOf(bench.service.pid)];
  const seen = viewer.frames.length;
  let faults = 0;
  const endMs = Date.now() + seconds * 1000;
  while (Date.now() < endMs) {
    await sleep(5_000);
    for (const task of await Promise.all(ids.map((id) => read(bench, id))))
      if (!isUp(task) || task.progress?.phase !== "TRANSCODING" || task.progress.dropped_frames)
        faults += 1;
    say(`${Math.round((endMs - Date.now()) / 1000)} s to go, ${faults} faults`);
  }
  const times = viewer.frames.slice(seen).map((frame) => frame.seconds);
  const gap = Math.max(...times.slice(1).map((time, at) => time - (times[at] ?? 0)));
  const grown = memoryBytesOf(bench.service.pid, "VmRSS") - rss;
  const used = (cpuSecondsOf(bench.service.pid) - cpu) / seconds;
  await Promise.all([...ids.map((id) => cancel(bench, id)), publisher.stop(), viewer.stop()]);
  return [
    {
      key: "live.copies",
      what: `${COPIES} copies of 640x360 at once for ${seconds} s: looks that found a drop, a restart or a target down; longest gap of frames at one`,
      ours: `${faults}; ${figure(gap * 1000)} ms`,
      peer: "",
      bar: "0; < 100 ms",
      isMet: faults === 0 && gap < 0.1,
    },
    {
      key: "live.copies-rss",
      what: `growth of the service's memory meanwhile, from ${figure(rss / 2 ** 20)} MiB; its CPU ${figure(used * 100)} %`,
      ours: `${figure(grown / 2 ** 20)} MiB`,
      peer: "",
      bar: "flat: < 16 MiB",
      isMet: grown < 16 * 2 ** 20,
    },
  ];
}

/** Live streams: what one encode for two targets costs, what is added to their latency, how soon what failed is back. */
export async function measureLive({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const [service, sources, targets] = await Promise.all([
    startPontus(newHome(scratch), SLOTS),
    startRtmpServer(),
    startRtmpServer(),
  ]);
  const [bench, rows] = [{ service, sources, targets }, [] as Row[]];
  try {
    for (const { name, work } of [
      { name: "CPU", work: () => measureCpu(bench, isQuick ? 10 : 30) },
      { name: "latency", work: () => measureLatency(bench, isQuick ? 8 : 15) },
      { name: "recovery", work: () => measureRecovery(bench, isQuick ? 1 : 3) },
      { name: "24 copies", work: () => measureCopies(bench, isQuick ? 30 : 600, say) },
    ]) {
      say(name);
      rows.push(...(await work()));
    }
  } finally {
    await service.stop();
    await Promise.all([sources.kill(), targets.kill()]);
  }
  return { rows, facts: {} };
}
