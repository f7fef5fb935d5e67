import type { LivePlan, LiveRun } from "../plan/live/live.ts";
import type { Capabilities, Step } from "../plan/plan.ts";
import type { MediaInfo } from "../probe/media.ts";
import type { Tail, TailPlace } from "../probe/tail.ts";
import type { Damage } from "../task/damage.ts";
import type { EngineName } from "../task/task.ts";

/** How far one run is. */
export type EngineProgress = {
  /** Position of the output in the media. */
  readonly outTimeSeconds: number;
  /** Multiples of real time. */
  readonly speed: number;
  readonly fps: number;
  readonly frames: number;
};

/** One probe: the file's absolute path. */
export type ProbeRequest = {
  readonly path: string;
  /** Also count packets and compare time stamps: reads the whole file, or of a file with an index its last ones. */
  readonly packets?: boolean | "last";
  /** `source` is hostile until proven otherwise; `output` is ours. Told apart in errors. */
  readonly side: "source" | "output";
  /** Of a set: the files that its packets are in, each group read as one file; named relative to the folder of `path`. */
  readonly concat?: readonly (readonly string[])[];
  /** Of an output: its end is looked at as well (`MediaInfo.tail`), but where that says too much to be read at once. */
  readonly tail?: TailPlace;
};

/** A look at the end of an output. */
export type TailRequest = TailPlace & {
  /** Absolute. */
  readonly path: string;
  /** Read as one file instead of it; named relative to its folder. */
  readonly concat?: readonly string[];
};

/** One run of a step. */
export type RunRequest = {
  readonly step: Step;
  /** Absolute path of the work folder; the step's file names are relative to it. */
  readonly folder: string;
  /** Absolute path of what the step calls `input`. */
  readonly inputPath: string;
  /** The first input is no source but made by us: it may be a list. */
  readonly isOurs?: boolean;
  readonly onProgress: (progress: EngineProgress) => void;
  /** A line of the engine's own log, credentials masked. */
  readonly onLog: (line: string) => void;
  /** What each of its runs said of damage in the source, as it ends; of a sliced step each slice. Not called where nothing was said. */
  readonly onDamage?: (damage: Damage) => void;
};

/** A source that is read where it lies. Its reads end by themselves when it does not deliver. */
export type ByteSource = {
  readonly sizeBytes: number;
  /** At least one byte and at most `length` of them, from `position` on. */
  read(position: number, length: number): Promise<Uint8Array>;
};

/**
 * Takes what a run writes while it is written; paths are those of the step. Calls come one after the other. A failure ends the
 * run, which fails by it.
 */
