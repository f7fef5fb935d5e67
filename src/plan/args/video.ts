import { isPageCodec, type VideoCodec } from "../../profile/codecs.ts";
import { areKept } from "../encode/captions.ts";
import { colourTags, svtLight, x265Light } from "../encode/colours/encoder-words.ts";
import { LEAN_PARAMS } from "../encode/engine/lean-x264.ts";
import { formatBitrate } from "../encode/rate-control.ts";
import type { VideoEncoding } from "../encode/video-encoding.ts";
import { inOrder } from "../encode/video-filters.ts";
import { ownArgs, ownEffort, ownParams, paramsArgs, tuneArgs } from "./encoder-options.ts";
import { EFFORTS, VIDEO_ENCODERS } from "./encoders.ts";
import { hardwareArgs } from "./hardware/hardware-video.ts";
import { ceilingArgs, qualityArgs } from "./quality.ts";
import { avifArgs, awebpArgs, webpArgs } from "./stills.ts";
import type { Option, OutputStream } from "./streams.ts";

/** One of two passes. */
export type Pass = {
  readonly number: 1 | 2;
  /** The file in the work folder (without suffix) for the statistics of the first. */
  readonly log: string;
  /** What it makes is joined to other slices. */
  readonly isSlice?: true;
};

/** @param suffix - of the statistics of a slice, if it is one */
export const passOf = (number: Pass["number"], log: string, suffix: string | undefined): Pass =>
  suffix === undefined ? { number, log } : { number, log: `${log}${suffix}`, isSlice: true };

/** What an encoder's options depend on. */
type Stream = { readonly encoding: VideoEncoding; readonly pass: Pass | undefined };

/**
 * An encoded video stream with filters of its own.
 *
 * @param map - the stream that it is read from, or the label
 */
export function encodedVideo(
  encoding: VideoEncoding,
  map: string,
  { pass, frameMode }: { readonly pass?: Pass | undefined; readonly frameMode?: string } = {},
): OutputStream {
  const { codec, isToneMapped, colour, hardware } = encoding;
  return {
    kind: "video",
    map,
    filters: inOrder(encoding.filters),
    codec: hardware?.name ?? VIDEO_ENCODERS[codec],
    options: [
      ...(hardware ? hardwareArgs(encoding, hardware) : CODECS[codec]({ encoding, pass })),
      ...(isToneMapped && !isPageCodec(codec) ? SDR_TAGS : []),
      ...(colour ? colourTags(colour) : []),
      ...(frameMode === undefined ? [] : [["fps_mode", frameMode] as const]),
    ],
  };
}

/**
 * A copied video stream.
 *
 * @param more - changes to its packets or its tag
 */
export const copiedVideo = (
  map: string,
  more: Pick<OutputStream, "packetFilters" | "tag"> = {},
): OutputStream => ({ kind: "video", map, codec: "copy", ...more });

/**
 * The files that the first of two passes leaves for the second. x265 is given their name; ffmpeg makes one up for other
 * codecs.
 *
 * @param at - the number of the stream in its run
 */
export const passFiles = (codec: VideoCodec, log: string, at = 0): readonly string[] =>
  codec === "h265" ? [`${log}.log`] : [`${log}-${at}.log`];

const SDR_TAGS: readonly Option[] = [
  ...([
    ["color_primaries", "bt709"],
    ["color_trc", "bt709"],
  ] as const),
  ...([
    ["colorspace", "bt709"],
    ["color_range", "tv"],
  ] as const),
];

const CODECS: Readonly<Record<VideoCodec, (stream: Stream) => readonly Option[]>> = {
  h264: x264Args,
  h265: x265Args,
  vp9: vp9Args,
  av1: av1Args,
  mpeg2: mpeg2Args,
  gif: () => [],
  mjpeg: jpegArgs,
  webp: ({ encoding }) => webpArgs(encoding),
  awebp: ({ encoding }) => awebpArgs(encoding),
  avif: ({ encoding }) => avifArgs(encoding),
  png: () => [],
};

function x264Args(stream: Stream): readonly Option[] {
  const { encoding } = stream;
  const { effort, level } = encoding;
  return [
    ["preset", ownEffort(encoding) ?? EFFORTS.h264[effort]],
    ["profile", "high"],
    ...latencyArgs(encoding),
    ...tuneArgs(encoding),
    ...(level === undefined ? [] : [["level", level] as const]),
    ...limitArgs(encoding),
    ...fixedGopArgs(encoding),
    ["sc_threshold", "0"],
    ...bFrameArgs(encoding),
    ...fieldArgs(encoding, []),
    // By itself, the header of a second pass says what its statistics come to: slices of one stream have to have the same.
    ...paramsArgs("x264-params", [
      ...(encoding.isLean ? LEAN_PARAMS : []),
      ...ownParams(encoding),
      ...(stream.pass?.isSlice ? ["stitchable=1"] : []),
    ]),
    ...passArgs(stream),
  ];
}

