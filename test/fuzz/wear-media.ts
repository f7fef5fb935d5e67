import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { type ClipOptions, clip } from "../fixtures/clips.ts";
import { hasEnded, type RunningService, type TaskAnswer } from "../fixtures/service.ts";
import { Random } from "../simulation/random.ts";
import { mutated } from "./mutations.ts";

const SMALL = { width: 96, height: 64, seconds: 1 };

/** What is damaged: one of each kind of container. */
const KINDS: readonly ClipOptions[] = [
  SMALL,
  { ...SMALL, args: ["-movflags", "frag_keyframe+empty_moov"] },
  { ...SMALL, container: "mov" },
  { ...SMALL, container: "mkv" },
  { ...SMALL, container: "webm", video: "libvpx-vp9", audio: "libopus" },
  { ...SMALL, container: "ts" },
  { ...SMALL, container: "flv" },
  { ...SMALL, container: "avi", video: "mpeg4", audio: "libmp3lame" },
  { ...SMALL, container: "mpg", video: "mpeg2video", audio: "mp2" },
  { ...SMALL, container: "mp3", video: false, audio: "libmp3lame" },
  { ...SMALL, container: "ogg", video: false, audio: "libopus" },
  { ...SMALL, container: "wav", video: false, audio: "pcm_s16le" },
  { ...SMALL, container: "gif", video: "gif", audio: false },
];

/** Profiles that copy, encode and cut into segments. */
const OUTPUTS = [
  ["video_mp4_160x120_200kbps", "mp4"],
  ["video_flv_transmux", "flv"],
  ["video_hls_adaptive", "m3u8"],
  ["video_hls_320x240_256kbps", "m3u8"],
  ["video_dash_adaptive", "mpd"],
  ["audio_mp3_128kbps", "mp3"],
] as const;

const TASK_MS_MAX = 180_000;

/** How a damaged file came through. */
export type Worn = { readonly seed: number; readonly what: string; readonly task: TaskAnswer };

/** Those that damaged media may end with: the caller's file is to blame, never the service. */
const BLAMED = ["InvalidInputData", "InputNotSupported", "OutputNotSupported", "ParameterError"];

/** Whether a task on damaged media ended as it may. */
export const isBlamed = ({ task_status, error }: TaskAnswer): boolean =>
  task_status === "SUCCESS" || BLAMED.includes(error?.code ?? "");

/** Damages files by their seeds, runs a task on each, some at once, and tells how each ended; what was made is removed. */
export async function wearMedia(
  service: RunningService,
  seeds: readonly number[],
  atOnce: number,
): Promise<readonly Worn[]> {
  const paths = await Promise.all(KINDS.map((kind) => clip(kind)));
  const files = paths.map((path) => ({ extension: extname(path), bytes: readFileSync(path) }));
  const worn: Worn[] = [];
  const next = seeds[Symbol.iterator]();
  const wearAll = async () => {
    for (const seed of next) worn.push(await wearOne(service, files, seed));
  };
  await Promise.all(Array.from({ length: atOnce }, wearAll));
  return worn;
}

type File = { readonly extension: string; readonly bytes: Buffer };

async function wearOne(
  { home, create, task }: RunningService,
  files: readonly File[],
  seed: number,
): Promise<Worn> {
  const random = new Random(seed);
  const file = random.pick(files);
  const [profile, extension] = random.pick(OUTPUTS) ?? OUTPUTS[0];
  if (!file) throw new Error("there is no file to damage");
  const { how, bytes } = mutated(file.bytes, seed);
  const folder = join(home.media, String(seed));
  mkdirSync(folder);
  writeFileSync(join(folder, `in${file.extension}`), bytes);
  const id = await create({
    source: { source_url: `${seed}/in${file.extension}` },
    profile_name: profile,
    targets: [{ target_url: `${seed}/out.${extension}` }],
  });
  const what = `${file.extension} with ${how}, to ${profile}`;
  for (const endMs = Date.now() + TASK_MS_MAX; Date.now() < endMs; await Bun.sleep(50)) {
    const now = await task(id);
    if (!hasEnded(now)) continue;
    rmSync(folder, { recursive: true });
    return { seed, what, task: now };
  }
  throw new Error(`seed ${seed} (${what}) does not end`);
}

/** What is left in the scratch of a service that runs no task, besides what it always has there. */
export function leftInScratch({ home }: RunningService): readonly string[] {
  const scratch = join(home.data, "scratch");
  return readdirSync(scratch).flatMap((instance) =>
    readdirSync(join(scratch, instance)).filter(
      (name) => !/^(instance\.lock|standby-.*)$/.test(name),
    ),
  );
}
