import { appendFile, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { rewriteManifest, segmentsOf } from "../../manifest/write/set-playlists.ts";
import { withCaptions } from "../../manifest/write/told-captions.ts";
import { sheetName } from "../../plan/args/thumbnails.ts";
import type { Expectation, PlannedOutput, PlannedSound, SetPlan } from "../../plan/plan.ts";
import {
  finishManifest,
  finishPlaylist,
  initOf,
  judgeBoundaries,
  masterPlaylist,
  secondsOf,
  segmentTimes,
  type TrackFacts,
  withBitrates,
} from "../../plan/verify/finished-set.ts";
import { judgeSheets, sheetCount, thumbnailTrack } from "../../plan/verify/finished-sheets.ts";
import { withSubtitles } from "../../plan/verify/finished-subtitles.ts";
import { withSoundRoles } from "../../plan/verify/set-sounds.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { isToldIn, PICTURE_TRACK } from "../../profile/container-rules.ts";
import { TaskError } from "../../task/errors.ts";
import type { OutputSound } from "../../task/task.ts";
import type { JudgingRun } from "../run.ts";
import { type PlacedSubtitles, placeSubtitles } from "../subtitles/set-subtitles.ts";
import type { CountedSource } from "./counted-source.ts";
import { type FinishedTrack, trackFacts } from "./describe-output.ts";
import { readTold } from "./iso-file.ts";
import { concatOf, isComparedCopy, probeWithEnd, refuseCutSegments } from "./verify-end.ts";
import { describeSound, judgeChannels, loudnessWarnings, measured } from "./verify-sounds.ts";

/** What finishing a set needs. */
export type SetInput = {
  readonly product: PlannedOutput;
  readonly set: SetPlan;
  /** Absolute path of the attempt's work folder. */
  readonly folder: string;
  readonly source: Pick<CountedSource, "judge">;
  readonly run: JudgingRun;
};

/** What a finished set holds. */
type FinishedSet = {
  readonly tracks: readonly Finished[];
  readonly subtitles: readonly PlacedSubtitles[];
};

/** A finished stream of a set, and its segments; the sound in it, if it was chosen. */
type Finished = FinishedTrack & {
  readonly times: ReturnType<typeof segmentTimes>;
  readonly sounds: readonly OutputSound[];
};

/** The name of the manifest in the folder of segments. */
const MANIFEST = "manifest.mpd";
/** ffmpeg's multivariant playlist. It is replaced, because it has neither frame rates nor real bitrates. */
const LEFT_OVER = "master.m3u8";

/**
 * Verifies every stream of a set, and that players can switch between them at every segment. Then writes the entry that players
 * open, and the track of thumbnails if the set has one.
 *
 * @returns its streams in their order, and its subtitles
 * @throws {TaskError} `output_wrong`, or what probing threw
 */
export async function finishSet(input: SetInput): Promise<FinishedSet> {
  const { product, set, folder } = input;
  const segments = join(folder, product.segments ?? "");
  const manifest = await read(join(segments, MANIFEST), () => judgeNothing(input, 0));
  const finished: Finished[] = [];
  for (const index of set.tracks.keys()) finished.push(await finishTrack(input, segments, index));
  const facts = finished.map((track) => track.facts);
  judgeBoundaries(set, facts);
  if (set.thumbnails) await finishThumbnails(input, segments, finished);
  const seconds = secondsOf(facts);
  const hasPlaylists = isToldIn(product.container, "hls");
  const { subtitles: texts = [] } = product;
  const subtitles = await placeSubtitles(texts, folder, segments, { seconds, hasPlaylists });
  const told = withSoundRoles(
    withSubtitles(withCaptions(finishManifest(manifest, facts), set.captions), subtitles, seconds),
    set.tracks,
  );
  await writeEntries(input, segments, told, { facts, subtitles });
  return { tracks: finished, subtitles };
}

/**
 * Tells players the bitrates of a finished set once more, after encryption has made its segments larger.
 *
 * @returns its streams as they are now
 */
export async function retellBitrates(
  { product, set, folder }: Pick<SetInput, "product" | "set" | "folder">,
  { tracks, subtitles }: FinishedSet,
): Promise<readonly FinishedTrack[]> {
  const segments = join(folder, product.segments ?? "");
  const entry = join(folder, product.entry);
  const now: FinishedTrack[] = [];
  for (const { facts, media, times } of tracks)
    now.push({ facts: { ...facts, segments: await sized(segments, times) }, media });
  const facts = now.map((track) => track.facts);
  const isHls = isToldIn(product.container, "hls");
  if (isHls) await writeFile(entry, masterPlaylist(set, facts, "segments", subtitles));
  if (isToldIn(product.container, "dash")) {
    const manifest = isHls ? join(segments, MANIFEST) : entry;
    await writeFile(manifest, withBitrates(await readFile(manifest, "utf8"), facts));
  }
  return now;
}

/** @param judge - says why a file is missing, if the source is the cause */
async function read(path: string, judge: () => Promise<unknown>): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    await judge();
    throw new TaskError("output_wrong", "Cannot deliver the set: a part of it is missing", {
      cause,
    });
  }
}

