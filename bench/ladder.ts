import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { signedRequest } from "../test/fixtures/signed-client.ts";
import { makeSource } from "./clips.ts";
import { childrenCpuSeconds, cpuSecondsOf, type ServerProcess, start } from "./processes.ts";
import { type Findings, figure, type PartOptions } from "./report.ts";
import { CREDENTIALS, createTask, newHome, readTask, startPontus } from "./service.ts";
import { median, ratioOf } from "./statistics.ts";

/** Each call costs the service some of the CPU that is measured. */
const POLL_MS = 250;
const CPU_RATIO_MAX = 0.75;

/** The rungs: upright lines and kbit/s of the picture, as the adaptive system profiles have them. */
const RUNGS = [
  { width: 1280, height: 720, kbps: 1600 },
  { width: 854, height: 480, kbps: 704 },
  { width: 640, height: 360, kbps: 424 },
  { width: 426, height: 240, kbps: 176 },
];
const PROFILE = "ladder-of-four";

async function registerProfile(url: string): Promise<void> {
  const qlties = RUNGS.map(({ width, height, kbps }) => ({
    ...{ container: "m3u8", width, height, bitrate: kbps * 1000, framerate: "30", gop_size: 60 },
    audio_bitrate: 128_000,
  }));
  const body = { profile_name: PROFILE, qlties };
  const answer = await fetch(signedRequest(CREDENTIALS, `${url}/api/v1/profile`, { body }));
  if (!answer.ok) throw new Error(`Cannot register the profile: ${await answer.text()}`);
}

/** The CPU of one task that makes all rungs: encoder, probes, and the service itself. */
async function runTask({ pid, url }: ServerProcess, name: string): Promise<number> {
  const before = cpuSecondsOf(pid);
  const id = await createTask(url, {
    source: { source_url: "source.mp4" },
    profile_name: PROFILE,
    targets: [{ target_url: `${name}.m3u8` }],
  });
  while ((await readTask(url, id)).task_status !== "SUCCESS") await sleep(POLL_MS);
  return cpuSecondsOf(pid) - before;
}

/** What makes one rung alone, with the same encoder and the same segments; the first has the sound. */
function rungArgs(index: number): readonly string[] {
  const { width, height, kbps } = RUNGS[index] ?? { width: 0, height: 0, kbps: 0 };
  const box = `${width}:${height}`;
  const fit = `scale=${box}:force_original_aspect_ratio=decrease:force_divisible_by=2`;
  const sound = [
    "-map",
    "0:a",
    "-c:a",
    "aac",
    "-b:a",
    "128k",
    "-af",
    "aresample=async=1:first_pts=0",
  ];
  return [
    ...["-nostdin", "-v", "error", "-y", "-i", "source.mp4", "-map", "0:v"],
    ...["-vf", `${fit},pad=${box}:(ow-iw)/2:(oh-ih)/2,setsar=1,format=yuv420p`],
    ...["-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-bf", "0"],
    ...["-b:v", `${kbps}k`, "-maxrate", `${kbps}k`, "-bufsize", `${2 * kbps}k`],
    ...["-g", "60", "-keyint_min", "60", "-sc_threshold", "0"],
    ...(index === 0 ? sound : ["-an"]),
    ...["-f", "dash", "-seg_duration", "5.995", "-hls_playlist", "1", `${index}/manifest.mpd`],
  ];
}

/** The CPU of one ffmpeg for each rung, one after the other: at once they would get in each other's way. */
async function runEach(source: string, scratch: string): Promise<number> {
  const folder = mkdtempSync(join(scratch, "each-"));
  symlinkSync(source, join(folder, "source.mp4"));
  const before = childrenCpuSeconds();
  for (const index of RUNGS.keys()) {
    mkdirSync(join(folder, String(index)));
    const child = start("ffmpeg", rungArgs(index), {}, folder);
    child.stdout?.resume();
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) throw new Error(`Cannot compare: ffmpeg ended with ${code}`);
  }
  rmSync(folder, { recursive: true });
  return childrenCpuSeconds() - before;
}

/** What an adaptive set of four rungs costs in CPU, against one ffmpeg for each. */
export async function measureLadder({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const seconds = isQuick ? 4 : 30;
  const home = newHome(scratch);
  const source = join(home.media, "source.mp4");
  // One decode instead of four is most of what is saved: it must cost what it does of a real source.
  const size = { width: 1920, height: 1080 };
  await makeSource(source, { ...size, seconds, bitrate: "9M", preset: "veryfast" });
  const server = await startPontus(home);
  const [set, each]: [number[], number[]] = [[], []];
  try {
    await registerProfile(server.url);
    for (let round = 1; round <= (isQuick ? 1 : 3); round += 1) {
      set.push(await runTask(server, `round-${round}`));
      each.push(await runEach(source, scratch));
      const [ours, peer] = [set, each].map((costs) => figure(costs.at(-1) ?? 0));
      say(`round ${round}: one task ${ours} s CPU; four processes ${peer} s CPU`);
    }
  } finally {
    await server.stop();
  }
  const ratio = ratioOf(set, each);
  const row = {
    key: "ladder.cpu",
    what: "an adaptive HLS set of four sizes of a 1080p clip; peer: one ffmpeg a size: CPU",
    ours: `${figure(median(set))} s`,
    peer: `${figure(median(each))} s`,
    ratio,
    bar: `≤ ${CPU_RATIO_MAX} x`,
    isMet: ratio <= CPU_RATIO_MAX,
  };
  return { rows: [row], facts: { seconds, set, each } };
}
