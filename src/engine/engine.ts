import type { Capabilities, Step } from "../plan/plan.ts";
import type { MediaInfo } from "../probe/media.ts";
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
  /** Also count packets and compare time stamps: reads the whole file. */
  readonly packets?: boolean;
  /** `source` is hostile until proven otherwise; `output` is ours. Told apart in errors. */
  readonly side: "source" | "output";
};

/** One run of a step. */
export type RunRequest = {
  readonly step: Step;
  /** Absolute path of the work folder; the step's file names are relative to it. */
  readonly folder: string;
  /** Absolute path of what the step calls `input`. */
  readonly inputPath: string;
  readonly onProgress: (progress: EngineProgress) => void;
  /** A line of the engine's own log, credentials masked. */
  readonly onLog: (line: string) => void;
};

/**
 * Port: probes media and runs steps. One suite, `test/contract/engine.ts`, holds for every adapter.
 *
 * All calls end soon after their signal aborts, with the signal's reason; no process or thread of theirs outlives them.
 */
export interface Engine {
  readonly name: EngineName;
  readonly capabilities: Capabilities;

  /**
   * Reads what a file holds.
   *
   * @throws {TaskError} on a source, by the taxonomy (`source_missing`, `source_not_media`, `picture_too_large`,
   *   `input_not_supported` …); on an output, `output_wrong`
   */
  probe(request: ProbeRequest, signal: AbortSignal): Promise<MediaInfo>;

  /**
   * Runs one step to its end.
   *
   * @throws {TaskError} by the taxonomy; `encoder_stalled` when no progress is made for the stall limit
   */
  run(request: RunRequest, signal: AbortSignal): Promise<void>;

  /**
   * Gets ready ahead of the next task, so that it starts sooner; nothing changes but the time it takes.
   *
   * @param folder - absolute path of the instance's scratch folder; what stands by may lie below it
   */
  standBy(folder: string): Promise<void>;

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
