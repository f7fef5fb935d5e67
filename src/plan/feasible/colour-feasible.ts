import { isDeepCodec } from "../../profile/fields/colour.ts";
import type { Assignment, Rendition } from "../../profile/profile.ts";
import { VIDEO_ENCODERS } from "../args/encoders.ts";
import type { Capabilities } from "../plan.ts";

type Deep = Pick<Capabilities, "deepEncoders">;

/** Whether a rendition asks for the colours of its source and cannot have them from its encoder. */
const isUnkept = ({ video }: Rendition, { deepEncoders }: Deep): boolean =>
  typeof video === "object" &&
  video.dynamicRange === "source" &&
  !(isDeepCodec(video.codec) && deepEncoders.includes(VIDEO_ENCODERS[video.codec]));

/** Why an encoder that is here cannot keep colours that have to be kept; undefined if it can. */
export function colourFault(
  rendition: Rendition,
  { deepEncoders, encoders }: Deep & Pick<Capabilities, "encoders">,
): string | undefined {
  const { video } = rendition;
  if (typeof video !== "object" || video.dynamicRangeFallback === "map") return undefined;
  const encoder = VIDEO_ENCODERS[video.codec];
  return encoders.includes(encoder) && isUnkept(rendition, { deepEncoders })
    ? `Cannot keep the dynamic range in ${video.codec}: the engine's encoder ${encoder} takes 8 bits alone`
    : undefined;
}

/** An assignment without the wish to keep colours where that cannot be had from an encoder, and may be mapped instead. */
export function withoutUnkept(assignment: Assignment, capabilities: Deep): Assignment {
  const all = assignment.set?.renditions ?? [assignment.rendition];
  if (!all.some((one) => isUnkept(one, capabilities))) return assignment;
  const mapped = (one: Rendition): Rendition => {
    if (typeof one.video !== "object" || one.video.dynamicRangeFallback !== "map") return one;
    if (!isUnkept(one, capabilities)) return one;
    const { dynamicRange: _, dynamicRangeFallback: __, ...video } = one.video;
    return { ...one, video };
  };
  const { set } = assignment;
  return {
    ...assignment,
    rendition: mapped(assignment.rendition),
    ...(set && { set: { ...set, renditions: set.renditions.map(mapped) } }),
  };
}
