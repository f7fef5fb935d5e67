import type { Engine } from "../engine/engine.ts";
import type { Reach } from "../lib/reach.ts";
import type { Side, Storage } from "../storage/storage.ts";
import type { MediaKeys, TaskStore } from "../store/store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

/** What all runs of a worker share. */
export type RunPorts = {
  readonly engine: Engine;
  readonly store: Pick<
    TaskStore,
    "mayPublish" | "saveLog" | "saveProgress" | "saveSource" | "saveTarget" | "saveWarnings"
  >;
  /** @param reach - of the task's client; null is everything */
  readonly storageOf: (url: string, side: Side, reach: Reach | null) => Storage;
  /** Judges an address for a client with this reach. @throws {TaskError} `access_denied` */
  readonly judge: (url: string, side: Side, reach: Reach) => Promise<void>;
  /** A live source from which nothing came for longer has ended. */
  readonly sourceTimeoutMs: number;
  /** The keys that segments are encrypted with. */
  readonly mediaKeys: Pick<MediaKeys, "made" | "idOf" | "open">;
  readonly now: () => number;
  readonly disk: WorkDisk;
  /** Who watches runs; nobody if it is absent. */
  readonly telemetry?: Telemetry;
  /** Writes to the store, again while it is full or busy: until the signal is aborted, for ten minutes at most. */
  readonly insist: (write: () => Promise<void>, signal: AbortSignal) => Promise<void>;
};

/** What runs may write to the disk of their work folders. */
export type WorkDisk = {
  /** How many bytes may be written below a folder until its disk is down to its watermark, by a run or by a fetch. */
  readonly roomIn: (folder: string) => Promise<number>;
  readonly roomToFetch: (folder: string) => Promise<number>;
};
