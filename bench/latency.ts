import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { makeSource } from "./clips.ts";
import { childrenOf, type ServerProcess } from "./processes.ts";
import { type Findings, figure, type PartOptions } from "./report.ts";
import { createTask, newHome, readTask, startPontus } from "./service.ts";
import { type Spread, spreadOf } from "./statistics.ts";

const run = promisify(execFile);

/** Between the end of a task and the next: the service is idle again, and has its next probe standing by. */
const REST_MS = 500;
const POLL_MS = 20;

/** In ms, from just before a POST was sent. */
type Start = { readonly answerMs: number; readonly encoderMs: number };

/** When the encoder runs as what it is, after its exec: looked for each millisecond, as what the kernel notes is exact to 10 ms. */
async function encoderStartMs(pid: number, startMs: number): Promise<number> {
  for (;;) {
    const isThere = childrenOf(pid).some(({ args: [command] }) => command?.endsWith("ffmpeg"));
    if (isThere) return performance.now() - startMs;
    await sleep(1);
  }
}

async function postOnce({ pid, url }: ServerProcess, name: string): Promise<Start> {
  const body = { source: { source_url: "source.mp4" }, targets: [{ target_url: `${name}.mp4` }] };
  const startMs = performance.now();
  const started = encoderStartMs(pid, startMs);
  const id = await createTask(url, body);
  const answerMs = performance.now() - startMs;
  const encoderMs = await started;
  while ((await readTask(url, id)).task_status !== "SUCCESS") await sleep(POLL_MS);
  await sleep(REST_MS);
  return { answerMs, encoderMs };
}

/** How long a program takes from its start to its end, in ms. */
async function timesOf(count: number, command: string, args: readonly string[]): Promise<Spread> {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const startMs = performance.now();
    await run(command, args);
    times.push(performance.now() - startMs);
  }
  return spreadOf(times);
}

/** How long an idle service takes from a POST to the start of the encoder. */
export async function measureLatency({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const home = newHome(scratch);
  const source = join(home.media, "source.mp4");
  await makeSource(source, { width: 640, height: 360, seconds: 1, bitrate: "1M" });
  const server = await startPontus(home);
  const starts: Start[] = [];
  try {
    // The first calls run code that was not compiled yet.
    for (let index = -3; index < (isQuick ? 5 : 60); index += 1) {
      const started = await postOnce(server, `out-${index}`);
      if (index >= 0) starts.push(started);
    }
  } finally {
    await server.stop();
  }
  const count = isQuick ? 5 : 40;
  const probeArgs = ["-v", "error", "-show_streams", "-show_format", source];
  const bareProbe = await timesOf(count, "ffprobe", probeArgs);
  const bareVersion = await timesOf(count, "ffprobe", ["-version"]);
  const answer = spreadOf(starts.map(({ answerMs }) => answerMs));
  const encoder = spreadOf(starts.map(({ encoderMs }) => encoderMs));
  const shown = ({ p50, p99 }: Spread) => `p50 ${figure(p50)} ms, p99 ${figure(p99)} ms`;
  say(`POST → answer ${shown(answer)}; → encoder ${shown(encoder)}`);
  say(`bare ffprobe ${shown(bareProbe)}; ffprobe -version ${shown(bareVersion)}`);
  const rows = [
    {
      key: "tasks.encoder-start",
      what: "POST to the encoder's start, idle service; peer: one bare ffprobe of the source",
      ours: shown(encoder),
      peer: shown(bareProbe),
      bar: "p99 < 50 ms",
      isMet: encoder.p99 < 50,
    },
  ];
  return { rows, facts: { answer, encoder, bareProbe, bareVersion, starts } };
}