function x265Args({ encoding, pass }: Stream): readonly Option[] {
  const params = [
    // x265 writes to stderr whatever ffmpeg's log level is.
    "log-level=error",
    "scenecut=0",
    "open-gop=0",
    ...ownParams(encoding),
    // ffmpeg does not pass its -pass on to x265.
    ...(pass ? [`pass=${pass.number}`, `stats=${passFiles("h265", pass.log)[0]}`] : []),
    ...x265Light(encoding.colour ?? {}),
  ];
  return [
    ["preset", ownEffort(encoding) ?? EFFORTS.h265[encoding.effort]],
    ["profile", encoding.colour ? "main10" : "main"],
    ...latencyArgs(encoding),
    ...tuneArgs(encoding),
    ...limitArgs(encoding),
    ...fixedGopArgs(encoding),
    ...bFrameArgs(encoding),
    // Unlike others, it writes captions only if it is told to.
    ...(areKept(encoding.captions) ? [["a53cc", "1"] as const] : []),
    ["x265-params", params.join(":")],
  ];
}

function vp9Args(stream: Stream): readonly Option[] {
  const { encoding } = stream;
  const { effort, rateMode, bitrateBps } = encoding;
  return [
    ["deadline", "good"],
    ["cpu-used", ownEffort(encoding) ?? EFFORTS.vp9[effort]],
    ["row-mt", "1"],
    ...limitArgs(encoding),
    // libvpx keeps to the ceiling only if the floor is the same: noise at 400k comes to 433k, and to 554k without a
    // floor.
    ...(rateMode === "cbr" ? [["minrate", formatBitrate(bitrateBps)] as const] : []),
    ...fixedGopArgs(encoding),
    ...ownArgs(encoding),
    ...passArgs(stream),
  ];
}

/**
 * SVT-AV1 takes a ceiling beside a quality, but none beside a bitrate: one that is equal to the bitrate is an error, a higher one is ignored
 * (measured with 1.4).
 */
function av1Args({ encoding }: Stream): readonly Option[] {
  const params = [...ownParams(encoding, ["preset"]), ...svtLight(encoding.colour ?? {})];
  return [
    ["preset", ownEffort(encoding) ?? EFFORTS.av1[encoding.effort]],
    ...(qualityArgs(encoding) ?? [["b", formatBitrate(encoding.bitrateBps)] as const]),
    ["g", String(encoding.gopFrames)],
    ...paramsArgs("svtav1-params", params),
  ];
}

function mpeg2Args(stream: Stream): readonly Option[] {
  const { encoding } = stream;
  return [
    ...limitArgs(encoding),
    ["g", String(encoding.gopFrames)],
    // Closed GOPs need the search for scene changes off, and a threshold this high turns it off.
    ["sc_threshold", "1000000000"],
    ...bFrameArgs(encoding),
    ...fieldArgs(encoding, ["cgop"]),
    ...ownArgs(encoding),
    ...passArgs(stream),
  ];
}

/** ffmpeg's quality of a JPEG (2 is the best) by the bits that each pixel may take (measured on films and test pictures). */
const JPEG_QUALITIES = [
  { bitsPerPixel: 1.5, quality: "2" },
  { bitsPerPixel: 1, quality: "3" },
  { bitsPerPixel: 0.6, quality: "5" },
  { bitsPerPixel: 0.3, quality: "10" },
];
const JPEG_QUALITY_LEAST = "20";

/** A single picture has no bitrate: the bits per second are roughly those that the whole picture may take. */
function jpegArgs({ encoding }: Stream): readonly Option[] {
  const fixed = qualityArgs(encoding);
  if (fixed) return fixed;
  const bits = encoding.bitrateBps / (encoding.width * encoding.height);
  const known = JPEG_QUALITIES.find(({ bitsPerPixel }) => bits >= bitsPerPixel);
  return [["q", known?.quality ?? JPEG_QUALITY_LEAST]];
}

const limitArgs = (encoding: VideoEncoding): readonly Option[] =>
  qualityArgs(encoding) ?? [
    ["b", formatBitrate(encoding.bitrateBps)] as const,
    ...ceilingArgs(encoding),
  ];

const fixedGopArgs = ({ gopFrames }: VideoEncoding): readonly Option[] => [
  ["g", String(gopFrames)],
  ["keyint_min", String(gopFrames)],
];

const latencyArgs = ({ lowLatency }: VideoEncoding): readonly Option[] =>
  lowLatency ? [["tune", "zerolatency"]] : [];

const bFrameArgs = ({ bFrames }: VideoEncoding): readonly Option[] =>
  bFrames === undefined ? [] : [["bf", String(bFrames)]];

function fieldArgs({ isInterlaced }: VideoEncoding, flags: readonly string[]): readonly Option[] {
  const all = [...flags, ...(isInterlaced ? ["ilme", "ildct"] : [])];
  return all.length === 0 ? [] : [["flags", all.map((flag) => `+${flag}`).join("")]];
}

const passArgs = ({ pass }: Stream): readonly Option[] =>
  pass
    ? [
        ["pass", String(pass.number)],
        ["passlogfile", pass.log],
      ]
    : [];
