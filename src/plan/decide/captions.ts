import { type Rational, toNumber } from "../../lib/rational.ts";
import { captionTrackOf } from "../../probe/choose-streams.ts";
import type { MediaInfo, VideoStream } from "../../probe/media.ts";
import type { VideoCodec } from "../../profile/codecs.ts";
import { isImage } from "../../profile/container-rules.ts";
import type { VideoEncode } from "../../profile/profile.ts";
import type { Warning } from "../../task/warnings.ts";
import { frameRate } from "../encode/framerate.ts";
import { isHdr } from "../encode/video-filters.ts";
import type { Capabilities } from "../plan.ts";
import type { Draft } from "./product.ts";

/** The rates of frames that ffmpeg spreads captions over; of those, as low ones as still have room for them. */
const CAPTION_RATES: readonly Rational[] = [
  { num: 24_000, den: 1001 },
  { num: 24, den: 1 },
  { num: 30_000, den: 1001 },
  { num: 30, den: 1 },
  { num: 60_000, den: 1001 },
  { num: 60, den: 1 },
];
/** Codecs whose encoders write captions (CEA-608/708, two bytes or some more a frame); others leave them all out. */
const CAPTIONED: readonly VideoCodec[] = ["h264", "mpeg2"];

/**
 * Whether this ffmpeg's filter for frame rates carries captions from dropped frames to those that are kept (6.1 on).
 *
 * That cannot be asked for itself; the muxer of raw captions came soon after (7.0).
 */
export const carriesCaptions = ({ muxers }: Capabilities): boolean => muxers.includes("rcwt");

/** Whether all captions come out whole, however they lie in the source's frames: they are spread over those of the output. */
function spreadsCaptions(encode: VideoEncode, source: VideoStream, areCarried: boolean): boolean {
  if (!areCarried || !writesCaptions(encode, source)) return false;
  const value = toNumber(frameRate(encode, source));
  return CAPTION_RATES.some((one) => toNumber(one) === value);
}

/** Whether the captions in a source's frames come out whole: each frame stays with its own, or they are spread anew. */
function keepsCaptions(encode: VideoEncode, source: VideoStream, areCarried: boolean): boolean {
  if (spreadsCaptions(encode, source, areCarried)) return true;
  const value = toNumber(frameRate(encode, source));
  const isSame = source.framerate !== undefined && toNumber(source.framerate) === value;
  return (
    writesCaptions(encode, source) && isSame && !source.isVariableRate && !source.areCaptionsBundled
  );
}

/** What is taken off with the data about HDR goes as well. */
const writesCaptions = ({ codec }: VideoEncode, source: VideoStream): boolean =>
  CAPTIONED.includes(codec) && !isHdr(source) && !source.hasHdrData;

/** The filter that takes captions off the frames where an encoder would write what is left of them. */
export function captionFilters(
  encode: VideoEncode,
  source: VideoStream,
  areCarried: boolean,
): readonly string[] {
  if (!writesCaptions(encode, source)) return [];
  return keepsCaptions(encode, source, areCarried) ? [] : ["sidedata=mode=delete:type=A53_CC"];
}

/** The films that are encoded: of a set each, and no single picture, of which nobody expects captions. */
const encodesOf = ({ product, rendition, set }: Draft): readonly VideoEncode[] =>
  (set?.videos ?? [product.video.action === "encode" ? rendition.video : "none"]).flatMap(
    (video) => (typeof video === "object" && video.codec !== "mjpeg" ? [video] : []),
  );

/** Whether what becomes of captions, or what is told of them, depends on whether there are any, and how they lie. */
export const asksForCaptions = (
  drafts: readonly Draft[],
  { video }: Pick<MediaInfo, "video">,
): boolean =>
  video !== undefined &&
  drafts.some((draft) =>
    encodesOf(draft).some(
      (encode) => !spreadsCaptions(encode, video, draft.areCaptionsCarried === true),
    ),
  );

/** Tells of captions in the source that do not arrive. */
export function captionWarnings(
  drafts: readonly Draft[],
  { video, streams }: MediaInfo,
): readonly Warning[] {
  const isDropped =
    video?.hasCaptions &&
    drafts.some((draft) =>
      encodesOf(draft).some(
        (encode) => !keepsCaptions(encode, video, draft.areCaptionsCarried === true),
      ),
    );
  const hasPicture = drafts.some(
    ({ product }) => product.video.action !== "none" && !isImage(product.container),
  );
  const captionTrack = captionTrackOf(streams);
  return [
    ...(isDropped ? [dropped("The captions in the source's pictures (CEA-608/708)")] : []),
    ...(hasPicture && captionTrack !== undefined
      ? [dropped(`The captions in the source's stream ${captionTrack} (CEA-608)`)]
      : []),
  ];
}

const dropped = (what: string): Warning => ({
  code: "captions_dropped",
  message: `${what} are left out`,
});
