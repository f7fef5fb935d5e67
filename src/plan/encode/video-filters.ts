import { formatRational, type Rational } from "../../lib/rational.ts";
import type { VideoStream } from "../../probe/media.ts";
import type { VideoCodec } from "../../profile/codecs.ts";
import type { VideoEncode } from "../../profile/profile.ts";
import type { KeptColour } from "../plan.ts";
import type { CaptionFate } from "./captions.ts";
import { areaFilters, areaOf, denoising } from "./changes.ts";
import { sdrFilters } from "./colours/hdr.ts";
import { DEEP_PIXEL_FORMAT, keepingFilters } from "./colours/kept-colour.ts";
import { cropFilters } from "./crop.ts";
import { drawing, groundOf } from "./drawn/drawn-subtitles.ts";
import { type Filter, formatSeconds } from "./filters.ts";
import { isBobbed } from "./framerate.ts";
import { type Picture, shownWidth } from "./picture.ts";

/** The pixel format of what is encoded here, unless the depth of the source is kept: 8 bits, the one that every player takes. */
export const PIXEL_FORMAT = "yuv420p";

/** The same for JPEG, whose values take the full range and are always those of BT.601: viewers assume that. */
export const JPEG_FILTERS: readonly Filter[] = [
  { name: "scale", options: { out_color_matrix: "bt601", out_range: "full" } },
  { name: "format", values: ["yuvj420p"] },
];

/** The same for WebP and AVIF, whose values take the range of films. */
const STILL_FILTERS: readonly Filter[] = [
  { name: "scale", options: { out_color_matrix: "bt601", out_range: "tv" } },
  { name: "format", values: [PIXEL_FORMAT] },
];

/** How the values of pictures are laid out where it is not as films have it. */
const FORMATS: Partial<Record<VideoCodec, readonly Filter[]>> = {
  mjpeg: JPEG_FILTERS,
  webp: STILL_FILTERS,
  awebp: STILL_FILTERS,
  avif: STILL_FILTERS,
  png: [{ name: "format", values: ["rgb24"] }],
  // A palette is made of all colours.
  gif: [],
};

/** The filters that lay out the values of pictures as an encoder takes them. */
export const formatFilters = (codec: VideoCodec): readonly Filter[] =>
  FORMATS[codec] ?? [{ name: "format", values: [PIXEL_FORMAT] }];

/** What filters do to a picture, in the order in which they do it. */
const STAGES = [
  ...(["crop", "deinterlace", "area", "denoise", "scale", "colors", "draw", "pad"] as const),
  ...(["aspect", "captions", "rate", "format"] as const),
];

/** The filters of a picture, by what they do; a list is empty if there is nothing to do. */
export type VideoFilters = Readonly<Record<(typeof STAGES)[number], readonly Filter[]>>;

/** All filters of a picture, in their order. */
export const inOrder = (filters: VideoFilters): readonly Filter[] =>
  STAGES.flatMap((stage) => filters[stage]);

/** All filters of a picture, with the frame rate before scaling, so that no frame is scaled and then dropped. */
export const rateFirst = (filters: VideoFilters): readonly Filter[] => [
  ...filters.deinterlace,
  ...filters.rate,
  ...inOrder({ ...filters, deinterlace: [], rate: [] }),
];

/**
 * Whether a codec's encoder here keeps fields apart; with others an interlaced source becomes progressive, whether asked
 * for or not.
 */
const keepsFields = ({ codec }: VideoEncode): boolean => codec === "h264" || codec === "mpeg2";

/** Whether a source stays interlaced in the output. */
export const staysInterlaced = (encode: VideoEncode, source: VideoStream): boolean =>
  source.isInterlaced && !encode.progressive && keepsFields(encode);

/**
 * The filter that makes an interlaced source progressive. It changes only frames that are marked as interlaced, so mixed
 * sources keep their progressive ones sharp.
 */
export const deinterlacing = (
  { isInterlaced }: VideoStream,
  mode: "send_frame" | "send_field" = "send_frame",
): readonly Filter[] =>
  isInterlaced ? [{ name: "bwdif", options: { mode, deint: "interlaced" } }] : [];

