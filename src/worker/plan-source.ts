import type { Plan } from "../plan/plan.ts";
import { withHeldTimes } from "../plan/verify/held.ts";
import type { MediaInfo } from "../probe/media.ts";
import { toTaskError } from "../task/errors.ts";
import { withUnevenSound } from "./uneven-sound.ts";

/** A plan, and the source as it was planned for. */
export type Planned = { readonly plan: Plan; readonly media: MediaInfo };

/** What planning looks up in a source, where its header does not tell enough. */
export type SourceLooks = {
  /** All of it, in order. */
  readonly bytes: () => AsyncIterable<Uint8Array>;
  /** The source with its packets counted. */
  readonly packets: () => Promise<MediaInfo>;
  /** The source with what its pictures say of captions. */
  readonly captions: (media: MediaInfo) => Promise<MediaInfo>;
};

/**
 * Plans by the header of a source; anew where sound that would be copied turns out to change midway, or for captions.
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
  const uneven = await withUnevenSound(planned.media, planned.plan, looks.bytes);
  const known = planned.plan.asksForCaptions ? await looks.captions(uneven) : uneven;
  return known === planned.media ? planned : { plan: planFor(known), media: known };
}

/** A header that is too short may leave no room for a clip that is there: then the packets say how long the source is. */
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
