import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { TaskError } from "../../task/errors.ts";

/** What the tracks of a stream that comes in segments hold: the main one, and the audio if it comes by a pipe of its own. */
export type RelayedTracks = readonly [main: MediaInfo, audio?: MediaInfo | undefined];

/** Formats that can be read segment after segment, without knowing what is to come; of `mov`, only fragments. */
const READ_IN_SEGMENTS = ["mpegts", "mov"];

/** Tracks as one source, and the input that its audio is read from: the last one. */
export function relayedMedia([main, audio]: RelayedTracks): {
  readonly media: MediaInfo;
  readonly audioInput: number;
} {
  if (!audio?.audio) return { media: main, audioInput: 0 };
  return { media: { ...main, audio: audio.audio }, audioInput: 1 };
}

/**
 * Refuses tracks that cannot be sent on as they come.
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
