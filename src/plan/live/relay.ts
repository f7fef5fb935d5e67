import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { TaskError } from "../../task/errors.ts";

/** What a stream that comes in segments holds: its picture, and its sound where that comes by a pipe of its own. */
export type RelayedTracks = readonly [main: MediaInfo, audio?: MediaInfo | undefined];

/** Formats that can be read segment after segment, with nothing known of what is to come; fragments alone of `mov`. */
const READ_IN_SEGMENTS = ["mpegts", "mov"];

/** What tracks are together, as one source; its sound is that of the last input. */
export function relayedMedia([main, audio]: RelayedTracks): {
  readonly media: MediaInfo;
  readonly audioInput: number;
} {
  if (!audio?.audio) return { media: main, audioInput: 0 };
  return { media: { ...main, audio: audio.audio }, audioInput: 1 };
}

/**
 * Refuses tracks that cannot be sent on while they come.
 *
 * @throws {TaskError} `input_not_supported`
 */
export function refuseUnrelayed([main, audio]: RelayedTracks): void {
  const formats = [main, ...(audio ? [audio] : [])].map(({ format }) => demuxerOf(format));
  const other = formats.find((format) => !READ_IN_SEGMENTS.includes(format));
  if (other !== undefined)
    throw new TaskError(
      "input_not_supported",
      `Cannot send the source on live: its segments are ${other}, and those of MPEG-TS and fragmented mp4 alone can be`,
    );
  if (audio && main.format !== audio.format)
    throw new TaskError(
      "input_not_supported",
      "Cannot send the source on live: its sound is in another format than its picture",
    );
}
