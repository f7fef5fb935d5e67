import type { Reach } from "../lib/reach.ts";
import type { Hardware } from "../plan/device/hardware.ts";
import type { LivePlan, LiveRun } from "../plan/live/live.ts";
import type { Capabilities, Step } from "../plan/plan.ts";
import type { MediaInfo } from "../probe/media.ts";
import type { Tail, TailPlace } from "../probe/tail.ts";
import type { Damage } from "../task/damage.ts";
import type { EngineName } from "../task/task.ts";

/** The progress of one run. */
export type EngineProgress = {
  /** Position of the output in the media. */
  readonly outTimeSeconds: number;
  /** In multiples of real time. */
  readonly speed: number;
  readonly fps: number;
  readonly frames: number;
};

/** One probe: the file's absolute path. */
export type ProbeRequest = {
  readonly path: string;
  /** Also count packets and compare time stamps. That reads the whole file, or only its last packets if it has an index. */
  readonly packets?: boolean | "last";
  /** `source` is untrusted input, `output` was made here. Errors differ. */
  readonly side: "source" | "output";
  /** Of a source that is read beside the main one: what it may be instead of a film. It is described, and not judged as one. */
  readonly as?: readonly string[];
  /** For a set: the files with its packets, each group read as one file. Names are relative to the folder of `path`. */
  readonly concat?: readonly (readonly string[])[];
  /** For an output: also decode its first frame, which says more about colours than a header. */
  readonly firstFrame?: true;
  /** For an output: also examine its end (`MediaInfo.tail`), unless that makes more output than can be read at once. */
  readonly tail?: TailPlace;
};

/** A request to examine the end of an output. */
export type TailRequest = TailPlace & {
  /** Absolute. */
  readonly path: string;
  /** Files to read as one instead of `path`; names are relative to its folder. */
  readonly concat?: readonly string[];
};

/** One run of a step. */
export type RunRequest = {
  readonly step: Step;
  /** Absolute path of the work folder; the step's file names are relative to it. */
  readonly folder: string;
  /** Absolute path of what the step calls `input`. */
  readonly inputPath: string;
  /** `inputPath` is an address of HTTP on loopback, where a source is given by ranges. Only engines of programs read it. */
  readonly isServed?: boolean;
  /** Absolute paths of what the step reads beside it, by the names that it has for them: files at the top of the work folder. */
  readonly further?: Readonly<Record<string, string>>;
  /** The first input was made here and is not a source, so it may be a list. */
  readonly isOurs?: boolean;
  readonly onProgress: (progress: EngineProgress) => void;
  /** A line of the engine's own log, credentials masked. */
  readonly onLog: (line: string) => void;
  /** Called at the end of each run (of a sliced step: of each slice) with the damage it reported in the source, if any. */
  readonly onDamage?: (damage: Damage) => void;
};

/** A source that is read in place. Its reads time out by themselves if no data comes. */
export type ByteSource = {
  readonly sizeBytes: number;
  /** Reads at least one byte and at most `length` bytes, from `position` on. */
  read(position: number, length: number): Promise<Uint8Array>;
};

/**
 * Takes the output of a run while it is written; paths are those of the step. Calls come one after the other. If one fails, the
 * run ends with that error.
 */
