import type { FieldError } from "../../task/errors.ts";
import type { VideoCodec } from "../codecs.ts";

/** Values of `dynamic_range`: `sdr` maps a high dynamic range to the standard one, `source` keeps the depth and the colours of the source. */
export const DYNAMIC_RANGES = ["sdr", "source"] as const;

/** Values of `dynamic_range_fallback`: what happens to a source whose range cannot be kept. */
export const DYNAMIC_RANGE_FALLBACKS = ["refuse", "map"] as const;

/** The codecs that keep a high dynamic range: they are encoded in 10 bits, and state the colours and the light of a display. */
const DEEP_CODECS: readonly VideoCodec[] = ["h265", "av1"];

/** The fields of a parameter group that are about colours. */
export type ColourFields = {
  readonly dynamic_range?: (typeof DYNAMIC_RANGES)[number] | undefined;
  readonly dynamic_range_fallback?: (typeof DYNAMIC_RANGE_FALLBACKS)[number] | undefined;
};

/** What an encode does with the depth and the colours of its source. */
export type ColourWish = {
  /** They are kept. Otherwise a picture has 8 bits and a standard range. */
  readonly dynamicRange?: "source";
  /** What cannot be kept becomes a standard range. Otherwise it is refused. */
  readonly dynamicRangeFallback?: "map";
};

/** Whether a codec keeps a high dynamic range. */
export const isDeepCodec = (codec: VideoCodec): boolean => DEEP_CODECS.includes(codec);

/** The wish of a group whose picture is encoded; what is wrong with it is added to `faults`. */
export function colourWish(
  { dynamic_range: range, dynamic_range_fallback: fallback }: ColourFields,
  codec: VideoCodec,
  faults: FieldError[],
): ColourWish {
  if (range !== "source") {
    if (fallback !== undefined)
      faults.push({ path: "dynamic_range_fallback", message: "goes with dynamic_range source" });
    return {};
  }
  if (fallback !== "map" && !isDeepCodec(codec))
    faults.push({
      path: "dynamic_range",
      message: `cannot be source with ${codec}, which is encoded in 8 bits: take ${DEEP_CODECS.join(" or ")}, or dynamic_range_fallback map`,
    });
  return { dynamicRange: "source", ...(fallback === "map" && { dynamicRangeFallback: fallback }) };
}

/** What of a group says whether its picture is copied, and so kept as it is, or left out. */
export type BesideColours = { readonly format?: string | undefined };

/** Adds to `faults` what colours cannot be asked of a picture that is not encoded. */
export function refuseColours(
  { dynamic_range: range, dynamic_range_fallback: fallback, format }: ColourFields & BesideColours,
  faults: FieldError[],
): void {
  const isCopy = format === "copy";
  if (range !== undefined && !(isCopy && range === "source"))
    faults.push({
      path: "dynamic_range",
      message: isCopy
        ? "cannot be sdr where the picture is copied"
        : "is for a picture, and there is none",
    });
  if (fallback !== undefined)
    faults.push({ path: "dynamic_range_fallback", message: "is for a picture that is encoded" });
}

/** The fields of an answer. */
export const colourFields = (wish: ColourWish): ColourFields => ({
  ...(wish.dynamicRange && { dynamic_range: wish.dynamicRange }),
  ...(wish.dynamicRangeFallback && { dynamic_range_fallback: wish.dynamicRangeFallback }),
});
