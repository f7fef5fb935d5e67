import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { specifierOf } from "../args/input.ts";
import type { LiveOutput, Watched } from "./live.ts";

/** The streams of a source that a run has to decode only to notice changes, because no output decodes them. */
export function watchedOf(outputs: readonly LiveOutput[], media: MediaInfo): Watched {
  const isRenamed = demuxerOf(media.format) === "mpegts";
  const isWatched = (kind: keyof Watched): boolean =>
    media[kind] !== undefined &&
    outputs.every((output) => output[kind].action !== "encode") &&
    outputs.some(
      (output) =>
        output[kind].action === "copy" &&
        (isRenamed || (kind === "video" && output.recording !== undefined)),
    );
  return {
    ...(isWatched("video") && { video: specifierOf(media, "video") }),
    ...(isWatched("audio") && { audio: specifierOf(media, "audio") }),
  };
}
