import { toNumber } from "../../lib/rational.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { Clip } from "../../task/task.ts";
import { type OutputDecision, videosOf } from "./output-decision.ts";
import { isSoughtByPacket } from "./seeking.ts";

/** How the times of a run's source are moved, so that its pictures fall on the even times that they are written at. */
export type Alignment = {
  /** Added to all times of the source. */
  readonly shiftSeconds: number;
  /** The clip as it is cut: at its first picture. */
  readonly clip: Clip | undefined;
  /** So much later than the output begins its first picture, in whole distances of pictures. */
  readonly videoLateSeconds: number;
};

/** Rounded times come so much earlier or later. */
const ROUNDING_SECONDS = 0.001;

/** So much sound is no more than what decoders swallow: it may go, so that no picture is black for it, or moved. */
const SOUND_AHEAD_SECONDS_MAX = 0.05;

/**
 * How to move a source's times for the pictures that are encoded of it.
 *
 * Pictures are written at even times from zero on. Where the first comes 21 ms after the sound, each would be moved by up to half
 * of their distance, and the sound not: so both are moved together, and no more of the sound goes than may. Several outputs share
 * a run: their slowest rate counts.
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
  // Cut behind the filters, whose even times are those of the whole source.
  const isShifted = clip !== undefined && isSoughtByPacket(media);
  const shiftSeconds = isShifted ? alignmentOf(decisions, media, undefined).shiftSeconds : 0;
  const move = moveOf(rest, distance);
  if (!clip) {
    const videoLateSeconds = (pictures + Number(move > 0)) * distance;
    return { shiftSeconds: move, clip, videoLateSeconds };
  }
  // It begins where it is asked for, but for a moment: not sooner, and no sound of it goes.
  const moved = move < 0 ? rest - ROUNDING_SECONDS : 0;
  const startSeconds = clip.startSeconds + moved + shiftSeconds;
  return { shiftSeconds, clip: { ...clip, startSeconds }, videoLateSeconds: pictures * distance };
}

/**
 * What to add to all times, so that a picture that comes so much after an even time comes at one. Of pictures that are far apart it
 * is silence that comes before the sound; or nothing, and the picture is a little early.
 */
function moveOf(rest: number, distance: number): number {
  if (rest <= ROUNDING_SECONDS) return 0;
  if (rest <= SOUND_AHEAD_SECONDS_MAX) return -rest;
  return rest > distance / 2 ? distance - rest : 0;
}

/** Of the pictures of the output that has the fewest a second; none where no picture is encoded. */
function distanceOf(decisions: readonly OutputDecision[], { video: source }: MediaInfo): number {
  if (!source) return 0;
  return Math.max(0, ...decisions.flatMap(videosOf).map(({ rate }) => 1 / toNumber(rate)));
}

/** When the first picture of a source, or of a clip of it, comes; at once where that is not known. */
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
