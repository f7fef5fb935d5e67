import { toNumber } from "../lib/rational.ts";
import { demuxerOf } from "../probe/formats.ts";
import type { AudioStream, MediaInfo, VideoStream } from "../probe/media.ts";
import type { Rendition } from "../profile/profile.ts";
import { TaskError } from "../task/errors.ts";
import type { Clip } from "../task/task.ts";
import { codecName, type Written } from "./containers.ts";
import { frameRate } from "./framerate.ts";
import { outputPicture } from "./picture.ts";
import type { Expectation, StreamDecision } from "./plan.ts";

/** Raw streams: what ffprobe says of their duration is a guess from the bitrate of their beginning. */
const GUESSED_DURATIONS = [..."h264 hevc m4v mpegvideo mp3 aac ac3 eac3 dts amr".split(" ")];

/** Where key frames of a copied clip may lie apart: more than ten seconds is rare. */
const KEY_FRAMES_APART_SECONDS = 10;

const TOLERANCE_PART = 0.01;
const TOLERANCE_SECONDS_MIN = 0.5;
/** The last frame's own duration is lost in some containers, and rates that change round it. */
const TOLERANCE_FRAMES = 2;

/** What has been decided for a product, as far as its look depends on it. */
export type Decided = {
  readonly rendition: Rendition;
  readonly container: Written;
  readonly video: StreamDecision;
  readonly audio: StreamDecision;
};

/**
 * What a product must look like.
 *
 * @throws {TaskError} `invalid_parameter` where the clip starts after the end
 */
export function expectationOf(
  decided: Decided,
  media: MediaInfo,
  clip: Clip | undefined,
): Expectation {
  const { video, audio } = decided;
  const whole = durationOf(media, video.action !== "none", audio.action !== "none");
  const durationSeconds = clip ? clippedSeconds(whole, clip) : whole;
  const isCut = clip !== undefined && (video.action === "copy" || audio.action === "copy");
  const slack = tolerance(durationSeconds, decided, media);
  return {
    ...(durationSeconds !== undefined && { durationSeconds }),
    durationToleranceSeconds: slack + (isCut ? KEY_FRAMES_APART_SECONDS : 0),
    ...(media.video &&
      video.action !== "none" && { video: videoLook(decided, media.video, media, clip) }),
    ...(media.audio &&
      audio.action !== "none" && { audio: audioLook(decided, media.audio, media, clip) }),
  };
}

function audioLook(
  { rendition, container, audio }: Decided,
  source: AudioStream,
  media: MediaInfo,
  clip: Clip | undefined,
): NonNullable<Expectation["audio"]> {
  const codec = audioCodec(rendition, audio, source.codec, container);
  if (audio.action === "copy") return { codec, sameAsSource: clip === undefined };
  const seconds = streamSeconds(source, media, clip);
  return { codec, sameAsSource: false, ...(seconds !== undefined && { durationSeconds: seconds }) };
}

function videoLook(
  { rendition, video }: Decided,
  source: VideoStream,
  media: MediaInfo,
  clip: Clip | undefined,
): NonNullable<Expectation["video"]> {
  if (video.action === "copy" || typeof rendition.video === "string") {
    const { codec, width, height } = source;
    return { codec, width, height, sameAsSource: clip === undefined };
  }
  const { width, height } = outputPicture(rendition.video, source);
  const codec = codecName(rendition.video.codec);
  const seconds = streamSeconds(source, media, clip);
  const duration = seconds === undefined ? {} : { durationSeconds: seconds };
  return { codec, width, height, sameAsSource: false, ...duration };
}

/** ffprobe calls any MPEG audio in an mp4 `mp3`: the file tells the layers apart no further. */
function audioCodec(
  { audio }: Rendition,
  decision: StreamDecision,
  own: string,
  container: Written,
): string {
  const name =
    decision.action === "copy" || typeof audio === "string" ? own : codecName(audio.codec);
  return name === "mp2" && container === "mp4" ? "mp3" : name;
}

