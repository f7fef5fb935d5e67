import { toNumber } from "../../lib/rational.ts";
import { demuxerOf } from "../../probe/formats.ts";
import { lateSeconds } from "../../probe/late-stamps.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { StreamTail, Tail } from "../../probe/tail.ts";
import type { Expectation } from "../plan.ts";
import { WrongOutput } from "./wrong-output.ts";

type Kind = keyof Tail;

/**
 * So much of the end of each stream is decoded; more where that is not enough, as no seek finds a key frame in MPEG-TS, and none gets
 * behind the last one in FLV: up to all of it.
 */
export const LOOKS_SECONDS: readonly number[] = [1, 8, 64, Number.POSITIVE_INFINITY];
/** Clocks of containers, delays of encoders, and what a last packet lasts where its container does not say. */
const SLACK_SECONDS = 0.3;
/** Of several outputs of a run the encoder tells one end. */
const KEPT_SLACK_SECONDS = 1;
/** Of the slowest pictures: how long the last one is shown is not always told. */
const SLACK_FRAMES = 2;

/** And a look goes on for so long behind the end that is expected: start times, and what a header rounds. */
const BEHIND_SECONDS = 5;

/** Where to look at the last seconds of what ends there. */
export const tailOf = (
  endSeconds: number,
  seconds = LOOKS_SECONDS[0] ?? 0,
): { readonly fromSeconds: number; readonly toSeconds: number } => ({
  fromSeconds: Math.max(0, endSeconds - seconds),
  toSeconds: endSeconds + BEHIND_SECONDS,
});

/**
 * Where to look at the end of an output: where it is expected, or where the output says, that goes on long behind that, as more comes
 * out of a source whose header is too short.
 */
export function endOf(made: MediaInfo, expectedSeconds: number | undefined): number {
  const told = toldEnd(made, made);
  const isExpected =
    expectedSeconds !== undefined && !((told ?? 0) > tailOf(expectedSeconds).toSeconds);
  return isExpected ? expectedSeconds : (told ?? 0);
}

/**
 * The streams of an output of which nothing was seen at its end: they end before it, or are cut off.
 *
 * @param from - where the look at it began; a demuxer may give a last packet from before
 */
export const unseenIn = (
  expect: Expectation,
  made: MediaInfo,
  tail: Tail,
  from: number,
): readonly Kind[] =>
  KINDS.filter((kind) => expect[kind] && made[kind] && !isSeen(tail[kind], from));

const KINDS = ["video", "audio"] as const;

/** Whether anything of a stream was seen in a look that began there. */
export const isSeen = (stream: StreamTail | undefined, from: number): boolean =>
  (stream?.endSeconds ?? 0) > from;

/** The streams that were seen, and of which the end should have been decoded, but was not. */
export const undecodedIn = (expect: Expectation, made: MediaInfo, tail: Tail): readonly Kind[] =>
  KINDS.filter((kind) => tail[kind] && !isDecoded(expect, made, kind, tail[kind]));

/** Whether the end of a stream was decoded, where it has to be: what a copy holds is the source's. */
export const isDecoded = (
  expect: Expectation,
  made: MediaInfo,
  kind: Kind,
  stream: StreamTail,
): boolean => isCopied(expect, kind) || isDecodedWithin(slackOf(kind, made), stream);

const isDecodedWithin = (
  slack: number,
  { frames, lastFrameSeconds, endSeconds }: StreamTail,
): boolean => frames > 0 && lastFrameSeconds >= endSeconds - slack;

/**
 * Judges the end of an output: there are packets up to where the file says that it and its streams end, and the last of them can be
 * decoded. A stream without any packets is not judged here.
 *
 * @param made - the probed output
 * @param tail - of each stream what there is at its own end
 * @throws {TaskError} `output_wrong`
 */
export function judgeTail(expect: Expectation, made: MediaInfo, tail: Tail): void {
  const { video, audio } = tail;
  const slacks = { video: slackOf("video", made), audio: slackOf("audio", made) };
  if (video) judgeStream("video", video, made, slacks.video, isCopied(expect, "video"));
  if (audio) judgeStream("audio", audio, made, slacks.audio, isCopied(expect, "audio"));
  const ends = [video, audio].flatMap((stream) => stream?.endSeconds ?? []);
  const told = toldEnd(made, made);
  if (told === undefined || ends.length === 0) return;
  if (Math.max(...ends) < told - Math.max(slacks.video, slacks.audio))
    throw new WrongOutput(
      `it ends at ${round(Math.max(...ends))} s, and should at ${round(told)} s`,
    );
}

/**
 * Judges the end of an output that has left, by what was kept of it: from a key frame on it can be decoded, and it goes on to where
 * the encoder ended.
 *
 * @param made - the probed beginning, which lasts as long as the encoder said
 * @param isTimed - the stamps of what was kept are those of the output
 * @throws {TaskError} `output_wrong`
 */
export function judgeKeptTail(
  expect: Expectation,
  made: MediaInfo,
  tail: Tail,
  isTimed: boolean,
): void {
  const untimed = { format: made.format, streams: made.streams };
  for (const kind of ["video", "audio"] as const) {
    const stream = tail[kind];
    // What begins within a group of pictures longer than what was kept cannot be decoded.
    if (!expect[kind] || !stream?.hasKey) continue;
    judgeStream(kind, stream, untimed, slackOf(kind, made), isCopied(expect, kind));
  }
  const ends = [tail.video, tail.audio].flatMap((stream) => stream?.endSeconds ?? []);
  const told = toldEnd(made, made);
  const slack = Math.max(KEPT_SLACK_SECONDS, expect.durationToleranceSeconds);
  if (isTimed && told !== undefined && ends.length > 0 && Math.max(...ends) < told - slack)
    throw new WrongOutput(
      `it ends at ${round(Math.max(...ends))} s, and should at ${round(told)} s`,
    );
}

/**
 * Where a file, or a stream of it, says that it ends. Matroska tells the time of the end, others the length; that of a whole MP4
 * counts from zero, also where nothing begins there.
 */
function toldEnd(
  made: MediaInfo,
  stream: Pick<MediaInfo, "durationSeconds" | "startSeconds">,
): number | undefined {
  const { format, startSeconds: from = 0 } = made;
  const { durationSeconds, startSeconds = from } = stream;
  if (durationSeconds === undefined) return undefined;
  const demuxer = demuxerOf(format);
  if (demuxer === "matroska") return durationSeconds + lateSeconds(format, from);
  return stream === made && demuxer === "mov" ? durationSeconds : durationSeconds + startSeconds;
}

const slackOf = (kind: Kind, { video }: MediaInfo): number =>
  SLACK_SECONDS +
  (kind === "video" && video?.framerate ? SLACK_FRAMES / toNumber(video.framerate) : 0);

/** What a copy holds is the source's. */
const isCopied = ({ video, audio }: Expectation, kind: Kind): boolean =>
  kind === "video" ? video?.isCopy === true : audio?.sameAsSource === true;

function judgeStream(
  kind: Kind,
  tail: StreamTail,
  made: MediaInfo,
  slack: number,
  isCopy: boolean,
): void {
  const told = toldEnd(made, made[kind] ?? {});
  if (told !== undefined && tail.endSeconds < told - slack)
    throw new WrongOutput(
      `its ${kind} ends at ${round(tail.endSeconds)} s, and should at ${round(told)} s`,
      kind,
    );
  if (!isCopy && !isDecodedWithin(slack, tail))
    throw new WrongOutput(`the end of its ${kind} cannot be decoded`, kind);
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
