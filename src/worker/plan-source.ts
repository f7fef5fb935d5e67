import type { Plan } from "../plan/plan.ts";
import { withHeldTimes } from "../plan/verify/held.ts";
import type { MediaInfo } from "../probe/media.ts";
import { toTaskError } from "../task/errors.ts";
import { withUnevenAudio } from "./uneven-audio.ts";

/** A plan, and what was known of the source when it was made. */
export type Planned = { readonly plan: Plan; readonly media: MediaInfo };

/** What planning looks up in a source if its header does not say enough. */
export type SourceLooks = {
  /** Reads all of the source in order. */
  readonly bytes: () => AsyncIterable<Uint8Array>;
  /** Probes the source again and counts its packets. */
  readonly packets: () => Promise<MediaInfo>;
  /** Adds what the frames say about captions. */
  readonly captions: (media: MediaInfo) => Promise<MediaInfo>;
  /** Adds how loud sounds are; absent where nothing can be measured. */
  readonly loudness?: (
    media: MediaInfo,
    asked: NonNullable<Plan["asksForLoudness"]>,
  ) => Promise<MediaInfo>;
};

/**
 * Plans by the header of a source. Plans again if audio that would be copied changes midway, or if captions were found.
 *
 * @param planFor - decides purely, by what is known of the source
 * @throws {TaskError} what planning and looking throw
 */
export async function planSource(
  media: MediaInfo,
  planFor: (media: MediaInfo) => Plan,
  looks: SourceLooks,
): Promise<Planned> {
  const planned = await planByHeader(media, planFor, looks);
  const uneven = await withUnevenAudio(planned.media, planned.plan, looks.bytes);
  const known = planned.plan.asksForCaptions ? await looks.captions(uneven) : uneven;
  const second = known === planned.media ? planned : { plan: planFor(known), media: known };
  return withLevels(second, planFor, looks);
}

/** Measures the sounds that a plan asks for, until it asks for no more: a limiter's effect is known once it is measured. */
async function withLevels(
  planned: Planned,
  planFor: (media: MediaInfo) => Plan,
  { loudness }: SourceLooks,
): Promise<Planned> {
  let { plan, media } = planned;
  while (loudness && plan.asksForLoudness) {
    media = await loudness(media, plan.asksForLoudness);
    plan = planFor(media);
  }
  return media === planned.media ? planned : { plan, media };
}

/** If a clip lies behind the duration in the header, the header may be wrong: then the packets say how long the source is. */
async function planByHeader(
  media: MediaInfo,
  planFor: (media: MediaInfo) => Plan,
  { packets }: SourceLooks,
): Promise<Planned> {
  try {
    return { plan: planFor(media), media };
  } catch (error) {
    if (toTaskError(error).code !== "invalid_parameter") throw error;
    const held = withHeldTimes(await packets());
    return { plan: planFor(held), media: held };
  }
}
