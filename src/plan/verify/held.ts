import { demuxerOf } from "../../probe/formats.ts";
import type { AudioStream, MediaInfo, PacketFacts, VideoStream } from "../../probe/media.ts";
import type { Expectation } from "../plan.ts";

/**
 * How many seconds may come before the first key frame in a broadcast that was cut anywhere: they cannot be shown, and
 * are left out.
 */
const HEADLESS_SECONDS_MAX = 15;
const HEADLESS_FORMATS = ["mpegts", "mpeg", "flv", "asf", "rm", "wtv"];

/** Whether a recording in its format may begin within a GOP, with so many seconds that cannot be shown. */
export const mayBeHeadless = ({ format }: Pick<MediaInfo, "format">, seconds: number): boolean =>
  HEADLESS_FORMATS.includes(demuxerOf(format)) && seconds <= HEADLESS_SECONDS_MAX;

/** How long something lasts by its packets, in seconds: `atMost` with the gaps between them, `atLeast` with the gaps closed. */
export type Held = { readonly atLeast: number; readonly atMost: number };

/** How long a product lasts by the packets of its source, as a whole and by stream. */
export type HeldLengths = {
  readonly whole: Held;
  readonly video?: Held;
  readonly audio?: Held;
};

type Stretch = { readonly from: number; readonly to: number; readonly holes: number };

/**
 * How long what was asked for lasts by the packets of a source, whatever its header says.
 *
 * @param source - probed with its packets counted
 * @returns undefined if they were not counted, or have no times
 */
export function heldBy(expect: Expectation, source: MediaInfo): HeldLengths | undefined {
  const video = expect.video && stretchOf(source.video, source);
  const audio = expect.audio && stretchOf(source.audio, source);
  const used = [video, audio].filter((one) => one !== undefined);
  if (used.length === 0) return undefined;
  const begin = Math.min(source.startSeconds ?? Number.POSITIVE_INFINITY, ...fromOf(used));
  const { startSeconds = 0, durationSeconds = Number.POSITIVE_INFINITY } = expect.clip ?? {};
  const clipped = ({ from, to, holes }: Stretch): Held & { readonly end: number } => {
    const end = Math.min(to - begin, startSeconds + durationSeconds) - startSeconds;
    const length = Math.max(0, end - Math.max(0, from - begin - startSeconds));
    return { atLeast: Math.max(0, length - holes), atMost: length, end: Math.max(0, end) };
  };
  const ofVideo = video && clipped(video);
  const ofAudio = audio && clipped(audio);
  const timed = expect.isTimedByVideo && ofVideo ? [ofVideo] : [ofVideo, ofAudio];
  const both = timed.filter((one) => one !== undefined);
  return {
    whole: {
      atLeast: Math.max(0, ...both.map(({ atLeast }) => atLeast)),
      atMost: Math.max(0, ...[ofVideo, ofAudio].map((one) => one?.end ?? 0)),
    },
    ...(ofVideo && { video: ofVideo }),
    ...(ofAudio && { audio: ofAudio }),
  };
}

const fromOf = (stretches: readonly Stretch[]): readonly number[] =>
  stretches.map(({ from }) => from);

function stretchOf(
  stream: VideoStream | AudioStream | undefined,
  media: MediaInfo,
): Stretch | undefined {
  const facts = stream?.packets;
  if (!facts?.shown) return undefined;
  const { fromSeconds, toSeconds } = facts.shown;
  const head = stream === media.video ? headSecondsOf(facts, media) : 0;
  return { from: fromSeconds + head, to: toSeconds, holes: facts.holeSeconds ?? 0 };
}

/** How long a recording goes on before the first picture that can be shown, in seconds. */
function headSecondsOf({ firstKey, shown }: PacketFacts, media: MediaInfo): number {
  const head = firstKey && shown ? Math.max(0, firstKey.seconds - shown.fromSeconds) : 0;
  return mayBeHeadless(media, head) ? head : 0;
}

/**
 * A source with the times of its packets in place of its header's, for a clip that lies outside of what the header says.
 *
 * @param media - probed with its packets counted; returned as it is if they were not
 */
export function withHeldTimes(media: MediaInfo): MediaInfo {
  const all = [media.video, media.audio].flatMap((stream) => stream?.packets?.shown ?? []);
  if (all.length === 0) return media;
  const startSeconds = Math.min(...all.map(({ fromSeconds }) => fromSeconds));
  const timed = <S extends VideoStream | AudioStream>(stream: S): S => {
    const { shown } = stream.packets ?? {};
    if (!shown) return stream;
    const { fromSeconds, toSeconds } = shown;
    // Matroska's duration of a stream counts from the start of the file.
    const from = demuxerOf(media.format) === "matroska" ? startSeconds : fromSeconds;
    return { ...stream, startSeconds: fromSeconds, durationSeconds: toSeconds - from };
  };
  const video = media.video && timed(media.video);
  const audio = media.audio && timed(media.audio);
  const endSeconds = Math.max(...all.map(({ toSeconds }) => toSeconds));
  return {
    ...media,
    startSeconds,
    durationSeconds: endSeconds - startSeconds,
    ...(video && { video }),
    ...(audio && { audio }),
  };
}
