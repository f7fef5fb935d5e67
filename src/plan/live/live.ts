import type { Warning } from "../../task/warnings.ts";
import type { SetFiles } from "../args/adaptive-output.ts";
import type { OutputStreams } from "../args/streams.ts";
import type { SetPlan, StreamDecision } from "../plan.ts";
import type { LiveStream } from "./live-protocols.ts";

/** One encode (or copy) of a live task and everything that it feeds. */
export type LiveOutput = OutputStreams & {
  readonly video: StreamDecision;
  readonly audio: StreamDecision;
  /** The parameter sets of what is encoded stand in a header, as all containers but MPEG-TS want it, which repeats them. */
  readonly isHeaded: boolean;
  /** What the video's codec is called in its segments of mp4. */
  readonly videoTag?: string;
  /** The live targets that it is sent to. */
  readonly sent: readonly LiveStream[];
  /** The folder of its recording in the work folder, where file targets get it; the indexes of those. */
  readonly recording?: LiveRecording;
  /** Whether all this holds for pictures of the source's size alone, and is to be planned anew for others. */
  readonly isSized: boolean;
};

/** What file targets of an output are recorded as first; a set is seen while it grows, and consists of what is recorded. */
export type LiveRecording = {
  readonly folder: string;
  /** Of a set of one stream: what its segments are. */
  readonly segments?: "mpegts" | "fmp4";
  /** Of a set whose streams are apart, in segments that HLS and DASH share. */
  readonly set?: { readonly plan: SetPlan; readonly files: SetFiles };
  readonly targets: readonly number[];
  /** It may come with a header in every packet, as in MPEG-TS, which mp4 does not take. */
  readonly isAacCopied: boolean;
};

/** What is done with a live stream, decided before anything runs: one process feeds all targets. */
export type LivePlan = {
  readonly outputs: readonly LiveOutput[];
  /** Whether frames are expected to come: else the sound alone tells that it gets on. */
  readonly hasVideo: boolean;
  /** Whether one of the outputs is. */
  readonly isSized: boolean;
  /** What is decoded for nobody. */
  readonly watched: Watched;
  /** As `Plan.asksForCaptions`. */
  readonly asksForCaptions?: true;
  /** What was decided that the caller may not expect. */
  readonly warnings: readonly Warning[];
};

/**
 * The stream specifiers of what is decoded for nobody, to see that it changes: only a decoder does.
 *
 * A picture that is recorded as it comes, because of its size: no part of a recording can hold another beside the first. What is
 * copied from MPEG-TS, because of its codec, which may be another from now on under the same PID: what demuxes and what
 * copies it says nothing of that, or little.
 */
export type Watched = { readonly video?: string; readonly audio?: string };

/** Of the streams of one run; it lies in a folder with the lists of each stream (`Track.playlist`) and all segments. */
export const RUN_MANIFEST = "manifest.mpd";

/** One run of a live plan: a stream that drops is taken up by another run. */
export type LiveRun = {
  /** Added to the time stamps, so that they go on where those of the run before ended. */
  readonly offsetSeconds: number;
  /** The number of the run, which names its part of a recording. */
  readonly part: number;
  /** What the names of its segments of sets begin with, which those of no other run do. */
  readonly prefix: string;
};