export type ByteSink = {
  /**
   * Positions in a file may go back, but not in the output of a plan for streams. The caller reuses the bytes once this has
   * resolved, so copy what must be kept.
   */
  write(path: string, position: number, bytes: Uint8Array): Promise<void>;
  /** The file now has this length and is complete. */
  close(path: string, sizeBytes: number): Promise<void>;
  rename(path: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
};

/** One probe of a source that is read in place. */
export type StreamedProbe = Pick<ProbeRequest, "side" | "packets" | "as"> & {
  readonly source: ByteSource;
  /** With a dot, or empty. Some formats are recognised only by it. */
  readonly extension: string;
};

/** A request to examine the end of an output of which nothing else was kept. */
export type StreamedTail = Pick<TailRequest, "keyFramesOnly"> &
  Pick<StreamedProbe, "source" | "extension">;

/** One run of a step from a stream to streams. */
export type StreamedRun = Pick<RunRequest, "step" | "onProgress" | "onLog" | "onDamage"> & {
  /** What the step calls `input`. */
  readonly source: ByteSource;
  /** What it reads beside it, by the names that it has for them. */
  readonly further?: Readonly<Record<string, ByteSource>>;
  readonly sink: ByteSink;
};

/** What an engine does without files, for hosts where nothing may be written. Calls end and fail like those of `Engine`. */
export interface StreamedEngine {
  /** The capabilities to plan with; `streamsOutput` is set. */
  readonly capabilities: Capabilities;
  probe(request: StreamedProbe, signal: AbortSignal): Promise<MediaInfo>;
  readTail(request: StreamedTail, signal: AbortSignal): Promise<Tail>;
  /** @throws {TaskError} as `Engine.run` does; whatever the source or the sink threw */
  run(request: StreamedRun, signal: AbortSignal): Promise<void>;
}

/** The progress of a live run. */
export type LiveProgress = EngineProgress & {
  /** Frames that were dropped because they were too late or too many. */
  readonly droppedFrames: number;
};

/** A change of one live target of a run. */
export type LiveTargetEvent =
  | { readonly kind: "open"; readonly url: string }
  /** It is retried without end, even if that is in vain; `why` is the end of a sentence, credentials masked. */
  | {
      readonly kind: "failed";
      readonly url: string;
      readonly why: string;
      readonly isInVain?: true;
    }
  /** A part of a recording can no longer be written. */
  | { readonly kind: "unrecorded"; readonly path: string; readonly why: string };

/** A track that arrives segment by segment. */
export type PipedTrack = {
  /** Of its first segment. */
  readonly media: MediaInfo;
  /** Its bytes in order, starting with its header. They end with the track, or when the signal aborts. */
  readonly bytes: (signal: AbortSignal) => AsyncIterable<Uint8Array>;
};

/** What a run reads: a live address; a file, or the video and perhaps the audio by pipes, at the pace they play at. */
export type LiveInput =
  | { readonly url: string }
  | { readonly path: string; readonly media: MediaInfo }
  | { readonly tracks: readonly [main: PipedTrack, audio?: PipedTrack] };

/** What a source sends another of: streams, as with another codec, or pictures of another size in the same stream. */
export type LiveChange = "streams" | "size";

/** One run of a live plan. */
export type LiveRunRequest = {
  readonly plan: LivePlan;
  readonly run: LiveRun;
  /** Absolute path of the work folder. */
  readonly folder: string;
  /** Absolute path of the folder that recordings go to. */
  readonly recordings: string;
  readonly input: LiveInput;
  readonly onProgress: (progress: LiveProgress) => void;
  readonly onTarget: (event: LiveTargetEvent) => void;
  /** The source seems to send something that the plan was not made for. */
  readonly onChanged: (change: LiveChange) => void;
  /** Called repeatedly with the bytes handed to a target's connection since the last call, in its container. */
  readonly onSent: (url: string, sizeBytes: number) => void;
  readonly onLog: (line: string) => void;
  /** Of the task's client: where servers may lead, and which are called; absent if nothing but the service's policy limits that. */
  readonly reach?: Reach | undefined;
};

/** A run of a live plan whose arguments are asked for: of a file or of tracks, only what is known of them counts. */
export type LiveArgsRequest = Pick<LiveRunRequest, "plan" | "run" | "input">;

/** Live streams, if an engine can run them: one process reads, encodes once, and sends to all targets. */
export interface LiveEngine {
  /**
   * Reads what a live stream holds, and waits for the stream to come.
   *
   * @param url - a live address that was checked
   * @param reach - as `LiveRunRequest` has it
   * @throws {TaskError} `source_unreachable` while it is not there, `source_untrusted` if its certificate is refused; its content is judged like that of a file
   */
  probe(url: string, signal: AbortSignal, reach?: Reach): Promise<MediaInfo>;

  /** The arguments that a run is given, with the real addresses in place of those of its relays, and `input` for a file. */
  argsOf(request: LiveArgsRequest): Promise<readonly string[]>;

  /**
   * Runs until the source ends.
   *
   * @throws {TaskError} by the taxonomy, if it ended otherwise
   * @throws whatever the bytes of a track threw
   */
  run(request: LiveRunRequest, signal: AbortSignal): Promise<void>;
}

/** Sessions of a device that a run holds. */
export type HardwareUse = {
  /** Tells how the run went: a device that failed is tried out anew before it is used again. `why` is half a sentence. */
  readonly worked: () => void;
  readonly failed: (why: string) => void;
  /** Gives them back. */
  readonly end: () => void;
};

/** How a device stands. */
export type HardwareState = {
  readonly isUsable: boolean;
  /** How many streams it may encode at once, 0 while it is not usable, and how many it does. */
  readonly sessions: number;
  readonly used: number;
  /** How many steps of plans it made, failed, or had no session for. */
  readonly steps: { readonly made: number; readonly failed: number; readonly busy: number };
  /** Half a sentence. */
  readonly detail: string;
};

/** The hardware encoders of a machine: one device, found by trial encodes that go on beside everything else. */
export interface HardwareDevice {
  readonly state: HardwareState;

  /** What is usable now; undefined if nothing is. Only the first trials are waited for, and not for long. @throws the signal's reason */
  found(signal: AbortSignal): Promise<Hardware | undefined>;

  /** Takes sessions for one run; undefined if so many are not free, or the device is not usable any more. */
  take(sessions: number): HardwareUse | undefined;
}

/**
 * Port: probes media and runs steps. Every adapter passes the suite `test/contract/engine.ts`.
 *
 * All calls end soon after their signal aborts, with the signal's reason, and none of their processes or threads outlives them.
 */
export interface Engine {
  readonly name: EngineName;
  readonly capabilities: Capabilities;
  /** Undefined if the engine needs files. */
  readonly streamed?: StreamedEngine;
  /** Undefined if the engine cannot reach the network. */
  readonly live?: LiveEngine;
  /** Undefined if no hardware is wanted, or the engine reaches none. */
  readonly hardware?: HardwareDevice;

  /**
   * Reads what a file holds.
   *
   * @throws {TaskError} on a source, by the taxonomy (`source_missing`, `source_not_media`, `picture_too_large`,
   *   `input_not_supported` …); on an output, `output_wrong`
   */
  probe(request: ProbeRequest, signal: AbortSignal): Promise<MediaInfo>;

  /**
   * Prepares for one probe of an output that is still being made, so that it takes less; absent if nothing makes it shorter. Any other probe
   * is done as ever, and so is this one where nothing could be prepared.
   *
   * @param request - that of the probe
   * @returns ends what stands by for it, used or not; never rejects
   */
  readonly expectProbe?: (request: ProbeRequest) => Promise<() => Promise<void>>;

  /**
   * Decodes the end of an output.
   *
   * @throws {TaskError} `output_wrong` if it cannot be read
   */
  readTail(request: TailRequest, signal: AbortSignal): Promise<Tail>;

  /**
   * Runs one step to its end.
   *
   * @throws {TaskError} by the taxonomy; `encoder_stalled` if there is no progress for the stall limit
   */
  run(request: RunRequest, signal: AbortSignal): Promise<void>;

  /**
   * Prepares for the next task, so that it starts sooner; nothing else changes.
   *
   * @param folder - absolute path of the instance's scratch folder, if there is one; what stands by may keep files in it
   */
  standBy(folder: string | undefined): Promise<void>;

  /** Ends what stands by. Call it when no probe and no run is under way. */
  close(): Promise<void>;

  /**
   * Ends what a dead instance left running below its scratch folder, and resolves when it is gone.
   *
   * @param folder - absolute path; encoders leave their pid and start time in their work folders in it
   * @returns how many were ended
   */
  endOrphans(folder: string): Promise<number>;
}