/** The filter for an encode that is to be progressive, or none if it stays as it is. */
const madeProgressive = (encode: VideoEncode, source: VideoStream): readonly Filter[] =>
  staysInterlaced(encode, source) || encode.deinterlace === "off"
    ? []
    : deinterlacing(source, isBobbed(encode, source) ? "send_field" : "send_frame");

/** What is decided about a picture before its filters. */
type Decided = {
  readonly picture: Picture;
  readonly rate: Rational;
  readonly captions: CaptionFate;
  readonly colour: KeptColour | undefined;
};

/** The filters that turn a source's picture into an output's. The picture is upright already, because ffmpeg turns it first. */
export function videoFilters(
  encode: VideoEncode,
  source: VideoStream,
  { picture, rate, captions, colour }: Decided,
): VideoFilters {
  const isInterlaced = staysInterlaced(encode, source);
  return {
    crop: cropFilters(source),
    deinterlace: madeProgressive(encode, source),
    area: areaFilters(areaOf(encode, source)),
    denoise: denoising(encode.denoise),
    scale: scaling(picture, isInterlaced),
    colors: colour ? keepingFilters(colour, source) : sdrFilters(source),
    draw: drawing(encode.drawn, groundOf(source, shownWidth(picture, encode, source))),
    pad: padding(picture, encode),
    aspect: [{ name: "setsar", values: [1] }],
    // Otherwise the encoder would write them, or what is left of them.
    captions:
      captions === "deleted" || captions === "refused"
        ? [{ name: "sidedata", options: { mode: "delete", type: "A53_CC" } }]
        : [],
    rate: [evenRate(rate, source)],
    format: FORMATS[encode.codec] ?? [
      { name: "format", values: [colour ? DEEP_PIXEL_FORMAT : PIXEL_FORMAT] },
    ],
  };
}

function scaling({ scale }: Picture, isInterlaced: boolean): readonly Filter[] {
  if (!scale) return [];
  const { width, height, isFitted } = scale;
  const options = {
    ...(isFitted && { force_original_aspect_ratio: "decrease", force_divisible_by: 2 }),
    ...(isInterlaced && { interl: 1 }),
  };
  return [{ name: "scale", values: [width, height], options }];
}

function padding(
  { width, height, isPadded }: Picture,
  { pad: color }: VideoEncode,
): readonly Filter[] {
  if (!isPadded) return [];
  const values = [width, height, "(ow-iw)/2", "(oh-ih)/2"];
  return [{ name: "pad", values, ...(color !== undefined && { options: { color } }) }];
}

/**
 * The filter that gives frames even times. An even source gets it too, because it may have gaps, and not every muxer of
 * every version fills them.
 *
 * `eof_action=pass` is for sources that begin late: before 9, FFmpeg reports the end of an MP4 whose picture begins late
 * too early to this filter, and by default the last picture would be lost. With other sources, and with parts of a film,
 * it would add a picture.
 */
export const evenRate = (
  rate: Rational,
  { startSeconds = 0 }: Pick<VideoStream, "startSeconds">,
): Filter => ({
  name: "fps",
  values: [formatRational(rate)],
  ...(startSeconds > 0 && { options: { eof_action: "pass" } }),
});

/** The filters of a picture, with so many seconds of black before a late first one. */
export function withBlackStart(filters: VideoFilters, seconds = 0): VideoFilters {
  if (seconds === 0) return filters;
  const late = formatSeconds(seconds);
  // The shift does not count from the first frame: in a recording cut within a GOP that comes later still, and black
  // stays until then. 7.1 forgets the rate after setpts, and tpad then pads with 25 a second, so the rate is given once
  // more.
  const rate: readonly Filter[] = [
    ...filters.rate,
    { name: "setpts", values: [`PTS-round(${late}/TB)`] },
    ...filters.rate,
    { name: "tpad", options: { start_duration: late } },
  ];
  return { ...filters, rate };
}
