import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { contractCode } from "../task/errors.ts";
import type { DeliveryState } from "../task/notification.ts";
import type { TaskRow } from "../task/row.ts";
import type { Target, TaskEvent } from "../task/task.ts";
import { protocolOf } from "./protocol.ts";
import type { AnsweredCall, Phase, PhaseFacts } from "./telemetry.ts";

/** Calls take from less than a millisecond to the longest wait that a caller may ask for. */
const CALL_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 60];
/** Work on media takes from a moment to hours. */
const WORK_SECONDS = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400];
/** Receivers are told within seconds, or hours later if they were away, for up to a day. */
const LAG_SECONDS = [0.5, 1, 2, 5, 15, 60, 300, 1800, 7200, 86_400];
/** Multiples of real time. */
const SPEEDS = [0.1, 0.25, 0.5, 0.9, 1, 1.5, 2, 4, 8, 16, 32, 64];

/** What is counted and timed since the process began, in the words of Prometheus. No label has a value that a caller chooses. */
export class Metrics {
  readonly registry = new Registry();
  readonly #created = this.counter("pontus_tasks_created_total", "Tasks that were created");
  readonly #ended = this.counter(
    "pontus_tasks_ended_total",
    "Tasks that ended, by status, the code that callers see and its cause",
    ["status", "code", "cause"],
  );
  readonly #givenBack = this.counter(
    "pontus_runs_given_back_total",
    "Runs that ended before their task did, by cause: the task goes on later",
    ["cause"],
  );
  readonly #deliveries = this.counter(
    "pontus_deliveries_total",
    "Targets that were delivered, or failed",
    ["protocol", "status"],
  );
  readonly #deliveredBytes = this.counter(
    "pontus_delivered_bytes_total",
    "Bytes of delivered targets",
    ["protocol"],
  );
  readonly #encoded = this.counter(
    "pontus_transcoded_seconds_total",
    "Seconds of sources that encoders went through",
  );
  readonly #calls = new CallCounts(this.registry);
  readonly #lines = this.counter(
    "pontus_log_lines_total",
    "Warnings and errors in the log, by level",
    ["level"],
  );
  readonly #waited = this.#histogram(
    "pontus_task_wait_seconds",
    "From the creation of a task to its first run",
    WORK_SECONDS,
  );
  readonly #lasted = this.#histogram(
    "pontus_task_duration_seconds",
    "From the creation of a task to its end",
    WORK_SECONDS,
    ["status"],
  );
  readonly #phases = this.#histogram(
    "pontus_run_phase_seconds",
    "Parts of runs; target is the delivery to one target, stream a live stream",
    WORK_SECONDS,
    ["phase"],
  );
  readonly #speed = this.#histogram(
    "pontus_encoder_speed_ratio",
    "How many seconds of a source an encoder went through in a second, by run",
    SPEEDS,
  );
  readonly #tellings = this.counter(
    "pontus_notifications_total",
    "Tries to tell receivers of events: taken (SUCCESS), to be tried again (PENDING), given up (FAILED)",
    ["status"],
  );
  readonly #lag = this.#histogram(
    "pontus_notification_lag_seconds",
    "From an event to when its receiver took it",
    LAG_SECONDS,
  );
  readonly #files = this.counter(
    "pontus_watched_files_total",
    "Files of watched folders that became tasks (made), and tries that were refused",
    ["result"],
  );
  readonly #slices = this.counter(
    "pontus_slices_total",
    "Slices of long encodes: for tasks that run here (own) or to help other workers (helper); made, failed, or fetched and not as they were stored (again)",
    ["by", "result"],
  );
  readonly #results = this.counter(
    "pontus_results_total",
    "Runs that found their outputs among the results that are kept (hit), or made them (miss), some of these with renditions that are kept (part)",
    ["result"],
  );
  readonly #reusedBytes = this.counter(
    "pontus_results_reused_bytes_total",
    "Bytes of outputs that were not encoded again",
  );
  readonly #keptBytes = this.gauge("pontus_results_bytes", "Bytes of results that are kept");
  readonly #callSeconds = this.#histogram(
    "pontus_http_request_duration_seconds",
    "From a call to the beginning of its answer",
    CALL_SECONDS,
    ["route", "method"],
  );

  constructor() {
    // What comes from nothing is no increase to Prometheus: the first one would be missed.
    for (const level of ["warning", "error"]) this.#lines.inc({ level }, 0);
    for (const result of ["hit", "miss"]) this.#results.inc({ result }, 0);
    for (const result of ["made", "refused"]) this.#files.inc({ result }, 0);
    for (const status of ["SUCCESS", "FAILED"]) this.#tellings.inc({ status }, 0);
    for (const status of ["SUCCESS", "CANCELLED"])
      this.#ended.inc({ status, code: "", cause: "" }, 0);
  }

  /** Counts what becomes of a task. */
  changed(row: TaskRow, events: readonly TaskEvent[]): void {
    for (const event of events) this.#counting[event.type]?.(row, event);
  }

  /** Counts a call. */
  answered({ method, route, status, seconds }: AnsweredCall): void {
    this.#calls.count(route, method, status);
    this.#callSeconds.observe({ route, method }, seconds);
  }

  /** Counts a part of a run that came to its end. */
  passed(phase: Phase, seconds: number, { mediaSeconds = 0 }: PhaseFacts): void {
    this.#phases.observe({ phase }, seconds);
    if (phase !== "transcode" || !Number.isFinite(mediaSeconds) || mediaSeconds <= 0) return;
    this.#encoded.inc(mediaSeconds);
    if (seconds > 0) this.#speed.observe(mediaSeconds / seconds);
  }

  /** Counts a try to tell a receiver. */
  told(status: DeliveryState, lagSeconds: number): void {
    this.#tellings.inc({ status });
    if (status === "SUCCESS") this.#lag.observe(Math.max(0, lagSeconds));
  }

  /** Counts a file of a watched folder. */
  fileWatched(result: "made" | "refused"): void {
    this.#files.inc({ result });
  }

  /** Counts a slice of a long encode. */
  sliceEnded(by: "own" | "helper", result: "made" | "failed" | "again"): void {
    this.#slices.inc({ by, result });
  }

  /** Counts a run that looked for what it was to make. */
  resultAsked(result: "hit" | "miss" | "part", bytes: number): void {
    this.#results.inc({ result });
    this.#reusedBytes.inc(bytes);
  }

  /** Tells how much is kept. */
  resultsKept(bytes: number): void {
    this.#keptBytes.set(bytes);
  }

  /** Counts a line of the log. */
  logged(level: string): void {
    this.#lines.inc({ level });
  }

  /** A number that is looked up when somebody asks for it. */
  gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  readonly #counting: Partial<Record<TaskEvent["type"], (row: TaskRow, event: TaskEvent) => void>> =
    {
      created: () => this.#created.inc(),
      started: ({ attempt, createMs }, { timeMs }) => {
        if (attempt === 1) this.#waited.observe(secondsBetween(createMs, timeMs));
      },
      given_back: (_, { failure }) => this.#givenBack.inc({ cause: failure?.code ?? "" }),
      target: ({ targets }, { target: at = 0 }) => {
        const target = targets[at];
        if (target) this.#countTarget(target);
      },
      ended: ({ status, failure, createMs }, { timeMs }) => {
        const [code, cause] = failure ? [contractCode(failure.code), failure.code] : ["", ""];
        this.#ended.inc({ status, code, cause });
        this.#lasted.observe({ status }, secondsBetween(createMs, timeMs));
      },
    };

  #countTarget({ url, status, output }: Target): void {
    if (status !== "SUCCESS" && status !== "FAILED") return;
    const protocol = protocolOf(url);
    this.#deliveries.inc({ protocol, status });
    if (output) this.#deliveredBytes.inc({ protocol }, output.sizeBytes);
  }

  /** A number that only grows. */
  counter<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  #histogram<Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly Label[] = [],
  ) {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.registry] });
  }
}

/** Counts calls, of which there are many a second: what Prometheus reads is made of the counts when it reads. */
class CallCounts {
  readonly #counts = new Map<string, Map<string, number>>();

  constructor(registry: Registry) {
    const counts = this.#counts;
    new Counter({
      name: "pontus_http_requests_total",
      help: "Calls that were answered",
      labelNames: ["route", "method", "status"],
      registers: [registry],
      collect() {
        this.reset();
        for (const [route, answers] of counts)
          for (const [answer, count] of answers) {
            const [method = "", status = ""] = answer.split(" ");
            this.inc({ route, method, status }, count);
          }
      },
    });
  }

  count(route: string, method: string, status: number): void {
    const answers = this.#counts.get(route) ?? new Map<string, number>();
    const answer = `${method} ${status}`;
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
    this.#counts.set(route, answers);
  }
}

const secondsBetween = (startMs: number, endMs: number): number =>
  Math.max(0, endMs - startMs) / 1000;
