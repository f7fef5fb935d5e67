import type { AudioStream, MediaInfo, VideoStream } from "../probe/media.ts";
import { TaskError } from "../task/errors.ts";
import type { Warning } from "../task/warnings.ts";
import type { Expectation } from "./plan.ts";
import { headlessSeconds, judgeCopies } from "./verify-copy.ts";

/**
 * Judges a finished output by its probe: exit code 0 proves nothing (design/media-pipeline, "Verify after rc 0").
 *
 * First whether there is anything, then whether it is what was planned, then whether it is all of it.
 *
 * @param output - the probed output; with packets where a stream of it is a copy
 * @param source - the probed source; with packets where a stream of it was copied
 * @returns what its caller should be told of it all the same
 * @throws {TaskError} `source_damaged` where the source gave less (or lasts longer) than it says, `invalid_parameter` where
 *   a clip holds nothing of a stream, `output_wrong` where the output is not what was planned or a copy lost something,
 *   `output_not_supported` where the source has no time stamps to copy
 */
export function judgeOutput(
  expect: Expectation,
  output: MediaInfo,
  source: MediaInfo,
): readonly Warning[] {
  judgeStream("video", expect, output.video);
  judgeStream("audio", expect, output.audio);
  if (expect.video && output.video) judgePicture(expect.video, output.video, source.video);
  judgeCopies(expect, output, source);
  judgeDuration(expect, output, headlessSeconds(expect, output, source));
  return [];
}

const isEmpty = (stream: VideoStream | AudioStream): boolean =>
  ("frames" in stream && stream.frames === 0) || stream.packets?.count === 0;

function judgeStream(
  kind: "video" | "audio",
  { isClip, [kind]: expect }: Expectation,
  stream: VideoStream | AudioStream | undefined,
): void {
  if (!expect) {
    if (stream) throw wrong(`it has ${kind}, which was not asked for`);
    return;
  }
  if (!stream || isEmpty(stream)) {
    if (expect.sameAsSource) throw wrong(`the ${kind} was not copied`);
    // Where the source says how long the stream lasts, the plan has made sure that the clip holds some of it.
    if (isClip && expect.durationSeconds === undefined)
      throw new TaskError(
        "invalid_parameter",
        `Cannot cut the clip: nothing of the source's ${kind} lies in it`,
      );
    throw damaged(`nothing of its ${kind} can be decoded`);
  }
  if (stream.codec !== expect.codec && !("alias" in expect && stream.codec === expect.alias))
    throw wrong(`its ${kind} is ${stream.codec}, not ${expect.codec}`);
}

function judgePicture(
  { width, height, isCopy }: NonNullable<Expectation["video"]>,
  video: VideoStream,
  source: VideoStream | undefined,
): void {
  if ((width ?? video.width) !== video.width || (height ?? video.height) !== video.height)
    throw wrong(`its picture is ${video.width}x${video.height}, not ${width}x${height}`);
  const turn = isCopy ? (source?.rotation ?? 0) : 0;
  if (video.rotation !== turn)
    throw wrong(`its picture is turned by ${video.rotation} degrees, not by ${turn}`);
}

function judgeDuration(
  { durationSeconds: expected, durationToleranceSeconds, video, audio }: Expectation,
  output: MediaInfo,
  missingHeadSeconds: number,
): void {
  if (expected === undefined) return;
  const real = output.durationSeconds;
  const isShort = (real ?? 0) < expected - durationToleranceSeconds - missingHeadSeconds;
  // A copy may be longer: what an edit list of the source hides is in it, and shown where the container has none.
  const isCopy = video?.sameAsSource === true || audio?.sameAsSource === true;
  const isLong = (real ?? 0) > expected + durationToleranceSeconds && !isCopy;
  if (isShort || isLong)
    throw damaged(`it should last ${seconds(expected)}, and ${seconds(real)} came out of it`);
  // One stream may end early while the other goes on to the end.
  const streams = [
    { kind: "video", expected: video?.durationSeconds, stream: output.video },
    { kind: "audio", expected: audio?.durationSeconds, stream: output.audio },
  ];
  for (const { kind, expected: wanted, stream } of streams) {
    if (wanted === undefined || stream?.durationSeconds === undefined) continue;
    if (stream.durationSeconds < wanted - durationToleranceSeconds)
      throw damaged(
        `its ${kind} should last ${seconds(wanted)}, and ${seconds(stream.durationSeconds)} came out of it`,
      );
  }
}

const seconds = (value: number | undefined): string =>
  value === undefined ? "nothing" : `${Math.round(value * 1000) / 1000} s`;

const damaged = (why: string): TaskError =>
  new TaskError("source_damaged", `Cannot use the source: ${why}`);

const wrong = (why: string): TaskError =>
  new TaskError("output_wrong", `Cannot deliver the output: ${why}`);
