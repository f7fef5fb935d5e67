import { type Rational, toNumber } from "../../lib/rational.ts";
import type { VideoStream } from "../../probe/media.ts";
import type { VideoCodec } from "../../profile/codecs.ts";
import type { VideoEncode } from "../../profile/profile.ts";
import { captionFilters } from "../decide/captions.ts";
import { frameRate, gopFrames } from "../encode/framerate.ts";
import { h264Level } from "../encode/h264-level.ts";
import { outputPicture, type Picture } from "../encode/picture.ts";
import { formatBitrate, rateLimits } from "../encode/rate-control.ts";
import { isHdr, staysInterlaced, videoFilters } from "../encode/video-filters.ts";
import { EFFORTS, VIDEO_ENCODERS } from "./encoders.ts";

/** One of two passes: which, and the work folder's file (without suffix) that the first leaves its statistics in. */
export type Pass = { readonly number: 1 | 2; readonly log: string };

/** A video stream to be made, with everything that its arguments follow from. */
type Stream = {
  readonly encode: VideoEncode;
  readonly source: VideoStream;
  readonly picture: Picture;
  readonly rate: Rational;
  readonly pass: Pass | undefined;
};

/**
 * The arguments that filter and encode a video stream, in one pass or one of two.
 *
 * @param areCaptionsCarried - `Draft.areCaptionsCarried`
 */
export function videoArgs(
  encode: VideoEncode,
  source: VideoStream,
  pass: Pass | undefined,
  areCaptionsCarried = false,
): readonly string[] {
  const picture = outputPicture(encode, source);
  const rate = frameRate(encode, source);
  const captions = captionFilters(encode, source, areCaptionsCarried);
  const stream = { encode, source, picture, rate, pass };
  return [
    ...["-vf", videoFilters(encode, source, picture, rate, captions)],
    ...CODECS[encode.codec](stream),
    ...(isHdr(source) && encode.codec !== "mjpeg" ? SDR_TAGS : []),
  ];
}

/** The files that the first of two passes leaves for the second; x265 is told a name, ffmpeg makes one up for others. */
export const passFiles = (codec: VideoCodec, log: string): readonly string[] =>
  codec === "h265" ? [`${log}.log`] : [`${log}-0.log`];

const SDR_TAGS = [
  ...["-color_primaries", "bt709", "-color_trc", "bt709"],
  ...["-colorspace", "bt709", "-color_range", "tv"],
];

const CODECS: Readonly<Record<VideoCodec, (stream: Stream) => readonly string[]>> = {
  h264: x264Args,
  h265: x265Args,
  vp9: vp9Args,
  av1: av1Args,
  mpeg2: mpeg2Args,
  mjpeg: jpegArgs,
};

function x264Args(stream: Stream): readonly string[] {
  const { encode, picture, rate } = stream;
  const level = h264Level(picture, toNumber(rate), rateLimits(encode));
  return [
    ...["-c:v", VIDEO_ENCODERS.h264, "-preset", EFFORTS.h264[encode.effort], "-profile:v", "high"],
    ...latencyArgs(encode),
    ...(level === undefined ? [] : ["-level", level]),
    ...limitArgs(encode),
    ...fixedGopArgs(stream),
    ...["-sc_threshold", "0"],
    ...bFrameArgs(encode),
    ...fieldArgs(stream, []),
    ...passArgs(stream),
  ];
}

function x265Args(stream: Stream): readonly string[] {
  const { encode, pass } = stream;
  const params = [
    // It writes to stderr past ffmpeg's log level.
    "log-level=error",
    "scenecut=0",
    "open-gop=0",
    // ffmpeg does not hand its -pass on to x265.
    ...(pass ? [`pass=${pass.number}`, `stats=${passFiles("h265", pass.log)[0]}`] : []),
  ];
  return [
    ...["-c:v", VIDEO_ENCODERS.h265, "-preset", EFFORTS.h265[encode.effort], "-profile:v", "main"],
    ...latencyArgs(encode),
    ...limitArgs(encode),
    ...fixedGopArgs(stream),
    ...bFrameArgs(encode),
    ...["-x265-params", params.join(":")],
  ];
}

