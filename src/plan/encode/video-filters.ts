import { formatRational, type Rational } from "../../lib/rational.ts";
import { HDR_TRANSFERS } from "../../probe/first-frame.ts";
import type { VideoStream } from "../../probe/media.ts";
import type { VideoEncode } from "../../profile/profile.ts";
import { cropFilters } from "./crop.ts";
import type { Picture } from "./picture.ts";

/** The pixel format of everything encoded here: 8 bits, the one that every player takes. */
export const PIXEL_FORMAT = "yuv420p";

/** The same for JPEG, whose values take the full range and are always those of BT.601: viewers look for no word about it. */
export const JPEG_FILTERS: readonly string[] = [
  "scale=out_color_matrix=bt601:out_range=full",
  "format=yuvj420p",
];

/** Whether a source has a high dynamic range (PQ or HLG), so that 8 bits need it mapped to a standard one. */
export const isHdr = ({ color }: VideoStream): boolean =>
  HDR_TRANSFERS.includes(color.transfer ?? "");

/** Codecs whose encoders here keep fields apart; for others an interlaced source becomes progressive, asked or not. */
const keepsFields = ({ codec }: VideoEncode): boolean => codec === "h264" || codec === "mpeg2";

/** Whether a source stays interlaced in the output. */
export const staysInterlaced = (encode: VideoEncode, source: VideoStream): boolean =>
  source.isInterlaced && !encode.progressive && keepsFields(encode);

/**
 * The chain for `-vf`. The picture comes in upright: ffmpeg turns it before.
 *
 * @param captions - `captionFilters`
 */
export function videoFilters(
  encode: VideoEncode,
  source: VideoStream,
  { scale, pad }: Picture,
  rate: Rational,
  captions: readonly string[],
): string {
  const interlaced = staysInterlaced(encode, source);
  return [
    ...cropFilters(source),
    // Only frames that are marked as interlaced: mixed sources keep their progressive ones sharp.
    ...(source.isInterlaced && !interlaced ? ["bwdif=mode=send_frame:deint=interlaced"] : []),
    ...(scale === undefined ? [] : [`scale=${scale}${interlaced ? ":interl=1" : ""}`]),
    ...sdrFilters(source),
    ...(pad === undefined ? [] : [`pad=${pad}`]),
    "setsar=1",
    ...captions,
    // Also of an even source, for it may have gaps: not every muxer of every version has them filled.
    `fps=${formatRational(rate)}${endOf(source)}`,
    ...(encode.codec === "mjpeg" ? JPEG_FILTERS : [`format=${PIXEL_FORMAT}`]),
  ].join(",");
}

/**
 * How the even frames end: before 9 FFmpeg tells their filter too early an end of an MP4 whose picture begins late, and by default
 * the last picture would go. Of others, and of parts of a film, it would add one.
 */
const endOf = ({ startSeconds = 0 }: VideoStream): string =>
  startSeconds > 0 ? ":eof_action=pass" : "";

/** What is taken off the frames, where encoders of ffmpeg 7 on would hand on what is not true of the output. */
function untruths(source: VideoStream): readonly string[] {
  if (isHdr(source) || source.hasHdrData) return ["sidedata=mode=delete"];
  return source.isOneView ? ["sidedata=mode=delete:type=STEREO3D"] : [];
}

/**
 * What makes a source's picture one of a standard range, for one eye: nothing where it is already. Data about the light of an HDR
 * display goes last, for the mapping goes by it.
 */
export const sdrFilters = (source: VideoStream): readonly string[] => [
  ...(isHdr(source) ? toneMapping(source) : []),
  ...untruths(source),
];

/** The filters that `sdrFilters` needs beyond the common ones. */
export const sdrFiltersNeeded = (source: VideoStream): readonly string[] => [
  ...(isHdr(source) ? ["zscale", "tonemap"] : []),
  ...(untruths(source).length > 0 ? ["sidedata"] : []),
];

const PRIMARIES = ["bt709", "bt2020", "smpte431", "smpte432"];
const MATRICES = ["bt709", "bt2020nc", "bt2020c"];

/**
 * HDR to SDR. What the source leaves unsaid is taken as BT.2020, for zscale converts nothing that it does not know.
 *
 * @see https://ffmpeg.org/ffmpeg-filters.html#tonemap-1 for linear light in floats
 */
function toneMapping({ color }: VideoStream): readonly string[] {
  const known = (names: readonly string[], name: string | undefined, otherwise: string) =>
    name !== undefined && names.includes(name) ? name : otherwise;
  const said = [
    `color_primaries=${known(PRIMARIES, color.primaries, "bt2020")}`,
    `color_trc=${color.transfer}`,
    `colorspace=${known(MATRICES, color.space, "bt2020nc")}`,
    `range=${known(["tv", "pc"], color.range, "tv")}`,
  ];
  return [
    `setparams=${said.join(":")}`,
    "zscale=t=linear:npl=100",
    "format=gbrpf32le",
    "zscale=p=bt709",
    "tonemap=tonemap=hable:desat=0",
    "zscale=t=bt709:m=bt709:r=tv",
  ];
}