/** When a stream plays, in seconds from the start of the file. */
type Span = { readonly start: number; readonly end: number };

/** Nothing where the source does not say. */
function spanOf(stream: VideoStream | AudioStream, media: MediaInfo): Span | undefined {
  const { startSeconds, durationSeconds } = stream;
  const demuxer = demuxerOf(media.format);
  if (durationSeconds === undefined || GUESSED_DURATIONS.includes(demuxer)) return undefined;
  const start = (startSeconds ?? media.startSeconds ?? 0) - (media.startSeconds ?? 0);
  // Matroska's tag counts from the start of the file.
  return { start, end: demuxer === "matroska" ? durationSeconds : start + durationSeconds };
}

/** The part of a stream that a clip holds; nothing where the source does not say. */
function streamSeconds(
  stream: VideoStream | AudioStream,
  media: MediaInfo,
  clip: Clip | undefined,
): number | undefined {
  const span = spanOf(stream, media);
  if (!span) return undefined;
  const from = clip?.startSeconds ?? 0;
  const to = from + (clip?.durationSeconds ?? Number.POSITIVE_INFINITY);
  return Math.max(0, Math.min(span.end, to) - Math.max(span.start, from));
}

/**
 * How long the streams of a product last together, in seconds; nothing where the source does not say.
 *
 * By the streams where each says, for an audio track may be shorter than its video; by the file where all its streams are used.
 */
function durationOf(media: MediaInfo, usesVideo: boolean, usesAudio: boolean): number | undefined {
  if (GUESSED_DURATIONS.includes(demuxerOf(media.format))) return undefined;
  const used = [usesVideo ? media.video : undefined, usesAudio ? media.audio : undefined];
  const ends = used
    .filter((stream) => stream !== undefined)
    .map((stream) => spanOf(stream, media)?.end);
  if (ends.every((end) => end !== undefined)) return Math.max(...ends);
  const usesAll = (usesVideo || !media.video) && (usesAudio || !media.audio);
  return usesAll ? media.durationSeconds : undefined;
}

/**
 * What a clip leaves of a duration.
 *
 * @throws {TaskError} `invalid_parameter` where it starts after the end
 */
export function clippedSeconds(whole: number | undefined, clip: Clip): number | undefined {
  if (whole === undefined) return undefined;
  const rest = whole - clip.startSeconds;
  if (rest <= 0)
    throw new TaskError(
      "invalid_parameter",
      `Cannot cut the clip: it starts at ${clip.startSeconds} s, and the source lasts ${whole} s`,
    );
  return Math.min(rest, clip.durationSeconds ?? rest);
}

function tolerance(
  durationSeconds: number | undefined,
  { rendition, video, audio }: Decided,
  media: MediaInfo,
): number {
  const used = [
    video.action === "none" ? undefined : media.video,
    audio.action === "none" ? undefined : media.audio,
  ];
  const starts = used.flatMap((stream) => stream?.startSeconds ?? []);
  // Containers differ in whether what comes before the first frame counts.
  const late = starts.length === 0 ? 0 : Math.min(...starts) - (media.startSeconds ?? 0);
  return Math.max(
    (durationSeconds ?? 0) * TOLERANCE_PART,
    TOLERANCE_SECONDS_MIN + Math.max(0, late),
    framesSeconds(rendition.video, video, media.video),
  );
}

function framesSeconds(
  wanted: Rendition["video"],
  { action }: StreamDecision,
  source: VideoStream | undefined,
): number {
  if (action === "none" || !source) return 0;
  const rates = [
    ...(source.framerate ? [source.framerate] : []),
    ...(typeof wanted === "object" && action === "encode" ? [frameRate(wanted, source).rate] : []),
  ];
  return Math.max(0, ...rates.map((rate) => TOLERANCE_FRAMES / toNumber(rate)));
}
