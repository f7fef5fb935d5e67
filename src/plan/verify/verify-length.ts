import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { TaskError } from "../../task/errors.ts";
import type { Warning } from "../../task/warnings.ts";
import type { Expectation } from "../plan.ts";
import { type Held, heldBy } from "./held.ts";
import { headlessSeconds } from "./verify-copy.ts";

/**
 * Containers whose headers are often wrong about the length, or written before it is known. In others the header is
 * written with the last byte: if there is less than it says, bytes are missing.
 */
const HINTS = "mov matroska flv live_flv mpegts mpeg ogg nut rm wtv".split(" ");
const TOLERANCE_PART = 0.01;
const TOLERANCE_SECONDS_MIN = 1;

/**
 * Whether the source's packets have to be counted before an output is judged: it does not last as long as the source's
 * header says, and they have not been counted yet.
 */
export const needsPackets = (expect: Expectation, output: MediaInfo, source: MediaInfo): boolean =>
  !isCounted(source) && headerFault(expect, output, 0) !== undefined;

const isCounted = ({ video, audio }: MediaInfo): boolean =>
  video?.packets !== undefined || audio?.packets !== undefined;

/**
 * Judges the length of an output: by the source's header or, if that disagrees, by what its packets hold.
 *
 * @returns a warning if the header is wrong and the output right
 * @throws {TaskError} `source_damaged`
 */
export function judgeLength(
  expect: Expectation,
  output: MediaInfo,
  source: MediaInfo,
): readonly Warning[] {
  const fault = headerFault(expect, output, headlessSeconds(expect, output, source));
  if (fault === undefined) return [];
  const held = heldBy(expect, source);
  if (!held) throw damaged(fault);
  const tolerance = toleranceOf(expect, held.whole.atMost);
  const lost = heldFault(expect, output, held, tolerance);
  if (lost !== undefined) throw damaged(lost);
  const promised = expect.durationSeconds ?? 0;
  const isLess = held.whole.atMost < promised - tolerance;
  if (isLess && (source.isCut || !HINTS.includes(demuxerOf(source.format))))
    throw damaged(
      `it is cut off: it should last ${seconds(promised)}, and ${seconds(held.whole.atMost)} of it are there`,
    );
  return isByOtherReading(promised, held.whole, source, tolerance)
    ? []
    : [
        {
          code: "source_duration",
          message: `The source's header promises ${seconds(promised)}, and its packets hold ${seconds(held.whole.atMost)}: what they hold was made`,
        },
      ];
}

/**
 * Whether the header is right if it is read otherwise. If time stamps begin late, a duration may be the time of the end
 * or the length; it was taken for the length.
 */
const isByOtherReading = (
  promised: number,
  { atMost }: Held,
  { startSeconds = 0 }: MediaInfo,
  tolerance: number,
): boolean => [0, startSeconds].some((late) => Math.abs(promised + late - atMost) <= tolerance);

/** The tolerance for a length by packets, in seconds. A header that is far off makes for a tolerance that is too wide for that. */
const toleranceOf = ({ durationToleranceSeconds, clip }: Expectation, whole: number): number =>
  clip
    ? durationToleranceSeconds
    : Math.min(durationToleranceSeconds, Math.max(whole * TOLERANCE_PART, TOLERANCE_SECONDS_MIN));

function headerFault(
  { durationSeconds: expected, durationToleranceSeconds, video, audio }: Expectation,
  output: MediaInfo,
  missingHeadSeconds: number,
): string | undefined {
  if (expected === undefined) return undefined;
  const real = output.durationSeconds;
  const isShort = (real ?? 0) < expected - durationToleranceSeconds - missingHeadSeconds;
  // A copy may be longer: it holds what an edit list of the source hides, and shows it if its container has no edit list.
  const isCopy = video?.sameAsSource === true || audio?.sameAsSource === true;
  const isLong = (real ?? 0) > expected + durationToleranceSeconds && !isCopy;
  if (isShort || isLong) return faultOf("it", expected, real);
  // One stream may end early while the other goes on to the end.
  return streamFault(output, durationToleranceSeconds, {
    video: video?.durationSeconds,
    audio: audio?.durationSeconds,
  });
}

function heldFault(
  { video, audio }: Expectation,
  output: MediaInfo,
  held: NonNullable<ReturnType<typeof heldBy>>,
  tolerance: number,
): string | undefined {
  const real = output.durationSeconds;
  const { atLeast, atMost } = held.whole;
  const isCopy = video?.sameAsSource === true || audio?.sameAsSource === true;
  if ((real ?? 0) < atLeast - tolerance) return faultOf("it", atLeast, real);
  if ((real ?? 0) > atMost + tolerance && !isCopy) return faultOf("it", atMost, real);
  return streamFault(output, tolerance, {
    video: held.video?.atLeast,
    audio: held.audio?.atLeast,
  });
}

function streamFault(
  output: MediaInfo,
  tolerance: number,
  wanted: { readonly video: number | undefined; readonly audio: number | undefined },
): string | undefined {
  for (const kind of ["video", "audio"] as const) {
    const [least, real] = [wanted[kind], output[kind]?.durationSeconds];
    if (least !== undefined && real !== undefined && real < least - tolerance)
      return faultOf(`its ${kind}`, least, real);
  }
  return undefined;
}

const faultOf = (what: string, wanted: number, real: number | undefined): string =>
  `${what} should last ${seconds(wanted)}, and ${seconds(real)} came out of it`;

const seconds = (value: number | undefined): string =>
  value === undefined ? "nothing" : `${Math.round(value * 1000) / 1000} s`;

const damaged = (why: string): TaskError =>
  new TaskError("source_damaged", `Cannot use the source: ${why}`);
