import type { Engine } from "../engine/engine.ts";
import type { Queue } from "../queue/queue.ts";
import type { TaskStore } from "../store/store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { KeptEncodes } from "./file/kept-encodes.ts";
import type { Helper } from "./parts/helper.ts";
import type { SliceLengths, Slicing } from "./parts/slicing.ts";
import type { RetryLimits } from "./retry.ts";
import type { Results } from "./reuse/result-keys.ts";
import type { RunPorts, WorkDisk } from "./run-ports.ts";

/** The parts that a worker works with. */
export type WorkerDeps = {
  readonly queue: Queue;
  readonly store: TaskStore;
  readonly engine: Engine;
  readonly storageOf: RunPorts["storageOf"];
  readonly judge: RunPorts["judge"];
  readonly mediaKeys: RunPorts["mediaKeys"];
  readonly kept: KeptEncodes;
  readonly now: () => number;
  readonly disk: WorkDisk;
  readonly telemetry?: Telemetry;
  /** How long encodes are shared with other workers; absent if they are not. */
  readonly slicing?: Slicing;
  /** What runs use again of each other; absent if nothing is kept. */
  readonly results?: Results;
  /** How long encodes are cut whose finished slices are kept for a later run; absent if none are. */
  readonly resumed?: SliceLengths;
  /** Makes slices of other workers' tasks in free slots. */
  readonly helper?: Helper;
  /** Whether tasks may be taken up now: not while the disk is nearly full. */
  readonly mayClaim: () => boolean;
  /** Removes what has expired; called once a minute. */
  readonly purge: () => Promise<void>;
  /** Clears up after instances that died; gives the number of tasks given back. */
  readonly recover: () => Promise<number>;
  /** Clears up what ended tasks have left; what is not done when the signal aborts is left for later. */
  readonly sweep: (signal: AbortSignal) => Promise<void>;
};

/** The limits a worker keeps. */
export type WorkerOptions = {
  /** This instance, as its claims name it. */
  readonly id: string;
  /** What of tasks' needs it meets; absent is everything, as on a single machine. */
  readonly abilities?: readonly string[];
  /** Absolute path of this instance's scratch folder; undefined without a disk, where everything goes through streams. */
  readonly scratch: string | undefined;
  /** Absolute path of the folder of recordings. Each task has a folder in it until it has ended. */
  readonly recordings: string;
  /** Absolute path of the folder of the operator's own fonts; undefined if there is none. */
  readonly fonts?: string | undefined;
  /** How many tasks run at once. */
  readonly slots: number;
  readonly leaseMs: number;
  readonly retries: RetryLimits;
  /** Limit for one run of a task that names no limit of its own. Live tasks have none: they end with their source. */
  readonly taskTimeoutMs: number;
  readonly live: {
    /** A live source that is away for longer has ended. */
    readonly sourceTimeoutMs: number;
    /** A live task fails if none of its targets takes the stream for longer. */
    readonly targetTimeoutMs: number;
  };
};
