import { slowInput } from "../../plan/args/input.ts";
import { steadyInput } from "../../plan/args/turn.ts";
import type { LivePlan } from "../../plan/live/live.ts";
import { liveProtocolOf } from "../../plan/live/live-protocols.ts";
import type { RelayedTracks } from "../../plan/live/relay.ts";
import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { countedUrls, FIRST_PIPE } from "./live-outputs.ts";

/** A connection without a byte for so long (in µs) counts as dead. Shorter than a viewer's patience, longer than a hiccup. */
const SOURCE_TIMEOUT_US = "10000000";

/** How much is read at most to find out what a stream holds: key frames come every few seconds. */
const ANALYZE_US = "3000000";
const PROBE_BYTES = "5000000";
/** How many frames are used to find the frame rate: by default 20, most of a second. */
const RATE_FRAMES = "10";
/** A run that follows a probe only needs to know what the decoder of each codec needs. */
const QUICK_US = "2000000";

const lookOf = (us: string, frames: string) => [
  ...["-analyzeduration", us, "-probesize", PROBE_BYTES, "-fpsprobesize", frames],
];
const FULL_LOOK = lookOf(ANALYZE_US, RATE_FRAMES);
/** How far ahead a run reads to see what was probed before. */
const QUICK_LOOK = lookOf(QUICK_US, "0");

/** Codec tags are specific to the source's container; `tee` would pass them to other containers, which refuse them. */
const UNTAGGED = ["-tag:v", "0", "-tag:a", "0"];

/** Tracks that start further apart do not share a clock. */
const APART_SECONDS_MAX = 60;

/**
 * How a live source is opened: the guards of hostile input, the format that its protocol carries, and limits on waiting.
 *
 * @param url - what ffmpeg is given in place of a live address that was checked
 * @param isProbe - whether everything must be found out; not for a run that follows a probe
 */
export function liveInputArgs(url: string, isProbe: boolean): readonly string[] {
  const protocol = liveProtocolOf(url);
  if (!protocol) throw new RangeError("Cannot open: it is no live address");
  const scheme = protocol.protocols[0];
  const timeout = scheme === "tcp" || scheme === "udp" ? "-timeout" : "-rw_timeout";
  return [
    ...["-protocol_whitelist", protocol.protocols.join(","), "-f", protocol.demuxer],
    ...[timeout, SOURCE_TIMEOUT_US],
    ...(protocol.format === "rtsp" ? ["-rtsp_transport", "tcp"] : []),
    ...(scheme === "udp" ? ["-overrun_nonfatal", "1"] : []),
    ...(isProbe ? FULL_LOOK : QUICK_LOOK),
    ...(isProbe ? [] : [...UNTAGGED, "-fflags", "+genpts+discardcorrupt"]),
    ...["-i", url],
  ];
}

/** The input of a file that is read at playback speed. */
export const pacedInputArgs = (media: MediaInfo, path: string): readonly string[] => [
  ...["-re", "-f", demuxerOf(media.format), ...UNTAGGED, "-fflags", "+genpts"],
  ...[...steadyInput(media), ...slowInput(media), "-i", `file:${path}`],
];

/** Video that is only watched costs almost nothing: only its key frames are decoded, by one thread. */
const KEY_FRAMES = ["-skip_frame:v", "nokey", "-threads:v", "1"];

/** The additional options of a run's input if its video is watched. */
export const watchedInputArgs = ({ watched }: LivePlan): readonly string[] =>
  watched.video === undefined ? [] : KEY_FRAMES;

/** The pipe that a track is read from: stdin for the first, and one after the counting pipes of the targets for the second. */
const pipeOf = (plan: LivePlan, track: number): number =>
  track === 0 ? 0 : FIRST_PIPE + countedUrls(plan).length + track - 1;

/**
 * The input of tracks that come through pipes in segments: read at playback speed, as whole segments come at once, and with fixed
 * formats, so that no segment is taken for a playlist.
 *
 * @param maxPixels - of one frame, width times height
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

/** For ffmpeg every input starts at zero, so the one that starts later on their common clock is delayed. */
function delayOf({ startSeconds = 0 }: MediaInfo, tracks: RelayedTracks): readonly string[] {
  const seconds = Math.max(
    ...tracks.map((other) => startSeconds - (other?.startSeconds ?? startSeconds)),
  );
  const isApart = seconds > 0 && seconds <= APART_SECONDS_MAX;
  return isApart ? ["-itsoffset", seconds.toFixed(6)] : [];
}
