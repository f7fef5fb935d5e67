import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo, PacketFacts } from "../../probe/media.ts";
import { TaskError } from "../../task/errors.ts";
import type { Expectation } from "../plan.ts";
import { mayBeHeadless } from "./held.ts";
import { WrongOutput } from "./wrong-output.ts";

/** Clocks of containers: flv and mkv round each time to 1 ms, and a span has two ends. */
const CLOCK_SECONDS = 0.005;
/** ffmpeg moves times that run backwards or stand still by a clock tick; in a long file these ticks add up. */
const SPAN_PART = 0.0005;
/** AVI counts sound in packets; if several outputs share a run, ffmpeg 5.1 moves it in the second one by half a packet. */
const AVI_SOUND_PART = 0.5;
/** A cut MPEG-TS ends within a packet, which a demuxer may give out or not. */
const PACKETS_OFF = 1;
/** Opus in Matroska: a copy moves the sound by its pre-skip (measured: 7 ms). Lips and sound 45 ms apart are noticed. */
const DISTANCE_SECONDS = 0.02;
/**
 * If packets have only decoding times (AVI, some QuickTime), a copy makes presentation times, which moves pictures by so
 * many places.
 */
const REORDER_PACKETS = 3;
/** Time stamps that are further apart make no sense: a sum overflowed, or the bytes are no time stamp. */
const SENSIBLE_SECONDS_MAX = 1e6;

type Kind = "video" | "audio";

/** A stream before and after the copy. */
type Pair = { readonly kind: Kind; readonly before: PacketFacts; readonly after: PacketFacts };

/**
 * Compares the copied streams of an output with the source's: the packets, the time they span, the gaps between them, and
 * how far video and audio are apart.
 *
 * Allowed are times that are rounded to the container's clock, times that are all moved together, and no video before the
 * first key frame if a recording begins within a GOP.
 *
 * @throws {TaskError} `output_wrong` if something is lost; `output_not_supported` if the source's packets have no time
 *   stamps; `internal` if the output's were not counted
 */
export function judgeCopies(expect: Expectation, output: MediaInfo, source: MediaInfo): void {
  const video = pairOf("video", expect, output, source);
  const audio = pairOf("audio", expect, output, source);
  const demuxer = demuxerOf(source.format);
  for (const pair of [video, audio]) if (pair) judgePair(pair, source);
  // If packets say when a picture is decoded, but not when it is shown, its distance from the audio cannot be compared.
  if (video && audio && demuxer !== "avi" && !isByDecoding(video) && !isByDecoding(audio))
    judgeDistance(video, audio);
}

const isByDecoding = ({ before, after }: Pair): boolean =>
  before.isByDecoding === true || after.isByDecoding === true;

function pairOf(
  kind: Kind,
  expect: Expectation,
  output: MediaInfo,
  source: MediaInfo,
): Pair | undefined {
  if (!expect[kind]?.sameAsSource) return undefined;
  const before = source[kind]?.packets;
  const after = output[kind]?.packets;
  if (before && after) return { kind, before, after };
  if (!before)
    throw new TaskError(
      "output_not_supported",
      `Cannot copy the ${kind}: the source has no time stamps`,
    );
  throw new TaskError("internal", `Cannot verify the copied ${kind}: its packets were not counted`);
}

/** How much of the video's beginning a copy left out, in seconds: it cannot begin before a key frame. */
export function headlessSeconds(expect: Expectation, output: MediaInfo, source: MediaInfo): number {
  const pair = pairOf("video", expect, output, source);
  return pair ? Math.max(0, lostOf(pair)) * intervalOf(pair.before) : 0;
}

const lostOf = ({ before, after }: Pair): number => before.count - after.count;

const intervalOf = (facts: PacketFacts): number =>
  facts.count > 1 ? spanOf(facts) / (facts.count - 1) : 0;

const spanOf = ({ firstSeconds, lastSeconds }: PacketFacts): number => lastSeconds - firstSeconds;

const slack = (facts: PacketFacts): number => CLOCK_SECONDS + spanOf(facts) * SPAN_PART;

function judgePair(pair: Pair, source: MediaInfo): void {
  const { kind, before, after } = pair;
  const demuxer = demuxerOf(source.format);
  const lost = lostOf(pair);
  const interval = intervalOf(before);
  if (spanOf(before) > SENSIBLE_SECONDS_MAX) {
    if (lost === 0 && isJumpClosed(pair)) return;
    throw new TaskError(
      "source_damaged",
      `Cannot use the source: the time stamps of its ${kind} make no sense`,
    );
  }
  const isHeadless =
    kind === "video" &&
    lost > 0 &&
    mayBeHeadless(source, lost * interval) &&
    lost <= (before.firstKey ? before.firstKey.headCount + PACKETS_OFF : after.count);
  if (Math.abs(lost) > PACKETS_OFF && !isHeadless)
    throw wrong(kind, `has ${after.count} packets, and the source ${before.count}`);
  // The time of the packets that are gone is missing too, and nothing else may be.
  const expected = spanOf(before) - Math.max(0, lost) * interval;
  const off = Math.abs(spanOf(after) - expected);
  const moved = isByDecoding(pair) && kind === "video" ? interval * REORDER_PACKETS : 0;
  const clock =
    slack(before) + moved + (demuxer === "avi" && kind === "audio" ? interval * AVI_SOUND_PART : 0);
  if (off > clock + (lost === 0 ? 0 : before.gapSecondsMax + interval))
    throw wrong(kind, `spans ${round(spanOf(after))} s, and the source ${round(spanOf(before))} s`);
  if (after.gapSecondsMax > before.gapSecondsMax + clock)
    throw wrong(
      kind,
      `has a gap of ${round(after.gapSecondsMax)} s, and the source ${round(before.gapSecondsMax)} s at most`,
    );
}

/**
 * Whether the time stamps make no sense only because of one jump, and the copy goes on without it: the clock of FLV
 * begins anew after 2^31 ms in files of some writers (ffmpeg is one), and ffmpeg closes the gap.
 */
function isJumpClosed({ before, after }: Pair): boolean {
  const rest = spanOf(before) - before.gapSecondsMax;
  const off = spanOf(after) - rest;
  return off >= -slack(after) && off <= after.gapSecondsMax + slack(after);
}

/** Compares how far the ends of video and audio are apart: the ends, because the beginning may be missing. */
function judgeDistance(video: Pair, audio: Pair): void {
  const before = video.before.lastSeconds - audio.before.lastSeconds;
  const after = video.after.lastSeconds - audio.after.lastSeconds;
  const allowed = DISTANCE_SECONDS + slack(video.before) + packetsOff(video) + packetsOff(audio);
  if (Math.abs(after - before) > allowed)
    throw new WrongOutput(
      `video and audio are ${round(after - before)} s further apart than in the source`,
      undefined,
      "copy",
    );
}

/** The time of the few packets that may be missing at an end. */
function packetsOff(pair: Pair): number {
  const lost = Math.abs(lostOf(pair));
  return lost === 0 || lost > PACKETS_OFF ? 0 : pair.before.gapSecondsMax;
}

const round = (value: number): number => Math.round(value * 1000) / 1000;

const wrong = (kind: Kind, why: string): TaskError =>
  new WrongOutput(`its ${kind} ${why}`, kind, "copy");
