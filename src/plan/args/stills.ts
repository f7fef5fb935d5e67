import { toNumber } from "../../lib/rational.ts";
import type { VideoEncoding } from "../encode/video-encoding.ts";
import { EFFORTS } from "./encoders.ts";
import { qualityArgs } from "./quality.ts";
import type { Option } from "./streams.ts";

/** What an encoder takes by the bits that each pixel may have, the finest first, and for less than all of them. */
type Qualities = {
  readonly steps: readonly (readonly [bitsPerPixel: number, value: string])[];
  readonly least: string;
};

/** The qualities of WebP, and the factors of AV1: measured on a film (Big Buck Bunny, 800x640), where the first takes these bits. */
const WEBP: Qualities = {
  steps: [
    [0.9, "95"],
    [0.5, "85"],
    [0.35, "75"],
    [0.25, "50"],
  ],
  least: "25",
};
const AVIF: Qualities = {
  steps: [
    [0.7, "10"],
    [0.45, "20"],
    [0.3, "30"],
    [0.15, "40"],
  ],
  least: "50",
};

/** What comes to the bits that a picture may take. */
function valueFor(
  { steps, least }: Qualities,
  { width, height }: VideoEncoding,
  pictureBits: number,
): string {
  const bits = pictureBits / (width * height);
  return steps.find(([bitsPerPixel]) => bits >= bitsPerPixel)?.[1] ?? least;
}

/** The options of a still WebP. A single picture has no bitrate: the bits per second are roughly those that all of it may take. */
export const webpArgs = (encoding: VideoEncoding): readonly Option[] =>
  qualityArgs(encoding) ?? [["quality", valueFor(WEBP, encoding, encoding.bitrateBps)]];

/** The options of a WebP that moves. Each of its pictures may take its share of a second. */
export const awebpArgs = (encoding: VideoEncoding): readonly Option[] => [
  ...(qualityArgs(encoding) ?? [
    ["quality", valueFor(WEBP, encoding, encoding.bitrateBps / toNumber(encoding.rate))] as const,
  ]),
  ["loop", String(encoding.loop ?? 0)],
];

/** The options of an AVIF. It states its colours, which readers would otherwise guess. */
export const avifArgs = (encoding: VideoEncoding): readonly Option[] => [
  ["preset", EFFORTS.av1[encoding.effort]],
  ...(qualityArgs(encoding) ?? [["crf", valueFor(AVIF, encoding, encoding.bitrateBps)] as const]),
  ["color_primaries", "bt709"],
  ["color_trc", "bt709"],
  ["colorspace", "smpte170m"],
  ["color_range", "tv"],
];
