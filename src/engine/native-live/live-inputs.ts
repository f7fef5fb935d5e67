import { slowInput } from "../../plan/args/input.ts";
import { steadyInput } from "../../plan/args/turn.ts";
import type { LivePlan } from "../../plan/live/live.ts";
import { liveProtocolOf } from "../../plan/live/live-protocols.ts";
import type { RelayedTracks } from "../../plan/live/relay.ts";
import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { countedUrls, FIRST_PIPE } from "./live-outputs.ts";

/** No byte for so long, in µs, and a connection counts as dead. Shorter than a viewer's patience, longer than a hiccup. */
const SOURCE_TIMEOUT_US = "10000000";

/** What is read, at most, to find out what a stream holds: key frames come every few seconds. */
const ANALYZE_US = "3000000";
const PROBE_BYTES = "5000000";
/** Frames to find the rate by: 20 by default, most of a second. */
const RATE_FRAMES = "10";
/** A run that follows a probe needs to know of each codec only what its decoder needs. */
const QUICK_US = "2000000";

const lookOf = (us: string, frames: string) => [
  ...["-analyzeduration", us, "-probesize", PROBE_BYTES, "-fpsprobesize", frames],
];
const FULL_LOOK = lookOf(ANALYZE_US, RATE_FRAMES);
/** How far ahead a run reads to see what was probed before. */
const QUICK_LOOK = lookOf(QUICK_US, "0");

/** The source's names for its codecs are its container's own; `tee` would hand them on to others, which refuse them. */
const UNTAGGED = ["-tag:v", "0", "-tag:a", "0"];

/** Tracks that begin further apart do not go by one clock. */
const APART_SECONDS_MAX = 60;

/**
 * How a live source is opened: the guards of hostile input, the format that its protocol carries, and limits on waiting.
 *
 * @param url - a live address that was judged
 * @param isProbe - whether all is to be found out, or a run follows that knows it
 * @param authoritiesPath - the file of what may sign servers' certificates; the machine's own list where absent
 */
export function liveInputArgs(
  url: string,
  isProbe: boolean,
  authoritiesPath?: string,
): readonly string[] {
  const protocol = liveProtocolOf(url);
  if (!protocol) throw new RangeError("Cannot open: it is no live address");
  const scheme = protocol.protocols[0];
  const timeout = scheme === "tcp" || scheme === "udp" ? "-timeout" : "-rw_timeout";
  return [
    ...["-protocol_whitelist", protocol.protocols.join(","), "-f", protocol.demuxer],
    ...[timeout, SOURCE_TIMEOUT_US],
    ...(protocol.format === "rtsp" ? ["-rtsp_transport", "tcp"] : []),
    ...(scheme === "udp" ? ["-overrun_nonfatal", "1"] : []),
    ...(scheme === "rtmps" ? ["-tls_verify", "1"] : []),
    ...(scheme === "rtmps" && authoritiesPath ? ["-ca_file", authoritiesPath] : []),
    ...(isProbe ? FULL_LOOK : QUICK_LOOK),
    ...(isProbe ? [] : [...UNTAGGED, "-fflags", "+genpts+discardcorrupt"]),
    ...["-i", url],
  ];
}

/** How a file is read at the pace it plays at. */
export const pacedInputArgs = (media: MediaInfo, path: string): readonly string[] => [
  ...["-re", "-f", demuxerOf(media.format), ...UNTAGGED, "-fflags", "+genpts"],
  ...[...steadyInput(media), ...slowInput(media), "-i", `file:${path}`],
];

/** A picture that is only watched costs next to nothing: of its frames the key frames alone are decoded, by one thread. */
const KEY_FRAMES = ["-skip_frame:v", "nokey", "-threads:v", "1"];

/** The options that a run's input needs beside its own where a picture of it is watched. */
export const watchedInputArgs = ({ watched }: LivePlan): readonly string[] =>
  watched.video === undefined ? [] : KEY_FRAMES;

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
