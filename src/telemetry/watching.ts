import { getLogger } from "@logtape/logtape";
import type { Telling } from "../task/delivery.ts";
import { toTaskError } from "../task/errors.ts";
import type { TaskRow } from "../task/row.ts";
import type { Failure, Task, TaskEvent } from "../task/task.ts";
import type { Metrics } from "./metrics.ts";
import { logChange } from "./task-lines.ts";
import type {
  CallWatch,
  Phase,
  PhaseFacts,
  RunWatch,
  Telemetry,
  TellingWatch,
} from "./telemetry.ts";
import { parseTraceParent } from "./trace-context.ts";
import type { RunTrace, Tracing } from "./tracing.ts";

const log = getLogger(["pontus", "telemetry"]);

/** More happens before the metrics are loaded only if something is wrong: then it is not counted. */
const EARLY_MAX = 50_000;

type Count = (metrics: Metrics) => void;

/** Tells logs, metrics and traces of what happens. The metrics come later than the first call, and are told then what they have missed. */
export class Watching implements Telemetry {
  #metrics: Metrics | undefined;
  #early: Count[] | undefined = [];
  readonly #tracing: Tracing | undefined;

  /** @param tracing - undefined if nothing is traced */
  constructor(tracing?: Tracing) {
    this.#tracing = tracing;
  }

  /** Counts from now on; undefined is never. */
  count(metrics: Metrics | undefined): void {
    this.#metrics = metrics;
    if (metrics) for (const count of this.#early ?? []) count(metrics);
    this.#early = undefined;
  }

  /** Counts a line of the log. */
  logged(level: string): void {
    this.#count((metrics) => metrics.logged(level));
  }

  readonly taskChanged = (row: TaskRow, events: readonly TaskEvent[]): void => {
    this.#count((metrics) => metrics.changed(row, events));
    logChange(row, events);
  };

  readonly beginCall = (method: string, given: string | undefined): CallWatch => {
    const own = this.#tracing?.beginCall(method, given);
    const traceParent = own ? own.traceParent : known(given);
    return {
      traceParent,
      end: (call) => {
        this.#count((metrics) => metrics.answered(call));
        // What probes and pages ask for leads to nothing.
        if (call.route.startsWith("/api/")) own?.end(call);
      },
    };
  };

  readonly beginRun = (task: Task, attempt: number): RunWatch => {
    const trace = this.#tracing?.beginRun(task, attempt);
    return {
      timed: (phase, work, facts = {}) => this.#timed(trace, phase, work, facts),
      end: (failure) => trace?.end(failure),
    };
  };

  readonly beginTelling = (telling: Telling): TellingWatch => {
    const trace = this.#tracing?.beginTelling(telling);
    return {
      traceParent: trace ? trace.traceParent : telling.traceParent,
      end: (result, lagSeconds) => {
        this.#count((metrics) => metrics.told(result.state, lagSeconds));
        trace?.end(result);
      },
    };
  };

  readonly sliceEnded: Telemetry["sliceEnded"] = (by, result) => {
    this.#count((metrics) => metrics.sliceEnded(by, result));
  };

  readonly resultAsked: Telemetry["resultAsked"] = (result, bytes) => {
    this.#count((metrics) => metrics.resultAsked(result, bytes));
  };

  readonly resultsKept: Telemetry["resultsKept"] = (bytes) => {
    this.#count((metrics) => metrics.resultsKept(bytes));
  };

  readonly fileWatched = (result: "made" | "refused"): void => {
    this.#count((metrics) => metrics.fileWatched(result));
  };

  async #timed<T>(
    trace: RunTrace | undefined,
    phase: Phase,
    work: () => Promise<T>,
    facts: PhaseFacts,
  ): Promise<T> {
    const part = trace?.begin(phase, facts);
    const startMs = performance.now();
    try {
      const done = await work();
      const seconds = (performance.now() - startMs) / 1000;
      this.#count((metrics) => metrics.passed(phase, seconds, facts));
      part?.end();
      return done;
    } catch (error) {
      part?.end(failureOf(error));
      throw error;
    }
  }

  /** A number that cannot be counted is no reason to fail for what is counted. */
  #count(count: Count): void {
    try {
      this.#countNow(count);
    } catch (error) {
      log.error("Cannot count what has happened: {error}", { error });
    }
  }

  #countNow(count: Count): void {
    if (this.#metrics) count(this.#metrics);
    else if (this.#early && this.#early.length < EARLY_MAX) this.#early.push(count);
  }
}

/** A context that a caller gave, if it is one. */
const known = (given: string | undefined): string | undefined =>
  given !== undefined && parseTraceParent(given) ? given : undefined;

function failureOf(error: unknown): Failure {
  const { code, message } = toTaskError(error);
  return { code, detail: message };
}
