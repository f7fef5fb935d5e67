import * as v from "valibot";
import { number, text } from "./ffprobe-values.ts";
import type { MediaInfo } from "./media.ts";

/** The limits in time and in bytes; ffmpeg's own are some seconds of an MPEG-TS, and 5 MB. */
const LOOK_MICROSECONDS = 300_000_000;
const LOOK_BYTES = 64 << 20;

/** Input options with which ffmpeg looks for longer at the beginning of a file to learn what its streams are. */
export const LONG_LOOK: readonly string[] = [
  ...["-analyzeduration", String(LOOK_MICROSECONDS)],
  ...["-probesize", String(LOOK_BYTES)],
];

/** The input options of a source, which are those if its streams begin late or have seconds between their first packets. */
export const longLook = ({ beginsSlowly }: Pick<MediaInfo, "beginsSlowly">): readonly string[] =>
  beginsSlowly ? LONG_LOOK : [];

const streamsSchema = v.object({
  streams: v.array(
    v.object({
      ...{ codec_type: text, codec_name: text },
      ...{ width: number, channels: number, sample_rate: number },
    }),
  ),
});

/** Counts the streams of which ffprobe knows only the codec, as it has seen too little of them. @param json - of `PROBE_ENTRIES` */
export function countUnseen(json: unknown): number {
  const { output, success } = v.safeParse(streamsSchema, json);
  if (!success) return 0;
  return output.streams.filter(({ codec_type, codec_name, width, channels, sample_rate }) => {
    if (codec_name === undefined) return false;
    return codec_type === "video" ? !width : codec_type === "audio" && !(channels && sample_rate);
  }).length;
}
