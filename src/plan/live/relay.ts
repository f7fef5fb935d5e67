import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { TaskError } from "../../task/errors.ts";
import { steadyInput } from "../args/turn.ts";
import type { LivePlan } from "./live.ts";
import { countedUrls, FIRST_PIPE, QUICK_LOOK, UNTAGGED } from "./live-args.ts";

/** What a stream that comes in segments holds: its picture, and its sound where that comes by a pipe of its own. */
export type RelayedTracks = readonly [main: MediaInfo, audio?: MediaInfo | undefined];

/** Formats that can be read segment after segment, with nothing known of what is to come; fragments alone of `mov`. */
const READ_IN_SEGMENTS = ["mpegts", "mov"];
/** Tracks that begin further apart do not go by one clock. */
const APART_SECONDS_MAX = 60;

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

/** The pipe that a track is read from: stdin the first, and one behind those that tell what targets were sent. */
const pipeOf = (plan: LivePlan, track: number): number =>
  track === 0 ? 0 : FIRST_PIPE + countedUrls(plan).length + track - 1;

/**
 * How tracks are read that come through pipes in segments: at the pace they play at, for segments come all at once, and with their
 * formats pinned, so that no segment is taken for a playlist.
 *
 * @param maxPixels - of one picture, width times height
 */
export function pipedInputArgs(
  tracks: RelayedTracks,
  plan: LivePlan,
  maxPixels: number,
): readonly string[] {
  return tracks.flatMap((track, index) =>
    track === undefined
      ? []
      : [
          ...["-max_pixels", String(maxPixels), "-protocol_whitelist", "pipe"],
          ...["-re", "-f", demuxerOf(track.format), ...delayOf(track, tracks), ...UNTAGGED],
          ...QUICK_LOOK,
          ...["-fflags", "+genpts+discardcorrupt", ...steadyInput(track)],
          ...["-i", `pipe:${pipeOf(plan, index)}`],
        ],
  );
}

/** Every input begins at zero for ffmpeg: the one that begins later by the clock of both is held back. */
function delayOf({ startSeconds = 0 }: MediaInfo, tracks: RelayedTracks): readonly string[] {
  const seconds = Math.max(
    ...tracks.map((other) => startSeconds - (other?.startSeconds ?? startSeconds)),
  );
  const isApart = seconds > 0 && seconds <= APART_SECONDS_MAX;
  return isApart ? ["-itsoffset", seconds.toFixed(6)] : [];
}