/** Judges a stream of which nothing came out: ffmpeg makes no playlist of it, and no manifest if that holds for all. */
const judgeNothing = ({ set, source }: SetInput, index: number) =>
  source.judge(set.tracks[index]?.expect ?? ANY, { format: "", streams: [] });

const ANY: Expectation = { durationToleranceSeconds: 0 };

async function finishTrack(input: SetInput, segments: string, index: number): Promise<Finished> {
  const { set, source, run } = input;
  const { engine, signal, warn } = run;
  const track = set.tracks[index];
  const path = join(segments, track?.playlist ?? "");
  const playlist = finishPlaylist(await read(path, () => judgeNothing(input, index)));
  await writeFile(path, playlist);
  const expect = track?.expect ?? ANY;
  const concat = concatOf(playlist);
  await refuseCutSegments(concat, segments);
  const ended = { path, expect, isCounted: isComparedCopy(expect), concat };
  const media = await probeWithEnd(ended, engine, signal);
  await warn(await source.judge(expect, media, track?.sound?.stream));
  const times = segmentTimes(playlist);
  const told = await readTold(join(segments, initOf(playlist) ?? ""));
  const sounds = await finishSound(input, track?.sound, media, { segments, playlist });
  return { facts: trackFacts(media, told, await sized(segments, times)), media, times, sounds };
}

/** Judges a sound that was chosen, and measures it if its loudness was set. */
async function finishSound(
  { folder, run: { engine, signal, warn } }: SetInput,
  sound: PlannedSound | undefined,
  { audio }: MediaInfo,
  { segments, playlist }: { readonly segments: string; readonly playlist: string },
): Promise<readonly OutputSound[]> {
  if (!sound || !audio) return [];
  judgeChannels(sound, audio);
  if (!sound.loudness) return describeSound(sound, audio, undefined);
  const whole = join(folder, "sound.mp4");
  try {
    await rm(whole, { force: true });
    for (const name of segmentsOf(playlist))
      await appendFile(whole, await readFile(join(segments, name)));
    const [after] = await measured([sound], whole, { engine, signal, folder });
    await warn(loudnessWarnings(sound, after));
    return describeSound(sound, audio, after);
  } finally {
    await rm(whole, { force: true });
  }
}

/** Segments with their sizes. */
const sized = (folder: string, times: Finished["times"]): Promise<TrackFacts["segments"]> =>
  Promise.all(
    times.map(async ({ name, seconds }) => ({ seconds, bytes: await sizeOf(join(folder, name)) })),
  );

async function sizeOf(path: string): Promise<number> {
  const info = await stat(path).catch(() => undefined);
  return info?.size ?? 0;
}

async function finishThumbnails(
  { set: { thumbnails }, run: { engine, signal } }: SetInput,
  segments: string,
  finished: readonly FinishedTrack[],
): Promise<void> {
  const track = finished.find(({ media }) => media.video);
  const seconds = track?.media.durationSeconds ?? 0;
  if (!thumbnails || !track) return;
  const { pictures, sheets } = sheetCount(thumbnails, seconds, 1 / (track.facts.framerate ?? 1));
  const sizes: { width: number; height: number }[] = [];
  for (let number = 1; number <= sheets; number += 1) {
    const path = join(segments, sheetName(number));
    const { video } = await engine.probe({ path, side: "output" }, signal);
    if (video) sizes.push(video);
  }
  judgeSheets(thumbnails, sheets, sizes);
  await writeFile(join(segments, PICTURE_TRACK), thumbnailTrack(thumbnails, pictures, seconds));
}

/** What players are told of a set's streams and subtitles. */
type Told = {
  readonly facts: readonly TrackFacts[];
  readonly subtitles: readonly PlacedSubtitles[];
};

/** Writes the entry and removes what the set does not need: the playlists of the streams are for HLS alone. */
async function writeEntries(
  { product, set, folder }: SetInput,
  segments: string,
  manifest: string,
  { facts, subtitles }: Told,
): Promise<void> {
  const entry = join(folder, product.entry);
  const isHls = isToldIn(product.container, "hls");
  await writeFile(
    entry,
    isHls
      ? masterPlaylist(set, facts, "segments", subtitles)
      : rewriteManifest(manifest, (name) => `segments/${name}`),
  );
  if (isHls && isToldIn(product.container, "dash"))
    await writeFile(join(segments, MANIFEST), manifest);
  else await rm(join(segments, MANIFEST));
  const unneeded = [LEFT_OVER, ...(isHls ? [] : set.tracks.map(({ playlist }) => playlist))];
  for (const name of unneeded) await rm(join(segments, name), { force: true });
}
