import type { Telling, TellingResult } from "../task/delivery.ts";
import type { ChangeListener } from "../task/move.ts";
import type { Failure, Task } from "../task/task.ts";

/** A part of a run that is timed: what a source takes to be there, to be planned for, … `target` is the delivery to one target. */
export type Phase = "fetch" | "plan" | "transcode" | "verify" | "deliver" | "target" | "stream";

/** What is known of a part of a run beside its time. */
export type PhaseFacts = {
  /** The index of a target, and the protocol of its address. */
  readonly target?: number;
  readonly protocol?: string;
  /** How much of the source it goes through. */
  readonly mediaSeconds?: number | undefined;
};

/** A run as it is watched from outside. */
export type RunWatch = {
  /** Does a part of the run, and tells how long it took and how it ended. @throws what it throws */
  readonly timed: <T>(phase: Phase, work: () => Promise<T>, facts?: PhaseFacts) => Promise<T>;
  /** To be called once, when the run has ended. */
  readonly end: (failure?: Failure) => void;
};

/** A call to the API, once it is answered. */
export type AnsweredCall = {
  readonly method: string;
  /** The path with the names of its parameters, so that there are few of them. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
  /** Looked up only by who tells it. */
  readonly requestId: () => string;
  readonly clientCode: string | undefined;
  readonly taskId: string | undefined;
};

/** A call as it is watched from outside. */
export type CallWatch = {
  /** The trace context of what the call leads to; undefined if nobody traces it. */
  readonly traceParent: string | undefined;
  readonly end: (call: AnsweredCall) => void;
};

/** A try to tell a receiver of an event, as it is watched from outside. */
export type TellingWatch = {
  /** The trace context of what the receiver does then; undefined if nobody traces it. */
  readonly traceParent: string | undefined;
  /** @param lagSeconds - how long ago the event happened */
  readonly end: (result: TellingResult, lagSeconds: number) => void;
};

/** Who watches calls, tasks and runs from outside: logs, metrics and traces. Nothing here throws, waits or changes anything. */
export type Telemetry = {
  readonly taskChanged: ChangeListener;
  /** @param traceParent - the W3C trace context that the call came with */
  readonly beginCall: (method: string, traceParent: string | undefined) => CallWatch;
  readonly beginRun: (task: Task, attempt: number) => RunWatch;
  readonly beginTelling: (telling: Telling) => TellingWatch;
  /** A file of a watched folder has become a task, or was refused, and is tried again. */
  readonly fileWatched: (result: "made" | "refused") => void;
  /**
   * A slice of a long encode was made here, or failed, or has to be made again.
   *
   * @param by - whether for a task that runs here, or to help another worker
   */
  readonly sliceEnded: (by: "own" | "helper", result: "made" | "failed" | "again") => void;
  /** A run has found what it was to make, so many bytes, or has not; or, having found that it has not, has found a part of it. */
  readonly resultAsked: (result: "hit" | "miss" | "part", bytes: number) => void;
  /** So many bytes of results are kept now. */
  readonly resultsKept: (bytes: number) => void;
};

const runUnwatched: RunWatch = { timed: (_, work) => work(), end: () => {} };

/** Where nobody watches. */
export const UNWATCHED: Telemetry = {
  taskChanged: () => {},
  beginCall: (_, traceParent) => ({ traceParent, end: () => {} }),
  beginRun: () => runUnwatched,
  beginTelling: ({ traceParent }) => ({ traceParent, end: () => {} }),
  fileWatched: () => {},
  sliceEnded: () => {},
  resultAsked: () => {},
  resultsKept: () => {},
};
