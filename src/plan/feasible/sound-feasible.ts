import { holdsSounds } from "../../profile/container-rules.ts";
import { isOfSource } from "../../profile/containers.ts";
import { mayBeSeveral } from "../../profile/fields/sound.ts";
import type { Rendition } from "../../profile/profile.ts";
import type { Capabilities } from "../plan.ts";

/** What the loudness of sounds is measured and changed by. */
const LOUDNESS_FILTERS = ["ebur128", "volume", "alimiter"];

/** Why the sounds that are chosen cannot be made here, whatever the source; undefined if there is no reason. */
export function soundFault(
  { container, sound }: Rendition,
  { filters, streamsOutput }: Capabilities,
):
  | { readonly code: "output_not_supported" | "encoder_missing"; readonly message: string }
  | undefined {
  if (!sound) return undefined;
  if (!isOfSource(container) && mayBeSeveral(sound) && !holdsSounds(container))
    return {
      code: "output_not_supported",
      message: `Cannot put several sounds into "${container}": it holds one`,
    };
  if (streamsOutput)
    return {
      code: "output_not_supported",
      message: "Cannot choose, mix or measure sounds: what is made is not kept on this host",
    };
  const lost = LOUDNESS_FILTERS.find((name) => !filters.includes(name));
  return sound.loudnessLufs !== undefined && lost !== undefined
    ? {
        code: "encoder_missing",
        message: `Cannot set the loudness: the engine has no filter ${lost}`,
      }
    : undefined;
}
