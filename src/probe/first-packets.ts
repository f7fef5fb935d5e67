import * as v from "valibot";
import { captionReaderOf } from "./bytes/caption-marks.ts";
import { demuxerOf } from "./formats.ts";
import type { MediaInfo } from "./media.ts";

/** What ffprobe is asked for (`-show_entries`) of the first packets, for `withFirstPackets`. */
export const FIRST_PACKETS_ENTRIES = "packet=stream_index,data";
/** So few that nearly all of them were read already to find out what the stream holds; so many that not all of them are audio. */
export const FIRST_PACKETS_ARGS: readonly string[] = ["-show_data", "-read_intervals", "%+#32"];

const packetsSchema = v.object({
  packets: v.array(v.object({ stream_index: v.number(), data: v.string() })),
});

/** How many lines of a packet's dump are read: more than what precedes its picture. */
const LINES_MAX = 256;
/** `00000010: 4741 3934 0354 ff…  GA94.T..`; the text may hold anything. */
const LINE = /^[0-9a-f]{8}: ((?:[0-9a-f]{2,4} )+)/;

const bytesOf = (dump: string): Uint8Array =>
  Buffer.from(
    dump
      .split("\n", LINES_MAX)
      .map((line) => LINE.exec(line)?.[1]?.replaceAll(" ", "") ?? "")
      .join(""),
    "hex",
  );

/** A live stream with what its first packets show of captions, as its bytes cannot be read twice. Unchanged if they show none. */
export function withFirstPackets(media: MediaInfo, json: unknown): MediaInfo {
  const { video, format } = media;
  const parsed = v.safeParse(packetsSchema, json);
  if (!video || !parsed.success) return media;
  const reader = captionReaderOf(video, packedBy(demuxerOf(format)));
  if (!reader) return media;
  for (const { stream_index, data } of parsed.output.packets)
    if (stream_index === video.index) reader.see(bytesOf(data));
  return { ...media, video: { ...video, ...reader.facts(true) } };
}

/** The format in which a demuxer hands out packets: those of MPEG-TS come without the transport stream's own packets. */
function packedBy(demuxer: string): string {
  if (demuxer === "mpegts") return "";
  return demuxer === "live_flv" ? "flv" : demuxer;
}