export type ByteSink = {
  /**
   * Positions in a file may go back, but not in what a plan for streams makes. The bytes are the caller's again once it has
   * resolved: what is to stay is copied.
   */
  write(path: string, position: number, bytes: Uint8Array): Promise<void>;
  /** The file is as long now, and nobody writes it. */
  close(path: string, sizeBytes: number): Promise<void>;
  rename(path: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
};

/** One probe of a source that is read where it lies. */
export type StreamedProbe = Pick<ProbeRequest, "side" | "packets"> & {
  readonly source: ByteSource;
  /** With a dot, or empty: some formats are known by it alone. */
  readonly extension: string;
};

/** A look at the end of an output of which that was kept, and nothing else. */
export type StreamedTail = Pick<TailRequest, "keyFramesOnly"> &
  Pick<StreamedProbe, "source" | "extension">;

/** One run of a step from a stream to streams. */
export type StreamedRun = Pick<RunRequest, "step" | "onProgress" | "onLog" | "onDamage"> & {
  /** What the step calls `input`. */
  readonly source: ByteSource;
  readonly sink: ByteSink;
};

/** What an engine does without any file, for hosts where nothing may be written. Calls end and fail as those of `Engine`. */
export interface StreamedEngine {
  /** Plans for it are made with these: `streamsOutput` is set. */
  readonly capabilities: Capabilities;
  probe(request: StreamedProbe, signal: AbortSignal): Promise<MediaInfo>;
  readTail(request: StreamedTail, signal: AbortSignal): Promise<Tail>;
  /** @throws {TaskError} as `Engine.run`; what the source or the sink threw */
  run(request: StreamedRun, signal: AbortSignal): Promise<void>;
}

/** How far a live run is. */
export type LiveProgress = EngineProgress & {
  /** Frames that were left out because they came too late or too many. */
  readonly droppedFrames: number;
};

/** What became of one live target of a run. */
export type LiveTargetEvent =
  | { readonly kind: "open"; readonly url: string }
  /** It is tried again and again, also where that is in vain; `why` ends a sentence, credentials masked. */
  | {
      readonly kind: "failed";
      readonly url: string;
      readonly why: string;
      readonly isInVain?: true;
    }
  /** A part of a recording cannot be written any more. */
  | { readonly kind: "unrecorded"; readonly path: string; readonly why: string };

/** A track that comes segment after segment. */
export type PipedTrack = {
  /** Of its first segment. */
  readonly media: MediaInfo;
  /** Its bytes in order, from its header on; they end with the track, or when the signal aborts. */
  readonly bytes: (signal: AbortSignal) => AsyncIterable<Uint8Array>;
};

/** What a run reads: a live address; a file, or the picture and perhaps the sound by pipes, at the pace they play at. */
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
  /** The source seems to send something else than the plan was made for. */
  readonly onChanged: (change: LiveChange) => void;
  /** Told again and again what was handed to a target's connection since: bytes in its container. */
  readonly onSent: (url: string, sizeBytes: number) => void;
  readonly onLog: (line: string) => void;
};

/** Live streams, where an engine can do them: read, encoded once, and sent to all targets by one process. */
export interface LiveEngine {
  /**
   * Reads what a live stream holds; waits for it to come.
   *
   * @param url - a live address that was judged
   * @throws {TaskError} `source_unreachable` while it is not there, `source_untrusted` where its certificate is refused; what it holds is judged as a file's is
   */
  probe(url: string, signal: AbortSignal): Promise<MediaInfo>;

  /**
   * Runs until the source ends.
   *
   * @throws {TaskError} by the taxonomy, where it ended otherwise
   * @throws what the bytes of a track threw
   */
  run(request: LiveRunRequest, signal: AbortSignal): Promise<void>;
}

/**
 * Port: probes media and runs steps. One suite, `test/contract/engine.ts`, holds for every adapter.
 *
 * All calls end soon after their signal aborts, with the signal's reason; no process or thread of theirs outlives them.
 */
export interface Engine {
  readonly name: EngineName;
  readonly capabilities: Capabilities;
  /** Absent where it cannot do without files. */
  readonly streamed?: StreamedEngine;
  /** Absent where it reaches no network. */
  readonly live?: LiveEngine;

  /**
   * Reads what a file holds.
   *
   * @throws {TaskError} on a source, by the taxonomy (`source_missing`, `source_not_media`, `picture_too_large`,
   *   `input_not_supported` …); on an output, `output_wrong`
   */
  probe(request: ProbeRequest, signal: AbortSignal): Promise<MediaInfo>;

  /**
   * Decodes the end of an output.
   *
   * @throws {TaskError} `output_wrong` where it cannot be read
   */
  readTail(request: TailRequest, signal: AbortSignal): Promise<Tail>;

  /**
   * Runs one step to its end.
   *
   * @throws {TaskError} by the taxonomy; `encoder_stalled` when no progress is made for the stall limit
   */
  run(request: RunRequest, signal: AbortSignal): Promise<void>;

  /**
   * Gets ready ahead of the next task, so that it starts sooner; nothing changes but the time it takes.
   *
   * @param folder - absolute path of the instance's scratch folder, where there is one; what stands by may lie below it
   */
  standBy(folder: string | undefined): Promise<void>;

  /** Ends what stands by. Called when no probe and no run is under way. */
  close(): Promise<void>;

  /**
   * Ends what a dead instance left running below its scratch folder, and resolves when it is gone.
   *
   * @param folder - absolute path; encoders leave their pid and start time in their work folders in it
   * @returns how many were ended
   */
  endOrphans(folder: string): Promise<number>;
}
