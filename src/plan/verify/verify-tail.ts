import { toNumber } from "../../lib/rational.ts";
import { demuxerOf } from "../../probe/formats.ts";
import { lateSeconds } from "../../probe/late-stamps.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { StreamTail, Tail } from "../../probe/tail.ts";
import type { Expectation } from "../plan.ts";
import { WrongOutput } from "./wrong-output.ts";

type Kind = keyof Tail;

/**
 * How many seconds of the end of each stream are decoded. If that is not enough, more are, up to the whole stream: in
 * MPEG-TS no seek finds a key frame, and in FLV none gets past the last one.
 */
export const LOOKS_SECONDS: readonly number[] = [1, 8, 64, Number.POSITIVE_INFINITY];
/** Clocks of containers, delays of encoders, and the duration of a last packet if its container does not say it. */
const SLACK_SECONDS = 0.3;
/** If a run has several outputs, the encoder reports one end for all. */
const KEPT_SLACK_SECONDS = 1;
/** For the slowest frame rates: it is not always known how long the last picture is shown. */
const SLACK_FRAMES = 2;

/** How far behind the expected end a look goes on, because of start times and rounding in headers. */
const BEHIND_SECONDS = 5;

/** Where to look for the last seconds before an end. */
export const tailOf = (
  endSeconds: number,
  seconds = LOOKS_SECONDS[0] ?? 0,
): { readonly fromSeconds: number; readonly toSeconds: number } => ({
  fromSeconds: Math.max(0, endSeconds - seconds),
  toSeconds: endSeconds + BEHIND_SECONDS,
});

/**
 * The end of an output to look at, in seconds: the expected one, or the one that the output states if that is long behind
 * it, as a source whose header is too short gives more.
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
 * @param from - where the look began; a demuxer may give a last packet from before that
 */
export const unseenIn = (
  expect: Expectation,
  made: MediaInfo,
  tail: Tail,
  from: number,
): readonly Kind[] =>
  KINDS.filter((kind) => expect[kind] && made[kind] && !isSeen(tail[kind], from));

const KINDS = ["video", "audio"] as const;

/** Whether anything of a stream was seen in a look that began at `from`. */
export const isSeen = (stream: StreamTail | undefined, from: number): boolean =>
  (stream?.endSeconds ?? 0) > from;

/** The streams that were seen and whose end should have been decoded, but was not. */
export const undecodedIn = (expect: Expectation, made: MediaInfo, tail: Tail): readonly Kind[] =>
  KINDS.filter((kind) => tail[kind] && !isDecoded(expect, made, kind, tail[kind]));

/** Whether the end of a stream was decoded. For a copy it need not be, because what it holds is the source's. */
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
 * Judges the end of an output: there are packets up to where the file says that it and its streams end, and the last of
 * them can be decoded. A stream without any packets is not judged here.
 *
 * @param made - the probed output
 * @param tail - what there is of each stream at its own end
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
 * Judges the end of an output that was sent out, by what was kept of it: it can be decoded from a key frame on, and it
 * goes on to where the encoder ended.
 *
 * @param made - the probed beginning, which lasts as long as the encoder said
 * @param isTimed - whether the time stamps of what was kept are those of the output
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
    // If the GOP is longer than what was kept, there is no key frame, and nothing can be decoded.
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
 * When a file, or a stream of it, says that it ends, in seconds. Matroska states the time of the end, others the length;
 * that of a whole MP4 counts from zero, even if nothing begins there.
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

/** Whether a stream is a copy: what it holds is the source's. */
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