function vp9Args(stream: Stream): readonly string[] {
  const { encode } = stream;
  const speed = ["-deadline", "good", "-cpu-used", EFFORTS.vp9[encode.effort], "-row-mt", "1"];
  return [
    ...["-c:v", VIDEO_ENCODERS.vp9, ...speed],
    ...limitArgs(encode),
    // libvpx keeps to the ceiling only where the floor is the same: else noise at 400k came to 554k, now to 433k.
    ...(encode.rateMode === "cbr" ? ["-minrate", formatBitrate(encode.bitrateBps)] : []),
    ...fixedGopArgs(stream),
    ...passArgs(stream),
  ];
}

/** SVT-AV1 takes no ceiling beside a bitrate: equal to it is an error, above it is ignored (measured with 1.4). */
function av1Args({ encode, rate }: Stream): readonly string[] {
  return [
    ...["-c:v", VIDEO_ENCODERS.av1, "-preset", EFFORTS.av1[encode.effort]],
    ...["-b:v", formatBitrate(encode.bitrateBps)],
    ...["-g", String(gopFrames(encode.gop, rate))],
  ];
}

function mpeg2Args(stream: Stream): readonly string[] {
  const { encode, rate } = stream;
  return [
    ...["-c:v", VIDEO_ENCODERS.mpeg2],
    ...limitArgs(encode),
    ...["-g", String(gopFrames(encode.gop, rate))],
    // Closed groups go with no search for scene changes: so high a threshold turns it off.
    ...["-sc_threshold", "1000000000"],
    ...bFrameArgs(encode),
    ...fieldArgs(stream, ["cgop"]),
    ...passArgs(stream),
  ];
}

/** ffmpeg's quality of a JPEG, 2 the best, by the bits that may go into a pixel (measured on films and test pictures). */
const JPEG_QUALITIES = [
  { bitsPerPixel: 1.5, quality: "2" },
  { bitsPerPixel: 1, quality: "3" },
  { bitsPerPixel: 0.6, quality: "5" },
  { bitsPerPixel: 0.3, quality: "10" },
];
const JPEG_QUALITY_LEAST = "20";

/** A picture has no rate: its bits are what it may take once, roughly. */
function jpegArgs({ encode, picture }: Stream): readonly string[] {
  const bits = encode.bitrateBps / (picture.width * picture.height);
  const known = JPEG_QUALITIES.find(({ bitsPerPixel }) => bits >= bitsPerPixel);
  return ["-c:v", VIDEO_ENCODERS.mjpeg, "-q:v", known?.quality ?? JPEG_QUALITY_LEAST];
}

function limitArgs(encode: VideoEncode): readonly string[] {
  const { maxrateBps, bufferBits } = rateLimits(encode);
  const [bitrate, maxrate, buffer] = [encode.bitrateBps, maxrateBps, bufferBits].map(formatBitrate);
  return ["-b:v", `${bitrate}`, "-maxrate", `${maxrate}`, "-bufsize", `${buffer}`];
}

function fixedGopArgs({ encode, rate }: Stream): readonly string[] {
  const gop = String(gopFrames(encode.gop, rate));
  return ["-g", gop, "-keyint_min", gop];
}

const latencyArgs = ({ lowLatency }: VideoEncode): readonly string[] =>
  lowLatency ? ["-tune", "zerolatency"] : [];

const bFrameArgs = ({ bFrames }: VideoEncode): readonly string[] =>
  bFrames === undefined ? [] : ["-bf", String(bFrames)];

function fieldArgs({ encode, source }: Stream, flags: readonly string[]): readonly string[] {
  const all = [...flags, ...(staysInterlaced(encode, source) ? ["ilme", "ildct"] : [])];
  return all.length === 0 ? [] : ["-flags", all.map((flag) => `+${flag}`).join("")];
}

const passArgs = ({ pass }: Stream): readonly string[] =>
  pass ? ["-pass", String(pass.number), "-passlogfile", pass.log] : [];
