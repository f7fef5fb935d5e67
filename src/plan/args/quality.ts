import type { VideoCodec } from "../../profile/codecs.ts";
import { qualityValue } from "../encode/quality.ts";
import { formatBitrate } from "../encode/rate-control.ts";
import type { VideoEncoding } from "../encode/video-encoding.ts";
import type { Option } from "./streams.ts";

/** The highest bitrate of a stream, and the buffer that enforces it; nothing if there is no ceiling. */
export const ceilingArgs = ({ maxrateBps, bufferBits }: VideoEncoding): readonly Option[] =>
  maxrateBps === undefined || bufferBits === undefined
    ? []
    : [
        ["maxrate", formatBitrate(maxrateBps)],
        ["bufsize", formatBitrate(bufferBits)],
      ];

/** The options that ask an encoder for a quality, and for a ceiling if there is one; undefined if none is asked for. */
export function qualityArgs(encoding: VideoEncoding): readonly Option[] | undefined {
  const { codec, quality } = encoding;
  if (quality === undefined) return undefined;
  return BY_CODEC[codec](encoding, String(qualityValue(codec, quality)));
}

const byFactor = (encoding: VideoEncoding, value: string): readonly Option[] => [
  ["crf", value],
  ...ceilingArgs(encoding),
];

const BY_CODEC: Readonly<
  Record<VideoCodec, (encoding: VideoEncoding, value: string) => readonly Option[]>
> = {
  h264: byFactor,
  h265: byFactor,
  av1: byFactor,
  // By itself, libvpx takes its usual bitrate for a ceiling.
  vp9: (encoding, value) => [
    ["crf", value],
    ["b", encoding.maxrateBps === undefined ? "0" : formatBitrate(encoding.maxrateBps)],
    ...ceilingArgs(encoding),
  ],
  // A fixed quantizer knows no ceiling. With one, the quality is the finest that the bitrate may be spent on.
  mpeg2: (encoding, value) =>
    encoding.maxrateBps === undefined
      ? [["q", value]]
      : [
          ["b", formatBitrate(encoding.maxrateBps)],
          ...ceilingArgs(encoding),
          ["qmin", String(Math.round(Number(value)))],
        ],
  mjpeg: (_, value) => [["q", value]],
  webp: (_, value) => [["quality", value]],
  awebp: (_, value) => [["quality", value]],
  avif: (_, value) => [["crf", value]],
  gif: () => [],
  png: () => [],
};
