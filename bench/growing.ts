import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { signedRequest } from "../test/fixtures/signed-client.ts";
import { makeSource } from "./clips.ts";
import { cpuSecondsOf, type ServerProcess } from "./processes.ts";
import { type Findings, figure, type PartOptions } from "./report.ts";
import { CREDENTIALS, createTask, newHome, readTask, startPontus, TASKS } from "./service.ts";
import { median, ratioOf } from "./statistics.ts";

const run = promisify(execFile);

/** How often a target is looked at. */
const POLL_MS = 20;
/** Each call of the service costs some of the CPU that is measured. */
const ASK_MS = 500;
const SEEN_MS_MAX = 120_000;
const SECONDS_MAX = 3;
const CPU_RATIO_MAX = 1.05;
const PROFILE = "video_hls_adaptive";
const FILM_SECONDS = 7_200;
const CLIP_SECONDS = 30;

/** What a playlist names first: of a master a variant, else a segment. */
const firstNamed = (text: string): string | undefined =>
  text.split("\n").find((line) => line !== "" && !line.startsWith("#"));

/** Whether a player finds something to play: a variant in the master, its init segment and a segment in its playlist. */
async function isWatchable(media: string, master: string): Promise<boolean> {
  try {
    const variant = firstNamed(await readFile(join(media, master), "utf8"));
    if (variant === undefined) return false;
    const playlist = join(media, variant);
    const text = await readFile(playlist, "utf8");
    const init = /^#EXT-X-MAP:URI="([^"]+)"/m.exec(text)?.[1];
    const segment = firstNamed(text);
    if (init === undefined || segment === undefined) return false;
    const files = await Promise.all(
      [init, segment].map((name) => readFile(join(dirname(playlist), name))),
    );
    return files.every(({ length }) => length > 0);
  } catch {
    return false;
  }
}

const taskOf = (source: string, name: string, publish: string) => ({
  ...{ source: { source_url: source }, profile_name: PROFILE, publish },
  targets: [{ target_url: `${name}.m3u8` }],
});

async function cancel(url: string, id: string): Promise<void> {
  const address = `${url}${TASKS}/${id}/cancel`;
  await fetch(signedRequest(CREDENTIALS, address, { method: "POST" }));
  while ((await readTask(url, id)).task_status === "RUNNING") await sleep(ASK_MS);
}

/** Seconds from the POST of a film until it can be watched. It is not made to its end. */
async function secondsToSeen({ url }: ServerProcess, media: string, name: string): Promise<number> {
  const beganMs = performance.now();
  const id = await createTask(url, taskOf("film.mp4", name, "growing"));
  while (!(await isWatchable(media, `${name}.m3u8`))) {
    if (performance.now() > beganMs + SEEN_MS_MAX)
      throw new Error(`Cannot go on: nothing can be watched after ${SEEN_MS_MAX / 1000} s`);
    await sleep(POLL_MS);
  }
  const seconds = (performance.now() - beganMs) / 1000;
  await cancel(url, id);
  return seconds;
}

/** What a whole task takes, in seconds of CPU. */
async function cpuOf({ pid, url }: ServerProcess, name: string, publish: string): Promise<number> {
  const before = cpuSecondsOf(pid);
  const id = await createTask(url, taskOf("short.mp4", name, publish));
  while ((await readTask(url, id)).task_status !== "SUCCESS") await sleep(ASK_MS);
  return cpuSecondsOf(pid) - before;
}

/** Clips of camera-like bitrate, and a film that is one of them again and again. */
async function makeSources(media: string, shortSeconds: number): Promise<void> {
  const clip = join(media, "clip.mp4");
  const size = { width: 1920, height: 1080, bitrate: "4M", preset: "veryfast" } as const;
  await makeSource(clip, { ...size, seconds: CLIP_SECONDS });
  const loop = async (seconds: number, name: string) => {
    const looped = ["-stream_loop", String(Math.ceil(seconds / CLIP_SECONDS) - 1), "-i", clip];
    await run("ffmpeg", ["-v", "error", "-y", ...looped, "-c", "copy", join(media, name)]);
  };
  await loop(FILM_SECONDS, "film.mp4");
  await loop(shortSeconds, "short.mp4");
}

/** How soon a film can be watched that is published while it is made, and what that costs. */
export async function measureGrowing({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const shortSeconds = isQuick ? CLIP_SECONDS : 2 * CLIP_SECONDS;
  const home = newHome(scratch);
  await makeSources(home.media, shortSeconds);
  // Nothing is used again: each task is to encode.
  const server = await startPontus(home, { PONTUS_RESULT_CACHE_BYTES: "0" });
  const [seen, growing, whole]: [number[], number[], number[]] = [[], [], []];
  try {
    for (let round = 1; round <= (isQuick ? 1 : 5); round += 1) {
      seen.push(await secondsToSeen(server, home.media, `film-${round}`));
      const first =
        round % 2 === 1 ? (["growing", "whole"] as const) : (["whole", "growing"] as const);
      for (const publish of first) {
        const spent = await cpuOf(server, `${publish}-${round}`, publish);
        (publish === "growing" ? growing : whole).push(spent);
      }
      say(
        `round ${round}: seen after ${figure(seen.at(-1) ?? 0)} s; CPU growing ${figure(growing.at(-1) ?? 0)}, whole ${figure(whole.at(-1) ?? 0)} s`,
      );
    }
  } finally {
    await server.stop();
  }
  const ratio = ratioOf(growing, whole);
  return {
    rows: [
      {
        key: "growing.seen",
        what: "POST of a film of two hours in 1080p to the first segment that a player can get of its ladder, which grows",
        ours: `${figure(median(seen))} s`,
        peer: "",
        bar: `≤ ${SECONDS_MAX} s`,
        isMet: median(seen) <= SECONDS_MAX,
      },
      {
        key: "growing.cpu",
        what: `the same ladder of ${shortSeconds} s that grows, to its end: CPU; peer: published whole`,
        ours: `${figure(median(growing))} s`,
        peer: `${figure(median(whole))} s`,
        ratio,
        bar: `≤ ${CPU_RATIO_MAX} x`,
        isMet: ratio <= CPU_RATIO_MAX,
      },
    ],
    facts: { shortSeconds, seen, growing, whole },
  };
}
