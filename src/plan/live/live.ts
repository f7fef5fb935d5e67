import type { Warning } from "../../task/warnings.ts";
import type { SetFiles } from "../args/sets/dash-args.ts";
import type { OutputStreams } from "../args/streams.ts";
import type { Load, SetPlan, StreamDecision } from "../plan.ts";
import type { LiveStream } from "./live-protocols.ts";

/** One encode (or copy) of a live task and everything that it feeds. */
export type LiveOutput = OutputStreams & {
  readonly video: StreamDecision;
  readonly audio: StreamDecision;
  /** The parameter sets of an encode stand in a header, as all containers want it except MPEG-TS, which repeats them. */
  readonly isHeaded: boolean;
  /** The tag of the video's codec in segments of mp4. */
  readonly videoTag?: string;
  /** The live targets that it is sent to. */
  readonly sent: readonly LiveStream[];
  /** What is recorded of it, if file targets get it. */
  readonly recording?: LiveRecording;
  /** Whether this holds only for pictures of the source's size, so that others need a new plan. */
  readonly isSized: boolean;
};

/**
 * What is recorded first for the file targets of an output. A set can be watched while it grows, and consists of what is
 * recorded.
 */
export type LiveRecording = {
  /** In the work folder. */
  readonly folder: string;
  /** Of a set in one playlist: the format of its segments. */
  readonly segments?: "mpegts" | "fmp4";
  /** Of a set whose streams are apart: the set, in segments that HLS and DASH share. */
  readonly set?: { readonly plan: SetPlan; readonly files: SetFiles };
  /** The indexes of the file targets that get it. */
  readonly targets: readonly number[];
  /** AAC is copied into a recording in one file or playlist. It may have a header in every packet, as in MPEG-TS, which mp4 does not take. */
  readonly isAacCopied: boolean;
};

/** What is done with a live stream, decided before anything runs: one process feeds all targets. */
export type LivePlan = {
  readonly outputs: readonly LiveOutput[];
  /** Whether video frames are expected; otherwise only the audio shows that the run makes progress. */
  readonly hasVideo: boolean;
  /** Whether one of the outputs is (`LiveOutput.isSized`). */
  readonly isSized: boolean;
  /** The streams that are decoded for no output. */
  readonly watched: Watched;
  /** What the limits of its runs depend on. */
  readonly load: Load;
  /** As `Plan.asksForCaptions`. */
  readonly asksForCaptions?: true;
  /** What was decided that the caller may not expect. */
  readonly warnings: readonly Warning[];
};

/**
 * The specifiers of streams that are decoded for no output, to notice changes, which only a decoder does.
 *
 * A video that is recorded as it comes is watched for its size, because no part of a recording can hold a second size. A
 * stream that is copied from MPEG-TS is watched for its codec, which may change under the same PID: demuxer and copy
 * report little or nothing of that.
 */
export type Watched = { readonly video?: string; readonly audio?: string };

/**
 * The manifest of the streams of one run; it lies in a folder with the playlist of each stream (`Track.playlist`) and all
 * segments.
 */
export const RUN_MANIFEST = "manifest.mpd";

/** One run of a live plan; if the stream drops, another run continues it. */
export type LiveRun = {
  /** Added to the time stamps, so that they continue where those of the run before ended. */
  readonly offsetSeconds: number;
  /** The number of the run, which names its part of a recording. */
  readonly part: number;
  /** The beginning of the names of its segments of sets, unique to the run. */
  readonly prefix: string;
};
