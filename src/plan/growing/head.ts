import type { MediaInfo } from "../../probe/media.ts";
import type { Clip } from "../../task/task.ts";
import type { OutputDecision } from "../decide/output-decision.ts";
import type { SetHead } from "../heads/set-head.ts";
import { partOf } from "../load.ts";
import type { Load } from "../plan.ts";

/**
 * How many segments a set has at least for a head: a short one is whole soon, and a head of a longer one costs little of it. A ladder of
 * five has about a tenth of its work in the smallest picture, decoding included.
 */
const SEGMENTS_MIN = 5;

/**
 * A decision for a set that is published while it is made. A ladder begins with a head: its smallest picture's first segment and the sound
 * beside it, made by themselves, which can be watched long before the first segments of the ladder are ready.
 *
 * @param seconds - how long the set will be; undefined if nobody knows
 * @param source - what the set is made of: a stream of it that begins behind the first segment has no part in a head, which would wait for it
 */
export function growingDecision(
  decision: OutputDecision,
  seconds: number | undefined,
  source: HeadSource,
): OutputDecision {
  const isLate = latestSeconds(source) >= (decision.set?.segmentSeconds ?? 0);
  const head = isLate ? undefined : headOf(decision, seconds);
  const { product } = decision;
  return { ...decision, isGrowing: true, ...(head && { product: { ...product, head } }) };
}

type HeadSource = { readonly media: MediaInfo; readonly clip: Clip | undefined };

/** When the last of picture and sounds begins, from where the set does. */
function latestSeconds({ media, clip }: HeadSource): number {
  const from = (media.startSeconds ?? 0) + (clip?.startSeconds ?? 0);
  const streams = [
    media.video,
    media.audio,
    ...media.streams.filter(({ kind }) => kind === "audio"),
  ];
  return Math.max(...streams.map((stream) => (stream?.startSeconds ?? from) - from));
}

function headOf(
  { set, folder, product: { set: plan } }: OutputDecision,
  seconds = 0,
): SetHead | undefined {
  if (!set || !plan || seconds < SEGMENTS_MIN * set.segmentSeconds) return undefined;
  const encodes = set.videos.flatMap((video, at) => (video === "copy" ? [] : [{ video, at }]));
  if (encodes.length < 2 || encodes.length < set.videos.length) return undefined;
  // The first of two passes reads all before anything is written.
  if (encodes.some(({ video }) => video.rateMode === "2passvbr")) return undefined;
  const pixels = ({ at }: { readonly at: number }) => {
    const { width = Infinity, height = Infinity } = plan.tracks[at]?.expect.video ?? {};
    return width * height;
  };
  const [smallest] = encodes.toSorted((one, other) => pixels(one) - pixels(other));
  const rendition = plan.renditions.find(({ video }) => video === smallest?.at);
  if (rendition?.video === undefined) return undefined;
  const { video, audio, sounds = audio === undefined ? [] : [audio] } = rendition;
  return {
    segments: `${folder}/head/segments`,
    tracks: [video, ...sounds.toSorted((one, other) => one - other)],
    seconds: set.segmentSeconds,
    part: set.segmentSeconds / seconds,
  };
}

/** A run whose share is not known yet. */
type Run = { readonly load?: Load; readonly cost: number; readonly whole?: string };

/** The run that makes the head of a set, if it has one. @param run - gives the run that makes an output of a clip */
export function headRun<Made extends Run>(
  decision: OutputDecision,
  clip: Clip | undefined,
  run: (head: OutputDecision, clip: Clip) => Made,
): readonly Omit<Made, "whole">[] {
  const head = headDecision(decision);
  const { seconds: durationSeconds = 0, part = 0 } = decision.product.head ?? {};
  if (!head) return [];
  const made = run(head, { startSeconds: clip?.startSeconds ?? 0, durationSeconds });
  // Nobody would have cut a single segment.
  const { whole: _, ...own } = made;
  const { load, cost } = made;
  return [{ ...own, ...(load && { load: partOf(load, part) }), cost: cost * part }];
}

/** What makes the head of a set; undefined if it has none. */
function headDecision(decision: OutputDecision): OutputDecision | undefined {
  const { folder, product, set } = decision;
  const { head, set: plan } = product;
  if (!head || !plan || !set) return undefined;
  const isOf = (track: number) => head.tracks.includes(track);
  const isHeard = (_: unknown, at: number) => isOf(set.videos.length + at);
  const { thumbnails: _, ...own } = plan;
  return {
    ...decision,
    folder: `${folder}/head`,
    product: { ...product, set: { ...own, tracks: plan.tracks.filter((_, at) => isOf(at)) } },
    set: {
      ...set,
      videos: set.videos.filter((_, at) => isOf(at)),
      audios: set.audios.filter(isHeard),
      ...(set.sounds && { sounds: set.sounds.filter(isHeard) }),
    },
  };
}
