import type { Reach } from "../lib/reach.ts";
import type { Load } from "../plan/plan.ts";
import type { ReadFile } from "../plan/sliced.ts";
import type { Damage } from "../task/damage.ts";
import type { EngineName, Failure } from "../task/task.ts";

/** An engine's version that no other worker has: of steps which the task's own makes alone, such as a first pass. */
export const OF_LEAD_ALONE = "";

/** A step of a task in parts, by all that they are made of: two attempts that would make the same have the same key. */
export type StepKey = {
  readonly taskId: string;
  /** In hex. */
  readonly digest: string;
};

/** A source as somebody read it: parts of one step are made of the same file alone. */
export type SourceIdentity = {
  readonly sizeBytes: number;
  /** As its server, or its disk, names this version of it. */
  readonly version: string;
};

/** A run that makes a part of a step; names are relative to a work folder, and it reads `input`, and what `reads` names. */
export type PartRun = {
  readonly args: readonly string[];
  readonly writes: readonly string[];
  /** Those of them that it may leave out (`Part.mayLack`). */
  readonly mayLack?: readonly string[];
  /** What lies in the slice store for it, under its `readName`s; absent if nothing does. */
  readonly reads?: readonly ReadFile[];
  readonly load?: Load;
};

/** A step whose parts any worker may make. */
export type OfferedStep = {
  readonly key: StepKey;
  /** The attempt of the task that offers it: nobody begins a part for one that is over. */
  readonly attempt: number;
  /** Who may make parts: encoders of another version are others. If it is empty, only the task's own worker does. */
  readonly engine: EngineName;
  readonly engineVersion: string;
  readonly source: SourceIdentity;
  /** Each by its place. */
  readonly parts: readonly PartRun[];
  /** No part takes longer. */
  readonly limitSeconds: number;
};

/** A part that somebody makes. */
export type TakenPart = {
  readonly key: StepKey;
  readonly index: number;
  /** Different for each time that the part is taken: what is stored bears it, so that nobody writes over another's. */
  readonly token: string;
  /** Who makes it. */
  readonly workerId: string;
  readonly run: PartRun;
  /** The entry, and which of its runs this is. */
  readonly held: { readonly id: string; readonly retryCount: number };
};

/** A part that another worker makes than the one that runs the task. */
export type HelpedPart = TakenPart & {
  readonly sourceUrl: string;
  readonly source: SourceIdentity;
  /** What the task's client may read; null is everything. */
  readonly reach: Reach | null;
};

/** A file of a finished part in the slice store. */
export type StoredFile = {
  readonly name: string;
  readonly sizeBytes: number;
  /** In hex. */
  readonly sha256: string;
};

/** What a finished part came to. */
export type MadePart = {
  /** One for each that its run writes, in that order; none if they could not be stored, so that only their maker has them. */
  readonly files: readonly StoredFile[];
  /** What its run said of damage in the source. */
  readonly damage: readonly Damage[];
  readonly workerId: string;
  /** How many pictures its first stream has, and how long it is. */
  readonly frames: number;
  readonly outTimeSeconds: number;
  /** How long it took. */
  readonly seconds: number;
};

/** How far a part is. */
export type PartProgress = {
  readonly outTimeSeconds: number;
  readonly speed: number;
  readonly fps: number;
  readonly frames: number;
};

/** How a part stands. */
export type PartState = {
  readonly index: number;
  readonly token: string;
} & (
  | { readonly state: "waiting" }
  | { readonly state: "running"; readonly progress?: PartProgress }
  | { readonly state: "made"; readonly made: MadePart }
  | {
      /** For good: it was tried as often as is permitted. */
      readonly state: "failed";
      readonly failure: Failure;
    }
);

/** What is left of a task that has ended. */
export type LeftStep = {
  readonly key: StepKey;
  /** The names that files of it may have in the slice store. */
  readonly names: readonly string[];
};

/**
 * Port: the parts of long encodes, and who makes which. The task's row stays the truth: a part is taken only while the attempt
 * that offers it runs.
 *
 * All calls reject with `service_unavailable` where the server cannot be reached.
 */
export interface SliceQueue {
  /**
   * Offers the parts of a step. Of one that an earlier attempt has offered, what is made or under way stays so.
   *
   * @throws {TaskError} `lease_lost` if the attempt is over
   */
  offer(step: OfferedStep): Promise<void>;

  /** How the parts of a step stand, in their order; those that wait for somebody who has died wait again. */
  states(key: StepKey): Promise<readonly PartState[]>;

  /** Takes a part of a step, for the worker that runs the task. */
  takeOf(key: StepKey, workerId: string): Promise<TakenPart | undefined>;

  /**
   * Takes a part of any running task, those of clients first that fewer are made for.
   *
   * @param isAvoided - steps that this worker cannot help with
   */
  take(
    worker: { readonly id: string; readonly engine: EngineName; readonly engineVersion: string },
    isAvoided: (key: StepKey) => boolean,
  ): Promise<HelpedPart | undefined>;

  /** Tells that a part is still being made. @returns whether it is still wanted of this worker */
  beat(part: TakenPart, progress: PartProgress | undefined): Promise<boolean>;

  /** A part is made. @returns whether that counts: else it was given to another, or is not wanted any more */
  complete(part: TakenPart, made: MadePart): Promise<boolean>;

  /** A part could not be made: another worker tries, or it has failed. */
  fail(part: TakenPart, failure: Failure): Promise<void>;

  /** Has a part made again of which the files in the store are not those that were made. */
  again(key: StepKey, index: number, token: string): Promise<void>;

  /** Nobody begins or goes on with parts of a step, until an attempt offers it again. */
  withdraw(key: StepKey): Promise<void>;

  /** Steps whose tasks have ended, some of them. */
  left(): Promise<readonly LeftStep[]>;

  /** Removes a step with its parts, whatever their state. */
  remove(key: StepKey): Promise<void>;

  /** Calls back when something of a task's parts may have changed; only a hint. @returns what ends this */
  listen(taskId: string, listener: () => void): () => void;
}

/** The name of a file of a part in the slice store. @param at - its place among those that the part's run writes */
export const storedName = (
  { taskId, digest }: StepKey,
  index: number,
  token: string,
  at: number,
): string => `${taskId}-${digest}-${index}-${token}-${at}.part`;

/** The name of a file in the slice store that a part reads. @param at - its place among those that the part's run reads */
export const readName = ({ taskId, digest }: StepKey, index: number, at: number): string =>
  `${taskId}-${digest}-${index}-reads-${at}.part`;
