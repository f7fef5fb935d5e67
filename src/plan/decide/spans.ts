import { toNumber } from "../../lib/rational.ts";
import { demuxerOf } from "../../probe/formats.ts";
import type { AudioStream, MediaInfo, VideoStream } from "../../probe/media.ts";
import type { Rendition } from "../../profile/profile.ts";
import { TaskError } from "../../task/errors.ts";
import type { Clip } from "../../task/task.ts";
import { frameRate } from "../encode/framerate.ts";

/** Raw streams, whose duration ffprobe guesses from the bitrate of their beginning. */
const GUESSED_DURATIONS = [..."h264 hevc m4v mpegvideo mp3 aac ac3 eac3 dts amr".split(" ")];

/** Less audio than this counts as none. */
const SOUND_SECONDS_MIN = 0.001;
/** The rounding error of sums and differences of seconds: half of ffmpeg's own unit. */
const ROUNDING_SECONDS = 5e-7;

/** When a stream plays, in seconds from the start of the file. */
type Span = { readonly start: number; readonly end: number };

/** When a stream plays; undefined if the source does not say. */
function spanOf(stream: VideoStream | AudioStream, media: MediaInfo): Span | undefined {
  const { startSeconds, durationSeconds } = stream;
  const demuxer = demuxerOf(media.format);
  if (durationSeconds === undefined || GUESSED_DURATIONS.includes(demuxer)) return undefined;
  const start = (startSeconds ?? media.startSeconds ?? 0) - (media.startSeconds ?? 0);
  // Matroska's duration counts from the start of the file.
  return { start, end: demuxer === "matroska" ? durationSeconds : start + durationSeconds };
}

const endOf = ({ startSeconds, durationSeconds }: Clip): number =>
  startSeconds + (durationSeconds ?? Number.POSITIVE_INFINITY);

/** How much of a stream a clip holds, in seconds; undefined if the source does not say. */
export function streamSeconds(
  stream: VideoStream | AudioStream,
  media: MediaInfo,
  clip: Clip = { startSeconds: 0 },
): number | undefined {
  const span = spanOf(stream, media);
  if (!span) return undefined;
  return Math.max(0, Math.min(span.end, endOf(clip)) - Math.max(span.start, clip.startSeconds));
}

/**
 * How long the streams of a product last together, in seconds; undefined if the source does not say.
 *
 * It comes from the streams if each of them says, because an audio track may be shorter than its video. Otherwise it
 * comes from the file, if all its streams are used.
 */
export function durationOf(
  media: MediaInfo,
  usesVideo: boolean,
  usesAudio: boolean,
): number | undefined {
  if (GUESSED_DURATIONS.includes(demuxerOf(media.format))) return undefined;
  const used = [usesVideo ? media.video : undefined, usesAudio ? media.audio : undefined];
  const ends = used
    .filter((stream) => stream !== undefined)
    .map((stream) => spanOf(stream, media)?.end);
  if (ends.every((end) => end !== undefined)) return Math.max(...ends);
  const usesAll = (usesVideo || !media.video) && (usesAudio || !media.audio);
  return usesAll ? media.durationSeconds : undefined;
}

/** How much of a duration a clip leaves, never below 0. */
export function clippedSeconds(
  whole: number | undefined,
  clip: Clip | undefined,
): number | undefined {
  if (whole === undefined || !clip) return whole;
  const rest = Math.max(0, whole - clip.startSeconds);
  return Math.min(rest, clip.durationSeconds ?? rest);
}

/** The shortest output that can be made, in seconds: a frame of the source and of the output, or a moment of audio. */
function leastSeconds({ video }: Rendition, source: VideoStream | undefined): number {
  if (video === "none" || !source) return SOUND_SECONDS_MIN;
  const rates = [source.framerate, video === "copy" ? undefined : frameRate(video, source)];
  return Math.max(
    SOUND_SECONDS_MIN,
    ...rates.map((rate) => (rate === undefined ? 0 : 1 / toNumber(rate))),
  );
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;

/** Why a clip holds nothing of a span; undefined if it holds some. */
function missed(clip: Clip, span: Span, least: number): string | undefined {
  if (span.end - clip.startSeconds < least - ROUNDING_SECONDS)
    return `ends at ${round(span.end)} s, and the clip starts at ${clip.startSeconds} s`;
  if (endOf(clip) - span.start < least - ROUNDING_SECONDS)
    return `starts at ${round(span.start)} s, and the clip ends at ${round(endOf(clip))} s`;
  return undefined;
}

/**
 * Refuses a clip that holds nothing of the source, or nothing of a rendition's main stream: its video, or its audio if it
 * has none.
 *
 * @throws {TaskError} `invalid_parameter`
 */
export function refuseEmptyClip(rendition: Rendition, media: MediaInfo, clip: Clip): void {
  const least = leastSeconds(rendition, media.video);
  const refuse = (why: string): TaskError =>
    new TaskError("invalid_parameter", `Cannot cut the clip: ${why}`);
  if ((clip.durationSeconds ?? least) < least - ROUNDING_SECONDS)
    throw refuse(`${clip.durationSeconds} s are less than one frame`);
  const kind = rendition.video === "none" ? "audio" : "video";
  const spans = [
    { name: `source's ${kind}`, span: media[kind] && spanOf(media[kind], media) },
    { name: "source", span: media.durationSeconds && { start: 0, end: media.durationSeconds } },
  ];
  for (const { name, span } of spans) {
    const why = span ? missed(clip, span, least) : undefined;
    if (why !== undefined) throw refuse(`the ${name} ${why}`);
  }
}

/** Why a clip holds no audio although its source has some; undefined if it holds some or the source does not say. */
export function audioMissed(media: MediaInfo, clip: Clip): string | undefined {
  const span = media.audio && spanOf(media.audio, media);
  const why = span && missed(clip, span, SOUND_SECONDS_MIN);
  return why === undefined ? undefined : `the source's audio ${why}`;
}
