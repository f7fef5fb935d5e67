import type { MediaInfo } from "../probe/media.ts";
import { isStillCodec } from "../profile/codecs.ts";
import type { Assignment, Rendition, VideoEncode } from "../profile/profile.ts";
import type { Plan, PlannedOutput } from "./plan.ts";

/**
 * So many bits of a pixel are always expected, however low a bitrate is asked for: an encoder at its coarsest still needs some, for
 * noise more than this.
 */
const BITS_PER_PIXEL = 0.05;
/** Of a quality that nothing caps, noise may take nearly as many as it has before it is encoded: 12, `TIMES_MAX` included. */
const UNCAPPED_BITS_PER_PIXEL = 3;
const USUAL_FPS = 60;
/** What may be written for each byte of the estimate: statistics of a first pass, parts before they are joined, loose rate control. */
const TIMES_MAX = 4;
const SLACK_BYTES = 64 << 20;
/** The shares of a copy and of an encode that are written even where the estimate is far too high. */
const COPY_LEAST = 1 / 2;
const ENCODE_LEAST = 1 / 8;

/** How many bytes the run of a plan writes: surely, and at most unless something is wrong. */
export type Estimate = { readonly leastBytes: number; readonly mostBytes: number };

type Source = Pick<MediaInfo, "video" | "sizeBytes">;

/**
 * Estimates what a plan writes into its work folder.
 *
 * @returns undefined if nobody can say, as the duration is unknown
 */
export function estimate(
  { steps, products, durationSeconds }: Plan,
  assignments: readonly Assignment[],
  source: Source,
): Estimate | undefined {
  if (durationSeconds === undefined) return undefined;
  const { sizeBytes = 0 } = source;
  let [leastBytes, aboutBytes] = [0, 0];
  for (const product of products) {
    const renditions = renditionsOf(product, assignments);
    const isCopy = product.video.action === "copy" && product.expect.clip === undefined;
    for (const rendition of renditions) {
      aboutBytes += (usualBps(rendition, source) * durationSeconds) / 8;
      if (!isCopy) leastBytes += ((askedBps(rendition) * durationSeconds) / 8) * ENCODE_LEAST;
    }
    if (isCopy) leastBytes += sizeBytes * COPY_LEAST;
  }
  // What the source's header says of its duration may be far too little; its size is a fact.
  const planned = Math.max(aboutBytes, products.length * sizeBytes);
  const joins = steps.filter(({ name }) => name === "join");
  const joined = joins.reduce((sum, { load }) => sum + (load?.bitsPerSecond ?? 0), 0);
  const joinedBytes = (joined * durationSeconds) / 8;
  return { leastBytes, mostBytes: planned * TIMES_MAX + joinedBytes + SLACK_BYTES };
}

function renditionsOf(
  { targets }: PlannedOutput,
  assignments: readonly Assignment[],
): readonly Rendition[] {
  const isMeant = (one: Assignment) => one.targets.some((index) => targets.includes(index));
  const found = assignments.find(isMeant);
  return found?.set?.renditions ?? (found ? [found.rendition] : []);
}

/** What is encoded, by its bitrates; what is copied counts by the size of the source, and a still by the slack. */
function askedBps({ video, audio }: Rendition): number {
  const ofAudio = typeof audio === "string" ? 0 : audio.bitrateBps;
  return ofAudio + (isFilm(video) && video.rateMode !== "quality" ? (video.bitrateBps ?? 0) : 0);
}

function usualBps(rendition: Rendition, source: Source): number {
  const { video } = rendition;
  if (!isFilm(video)) return askedBps(rendition);
  const { width = source.video?.width ?? 0, height = source.video?.height ?? 0 } = video;
  const isUncapped = video.bitrateBps === undefined;
  const floor =
    width * height * USUAL_FPS * (isUncapped ? UNCAPPED_BITS_PER_PIXEL : BITS_PER_PIXEL);
  const ofVideo = Math.max(video.bitrateBps ?? 0, floor);
  return askedBps({ ...rendition, video: "none" }) + ofVideo;
}

const isFilm = (video: Rendition["video"]): video is VideoEncode =>
  typeof video !== "string" && !isStillCodec(video.codec);
