import { toNumber } from "../../lib/rational.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { Clip } from "../../task/task.ts";
import { type OutputDecision, videosOf } from "./output-decision.ts";
import { isSoughtByPacket } from "./seeking.ts";

/** How the times of a run's source are moved, so that its pictures fall on the even times that they are written at. */
export type Alignment = {
  /** Added to all times of the source. */
  readonly shiftSeconds: number;
  /** The clip to cut: its start moves with the times, and to its first picture if that comes almost at once. */
  readonly clip: Clip | undefined;
  /** How much later than the output its first picture begins, in seconds: a whole number of picture distances. */
  readonly videoLateSeconds: number;
};

/** How far rounding moves times, either way. */
const ROUNDING_SECONDS = 0.001;

/**
 * How much sound ahead of the first picture may be cut, so that no picture is black or moved because of it. It is no more
 * than what decoders swallow.
 */
const SOUND_AHEAD_SECONDS_MAX = 0.05;

/**
 * How to move a source's times for the pictures that are encoded from it.
 *
 * Pictures are written at even times from zero on. If the first one came 21 ms after the sound, each would be moved by up
 * to half the distance between pictures, but the sound would not. So both are moved together, and no more than
 * `SOUND_AHEAD_SECONDS_MAX` of the sound is cut. If several outputs share a run, the slowest frame rate counts.
 */
export function alignmentOf(
  decisions: readonly OutputDecision[],
  media: MediaInfo,
  clip: Clip | undefined,
): Alignment {
  const distance = distanceOf(decisions, media);
  const late = distance === 0 ? 0 : firstPicture(media, clip);
  const isAtOnce = late <= SOUND_AHEAD_SECONDS_MAX;
  const pictures = isAtOnce ? 0 : Math.floor((late + ROUNDING_SECONDS) / (distance || 1));
  const rest = late - pictures * distance;
  // Such a clip is cut after the filters, whose even times are those of the whole source.
  const isShifted = clip !== undefined && isSoughtByPacket(media);
  const shiftSeconds = isShifted ? alignmentOf(decisions, media, undefined).shiftSeconds : 0;
  const move = moveOf(rest, distance);
  if (!clip) {
    const videoLateSeconds = (pictures + Number(move > 0)) * distance;
    return { shiftSeconds: move, clip, videoLateSeconds };
  }
  // The clip begins where it was asked to or, to meet its first picture, at most `SOUND_AHEAD_SECONDS_MAX` later; never
  // sooner. No more of its sound is cut.
  const moved = move < 0 ? rest - ROUNDING_SECONDS : 0;
  const startSeconds = clip.startSeconds + moved + shiftSeconds;
  return { shiftSeconds, clip: { ...clip, startSeconds }, videoLateSeconds: pictures * distance };
}

/**
 * What to add to all times so that a picture that comes `rest` seconds after an even time falls on one. A short rest is
 * cut from the sound. A longer one that is more than half the distance between pictures is filled up with silence before
 * the sound. Otherwise nothing moves, and the picture comes a little early.
 */
function moveOf(rest: number, distance: number): number {
  if (rest <= ROUNDING_SECONDS) return 0;
  if (rest <= SOUND_AHEAD_SECONDS_MAX) return -rest;
  return rest > distance / 2 ? distance - rest : 0;
}

/** The distance between the pictures, in seconds, of the output with the fewest per second; 0 if no picture is encoded. */
function distanceOf(decisions: readonly OutputDecision[], { video: source }: MediaInfo): number {
  if (!source) return 0;
  return Math.max(0, ...decisions.flatMap(videosOf).map(({ rate }) => 1 / toNumber(rate)));
}

/** How many seconds after its start a source, or a clip of it, shows its first picture; 0 if that is not known. */
function firstPicture({ video, startSeconds: first = 0 }: MediaInfo, clip: Clip | undefined) {
  if (!video) return 0;
  const start = (video.startSeconds ?? first) - first;
  const from = clip?.startSeconds ?? 0;
  if (start >= from) return start - from;
  if (video.isVariableRate || !video.framerate) return 0;
  const rate = toNumber(video.framerate);
  const pictures = Math.ceil((from - start) * rate - ROUNDING_SECONDS * rate);
  return Math.max(0, start + pictures / rate - from);
}
