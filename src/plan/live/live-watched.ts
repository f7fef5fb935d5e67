import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { specifierOf } from "../args/input.ts";
import type { LiveOutput, LivePlan, Watched } from "./live.ts";

/** What of a source a plan's run has to watch, as no output decodes it. */
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

/** A picture that is only watched costs next to nothing: of its frames the key frames alone are decoded, by one thread. */
const KEY_FRAMES = ["-skip_frame:v", "nokey", "-threads:v", "1"];

/** The options that a run's input needs beside its own where a picture of it is watched. */
export const watchedInputArgs = ({ watched }: LivePlan): readonly string[] =>
  watched.video === undefined ? [] : KEY_FRAMES;

/** The outputs of a run that watches: they keep nothing, and no share of damage ends the run. */
export const watchingArgs = ({ watched: { video, audio } }: LivePlan): readonly string[] => [
  ...(video === undefined ? [] : ["-map", video, "-c:v", "wrapped_avframe", ...NOWHERE]),
  ...(audio === undefined ? [] : ["-map", audio, "-c:a", "pcm_s16le", ...NOWHERE]),
];

const NOWHERE = ["-f", "null", "-"];
