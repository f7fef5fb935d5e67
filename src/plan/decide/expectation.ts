import { toNumber } from "../../lib/rational.ts";
import { demuxerOf } from "../../probe/formats.ts";
import type { AudioStream, MediaInfo, VideoStream } from "../../probe/media.ts";
import { codecName } from "../../profile/codecs.ts";
import { isImage, readBy } from "../../profile/container-rules.ts";
import { factsOf, type Written } from "../../profile/containers.ts";
import { wholeSize } from "../../profile/fields/contact-sheet.ts";
import type { Rendition } from "../../profile/profile.ts";
import type { Clip } from "../../task/task.ts";
import { keptColour } from "../encode/colours/kept-colour.ts";
import { frameRate } from "../encode/framerate.ts";
import { outputPicture } from "../encode/picture.ts";
import type { Expectation, StreamDecision } from "../plan.ts";
import { clippedSeconds, durationOf, streamSeconds } from "./spans.ts";

/** How far apart the key frames of a copied clip may lie: more than ten seconds is rare. */
const KEY_FRAMES_APART_SECONDS = 10;

const TOLERANCE_PART = 0.01;
const TOLERANCE_SECONDS_MIN = 0.5;
/** Some containers lose the duration of the last frame, and changing the frame rate rounds it. */
const TOLERANCE_FRAMES = 2;

/** What has been decided for a product and determines how its file must look. */
export type Decided = {
  readonly rendition: Rendition;
  readonly container: Written;
  readonly video: StreamDecision;
  readonly audio: StreamDecision;
};

/** What a product must look like. */
export function expectationOf(
  decided: Decided,
  media: MediaInfo,
  clip: Clip | undefined,
): Expectation {
  const { video, audio } = decided;
  // A single picture lasts no time.
  if (isImage(decided.container) && media.video)
    return {
      durationToleranceSeconds: 0,
      video: { ...videoLook(decided, media.video, media, clip), durationSeconds: 0 },
    };
  const timed = timedStreams(decided);
  const whole = durationOf(media, timed.video, timed.audio);
  const durationSeconds = clip ? clippedSeconds(whole, clip) : whole;
  const isCut = clip !== undefined && (video.action === "copy" || audio.action === "copy");
  const slack = tolerance(durationSeconds, decided, media);
  return {
    ...(durationSeconds !== undefined && { durationSeconds }),
    durationToleranceSeconds: slack + (isCut ? KEY_FRAMES_APART_SECONDS : 0),
    ...(clip && { clip }),
    ...(audio.action !== "none" && !timed.audio && { isTimedByVideo: true as const }),
    ...(media.video &&
      video.action !== "none" && { video: videoLook(decided, media.video, media, clip) }),
    ...(media.audio &&
      audio.action !== "none" && { audio: audioLook(decided, media.audio, media, clip) }),
  };
}

/** Which streams count for a product's duration: in a playlist the video alone if there is any, in a file both. */
function timedStreams({ container, video, audio }: Decided): { video: boolean; audio: boolean } {
  const hasVideo = video.action !== "none";
  const isByVideo = factsOf(container).isTimedByVideo && hasVideo;
  return { video: hasVideo, audio: audio.action !== "none" && !isByVideo };
}

function audioLook(
  { rendition, container, audio }: Decided,
  source: AudioStream,
  media: MediaInfo,
  clip: Clip | undefined,
): NonNullable<Expectation["audio"]> {
  const isCopy = audio.action === "copy" || typeof rendition.audio === "string";
  const codec =
    isCopy || typeof rendition.audio === "string" ? source.codec : codecName(rendition.audio.codec);
  const alias = aliasOf(codec, [container, ...(isCopy ? readBy(demuxerOf(media.format)) : [])]);
  const names = { codec, ...(alias !== undefined && { alias }) };
  if (audio.action === "copy") return { ...names, sameAsSource: !clip };
  const seconds = streamSeconds(source, media, clip);
  return {
    ...names,
    sameAsSource: false,
    ...(seconds !== undefined && { durationSeconds: seconds }),
  };
}

function videoLook(
  { rendition, video }: Decided,
  source: VideoStream,
  media: MediaInfo,
  clip: Clip | undefined,
): NonNullable<Expectation["video"]> {
  if (video.action === "copy" || typeof rendition.video === "string") {
    const { codec, width, height } = source;
    return { codec, width, height, sameAsSource: !clip, isCopy: true };
  }
  const picture = outputPicture(rendition.video, source);
  const { width, height } = wholeSize(picture, rendition.video.contactSheet);
  const codec = codecName(rendition.video.codec);
  const seconds = streamSeconds(source, media, clip);
  const duration = seconds === undefined ? {} : { durationSeconds: seconds };
  const colour = keptColour(rendition.video, source);
  return { codec, width, height, sameAsSource: false, ...duration, ...(colour && { colour }) };
}

/**
 * The other name that MPEG audio may have if one of the containers does not tell its layers apart; undefined if all do.
 * For a copy, the containers of its source count as well.
 */
function aliasOf(codec: string, containers: readonly Written[]): string | undefined {
  if (!containers.some((container) => factsOf(container).isLayerless)) return undefined;
  return { mp2: "mp3", mp3: "mp2" }[codec];
}

function tolerance(
  durationSeconds: number | undefined,
  decided: Decided,
  media: MediaInfo,
): number {
  const timed = timedStreams(decided);
  const used = [timed.video ? media.video : undefined, timed.audio ? media.audio : undefined];
  const starts = used.flatMap((stream) => stream?.startSeconds ?? []);
  // Containers differ in whether the time before the first frame counts.
  const late = starts.length === 0 ? 0 : Math.min(...starts) - (media.startSeconds ?? 0);
  return Math.max(
    (durationSeconds ?? 0) * TOLERANCE_PART,
    TOLERANCE_SECONDS_MIN + Math.max(0, late),
    framesSeconds(decided.rendition.video, decided.video, media.video),
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
    ...(typeof wanted === "object" && action === "encode" ? [frameRate(wanted, source)] : []),
  ];
  return Math.max(0, ...rates.map((rate) => TOLERANCE_FRAMES / toNumber(rate)));
}
