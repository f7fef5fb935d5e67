import { type Rational, toNumber } from "../../lib/rational.ts";
import type { VideoStream } from "../../probe/media.ts";
import type { VideoCodec } from "../../profile/codecs.ts";
import type { VideoEncode } from "../../profile/profile.ts";
import type { Capabilities } from "../plan.ts";
import { isHdr } from "./colours/hdr.ts";
import { keptColour } from "./colours/kept-colour.ts";
import { frameRate } from "./framerate.ts";

/** The frame rates at which ffmpeg spreads captions over the frames, without those that are too low to have room for them. */
const CAPTION_RATES: readonly Rational[] = [
  { num: 24_000, den: 1001 },
  { num: 24, den: 1 },
  { num: 30_000, den: 1001 },
  { num: 30, den: 1 },
  { num: 60_000, den: 1001 },
  { num: 60, den: 1 },
];
/** Codecs whose encoders write captions (CEA-608/708, two bytes or a few more per frame); others leave them all out. */
const CAPTIONED: readonly VideoCodec[] = ["h264", "mpeg2"];

/**
 * What becomes of the captions in a source's frames. `spread`: all come out whole, however they lie in the source's
 * frames. `kept`: each frame keeps its own. `deleted`: they are removed, because only a part of them would be left.
 * `unwritten`: the encoder writes none. `refused`: they are removed, as the profile asks for none.
 */
export type CaptionFate = "spread" | "kept" | "deleted" | "unwritten" | "refused";

/** Whether pictures carry all of their source's captions. */
export const areKept = (fate: CaptionFate): boolean => fate === "spread" || fate === "kept";

/** What an engine can do about captions. */
export type CaptionAbilities = {
  /** As `carriesCaptions`. */
  readonly areCarried: boolean;
  /** Its encoder of HEVC writes captions, if it is told to. */
  readonly areInHevc: boolean;
};

/** Of an engine of which nothing is known. */
export const NO_CAPTION_ABILITIES: CaptionAbilities = { areCarried: false, areInHevc: false };

/** What this ffmpeg can do about captions. */
export const captionAbilities = (capabilities: Capabilities): CaptionAbilities => ({
  areCarried: carriesCaptions(capabilities),
  areInHevc: capabilities.captionEncoders?.includes("libx265") === true,
});

/**
 * Whether this ffmpeg's filter for frame rates carries captions from dropped frames to those that are kept (6.1 on).
 *
 * ffmpeg does not tell that itself; the muxer of raw captions came soon after (7.0).
 */
export const carriesCaptions = ({ muxers }: Capabilities): boolean => muxers.includes("rcwt");

/** What becomes of captions in an encode. */
export function captionFate(
  encode: VideoEncode,
  source: VideoStream,
  { areCarried, areInHevc }: CaptionAbilities,
): CaptionFate {
  if (encode.captions === "drop") return "refused";
  if (!writesCaptions(encode, source, areInHevc)) return "unwritten";
  const value = toNumber(frameRate(encode, source));
  if (areCarried && CAPTION_RATES.some((one) => toNumber(one) === value)) return "spread";
  const isSame = source.framerate !== undefined && toNumber(source.framerate) === value;
  return isSame && !source.isVariableRate && !source.areCaptionsBundled ? "kept" : "deleted";
}

/**
 * Whether the encoder gets captions and writes them. The filter that removes data about HDR removes captions too, unless the dynamic
 * range is kept: then it removes less.
 */
function writesCaptions(encode: VideoEncode, source: VideoStream, areInHevc: boolean): boolean {
  const { codec, captions } = encode;
  const isWritten =
    CAPTIONED.includes(codec) || (codec === "h265" && areInHevc && captions === "keep");
  return (
    isWritten && (isHdr(source) ? keptColour(encode, source) !== undefined : !source.hasHdrData)
  );
}
