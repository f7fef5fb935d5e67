import * as v from "valibot";
import { TaskError } from "../task/errors.ts";
import { audioOf, videoOf } from "./choose-streams.ts";
import { known, number, text } from "./ffprobe-values.ts";
import { PACKET_ENTRIES, readFirstPackets } from "./hidden.ts";
import { lateSeconds, withoutLateness } from "./late-stamps.ts";
import type { MediaInfo } from "./media.ts";
import { CHAPTER_ENTRIES, chaptersOf, TAG_ENTRIES, tagsOf, tagsSchema } from "./metadata/tags.ts";
import { STREAM_ENTRIES, streamOf, streamSchema } from "./parse-stream.ts";

/**
 * What ffprobe is asked for (`-show_entries`): exactly what is read here, so that a source's own texts stay out.
 *
 * The first packets tell whether they are encrypted or hidden.
 */
export const PROBE_ENTRIES = [
  "error=code,string",
  "format=format_name,duration,start_time,size,bit_rate",
  `format_tags=major_brand,${TAG_ENTRIES}`,
  CHAPTER_ENTRIES,
  ...STREAM_ENTRIES,
  PACKET_ENTRIES,
].join(":");

const probeSchema = v.object({
  streams: v.array(streamSchema),
  format: v.object({
    format_name: v.string(),
    duration: number,
    start_time: number,
    size: number,
    bit_rate: number,
    tags: tagsSchema,
  }),
});

/**
 * Reads ffprobe's JSON (`-show_entries` of `PROBE_ENTRIES`) of a file that could be opened.
 *
 * A codec that ffprobe does not know is `unknown`, and a size or rate that it does not know is 0: `judgeSource` refuses them.
 *
 * @throws {TaskError} `source_not_media` when it is no description of a file
 */
export function parseProbe(json: unknown): MediaInfo {
  const parsed = v.safeParse(probeSchema, json);
  if (!parsed.success)
    throw new TaskError("source_not_media", "Cannot read the source: ffprobe does not describe it");
  const { format: file, streams: told } = parsed.output;
  const format = file.format_name;
  const late = lateSeconds(format, file.start_time);
  const origin = { format, late, firstPackets: readFirstPackets(json) };
  const streams = told.map((stream) => streamOf(stream, origin));
  const chapters = chaptersOf(json);
  const video = videoOf(streams);
  const audio = audioOf(streams, {
    format,
    ...known({ brand: v.parse(text, file.tags?.["major_brand"]) }),
  });
  return {
    format,
    streams,
    ...known({
      // ffmpeg 5 says 0 of animated AVIFs.
      durationSeconds:
        file.duration === 0 ? (video?.durationSeconds ?? 0) : withoutLateness(file.duration, late),
      startSeconds: file.start_time,
      sizeBytes: file.size,
      bitrateBps: file.bit_rate,
      video,
      audio,
      tags: tagsOf([file.tags, ...told.map(({ tags }) => tags)]),
      chapters: chapters.length > 0 ? chapters : undefined,
    }),
  };
}
