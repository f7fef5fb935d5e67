import type { FieldError } from "../../task/errors.ts";
import { isRateless, isStillCodec, type VideoCodec } from "../codecs.ts";

/** The smallest `quality`. */
export const QUALITY_MIN = 1;
/** The largest `quality`. */
export const QUALITY_MAX = 100;

/** The fields of a parameter group that ask for a quality in place of a bitrate. */
export type QualityQlty = {
  readonly quality?: number | undefined;
};

/** How good an encoded video is to be. */
export type QualityWishes = {
  /** 1 to 100, of every codec alike; present exactly where the rate mode is `quality`. */
  readonly quality?: number;
};

/** What else of a group its quality depends on. */
export type BesideQuality = {
  readonly rc_mode?: string | undefined;
  readonly bitrate?: number | undefined;
};

/** Reads what a group says of quality. @param faults - gets the fields that cannot be together */
export function qualityWishes(
  { quality, rc_mode, bitrate }: QualityQlty & BesideQuality,
  codec: VideoCodec,
  faults: FieldError[],
): QualityWishes {
  const isByQuality = rc_mode === "quality";
  if (!isByQuality && quality !== undefined)
    faults.push({ path: "quality", message: "is for rc_mode quality alone" });
  if (isByQuality && quality === undefined)
    faults.push({ path: "quality", message: "is required with rc_mode quality" });
  if (isByQuality && isRateless(codec))
    faults.push({ path: "rc_mode", message: `cannot be quality for ${codec}: it has none` });
  if (isByQuality && isStillCodec(codec) && bitrate !== undefined)
    faults.push({
      path: "bitrate",
      message: "cannot go with rc_mode quality for a single picture",
    });
  return isByQuality && quality !== undefined ? { quality } : {};
}

/** Refuses the fields where no video is encoded. */
export function refuseQuality(qlty: QualityQlty, faults: FieldError[]): void {
  if (qlty.quality !== undefined)
    faults.push({ path: "quality", message: "is for a video that is encoded" });
}

/** The same fields, as answers have them. */
export const toQualityQlty = ({ quality }: QualityWishes): QualityQlty =>
  quality === undefined ? {} : { quality };
