import { getLogger } from "@logtape/logtape";
import type { LiveTargetEvent } from "../../engine/engine.ts";
import { TaskError } from "../../task/errors.ts";
import { failureOf } from "../../task/task.ts";
import type { Run } from "../run.ts";

const log = getLogger(["pontus", "worker"]);

/**
 * A connection counts as up once it has held for so many seconds, by the clock and of the stream: a server may accept it and refuse
 * what is sent, and where the source has just ended nothing is sent that it could refuse.
 */
const FIRST_STEADY_SECONDS = 1;
/** The same after a failure: then nothing is sent before the next key frame, so that a refusal comes later. */
const NEXT_STEADY_SECONDS = 3;
/**
 * A target that takes nothing while the stream advances by this much hangs: ffmpeg's RTSP has no limit for a peer that stops reading.
 * Sent bytes are reported in blocks of 32 KiB, which a stream of 13 kbit/s fills in this time. Connections of the other protocols
 * end by themselves sooner.
 */
const STUCK_SECONDS = 20;

type Opening = {
  readonly timer: ReturnType<typeof setTimeout>;
  /** How far the run has to be. */
  readonly upSeconds: number;
  hasHeld: boolean;
};

type State = {
  /** `FAILED` means that tries are in vain; a target that opens after all is RUNNING again. */
  status: "PENDING" | "RUNNING" | "RECONNECTING" | "FAILED";
  why: string;
  sentBytes: number;
  /** Its connection, as long as it has not held for long enough. */
  opening: Opening | undefined;
  /** How far the run was when the target last took anything. */
  takenSeconds: number;
  isStuck: boolean;
};

/** The states of the live targets of a task. Each change is recorded. */
export class LiveTargets {
  readonly #run: Run;
  readonly #states = new Map<number, State>();
  #outSeconds = 0;
  #writes: Promise<void> = Promise.resolve();

  constructor(run: Run) {
    this.#run = run;
    for (const [index, { status }] of run.task.targets.entries())
      if (run.kindOf(index) === "live" && status !== "SUCCESS")
        this.#states.set(index, {
          status: "PENDING",
          why: "it was never reached",
          sentBytes: 0,
          opening: undefined,
          takenSeconds: 0,
          isStuck: false,
        });
  }

  /** How many live targets there are. */
  get count(): number {
    return this.#states.size;
  }

  /** Whether any of them takes the stream now. */
  get isAnyUp(): boolean {
    return [...this.#states.values()].some(({ status }) => status === "RUNNING");
  }

  /** Whether tries are in vain for all of them. */
  get isEachInVain(): boolean {
    return [...this.#states.values()].every(({ status }) => status === "FAILED");
  }

  /** Why one of them is not up, as the end of a sentence. */
  get why(): string {
    return [...this.#states.values()].find(({ status }) => status !== "RUNNING")?.why ?? "";
  }

  /** Bytes sent to each by all runs of this attempt, by the index of the target. */
  get sentBytes(): Readonly<Record<number, number>> {
    return Object.fromEntries([...this.#states].map(([at, { sentBytes }]) => [at, sentBytes]));
  }

  /** Counts bytes that were handed to a target's connection. */
  addSent(url: string, sizeBytes: number): void {
    const index = this.#indexOf(url);
    const state = this.#states.get(index);
    if (!state) return;
    state.sentBytes += sizeBytes;
    const wasStuck = state.isStuck;
    this.#take(state);
    if (wasStuck) this.#move(index, state, "RUNNING");
  }

  /** To be called with how far the run is: a target that has taken nothing for too long counts as down. */
  advance(outSeconds: number): void {
    this.#outSeconds = outSeconds;
    for (const [index, state] of this.#states) {
      this.#settle(index, state);
      if (state.status !== "RUNNING" || outSeconds - state.takenSeconds <= STUCK_SECONDS) continue;
      state.isStuck = true;
      state.why = `it has taken nothing for ${STUCK_SECONDS} s`;
      this.#move(index, state, "RECONNECTING");
    }
  }

  /** Takes what a run reports of a target. */
  report(event: Exclude<LiveTargetEvent, { readonly kind: "unrecorded" }>): void {
    const index = this.#indexOf(event.url);
    const state = this.#states.get(index);
    if (!state) return;
    forget(state);
    this.#take(state);
    if (event.kind === "failed") {
      const isSame = state.why === event.why;
      state.why = event.why;
      this.#move(index, state, event.isInVain ? "FAILED" : "RECONNECTING", isSame);
    } else {
      const hasFailed = state.status === "RECONNECTING" || state.status === "FAILED";
      const seconds = hasFailed ? NEXT_STEADY_SECONDS : FIRST_STEADY_SECONDS;
      const opening: Opening = {
        timer: setTimeout(() => {
          opening.hasHeld = true;
          this.#settle(index, state);
        }, seconds * 1000),
        upSeconds: this.#outSeconds + seconds,
        hasHeld: false,
      };
      state.opening = opening;
    }
  }

  /** Writes to the log how much each was sent. */
  logSent(): void {
    for (const [index, { sentBytes }] of this.#states)
      log.info("Task {taskId}: target {index} was sent {sentBytes} bytes", {
        taskId: this.#run.task.id,
        index,
        sentBytes,
      });
  }

  /** To be called when a run has ended: a new connection does not count as up any more. */
  pause(): void {
    this.#outSeconds = 0;
    for (const state of this.#states.values()) {
      forget(state);
      this.#take(state);
    }
  }

  /**
   * Records how each ended: those that took the stream to its end are delivered.
   *
   * @throws {TaskError} what concerns the whole task, or the reason of the run's signal
   */
  async finish(): Promise<void> {
    this.pause();
    await this.#writes;
    for (const [index, state] of this.#states)
      if (state.status === "RUNNING") await this.#run.saveTarget(index, { status: "SUCCESS" });
      else await this.#run.failTarget(index, lossOf(state));
  }

  /** A connection that has held for long enough is up. */
  #settle(index: number, state: State): void {
    const { opening } = state;
    if (!opening?.hasHeld || this.#outSeconds < opening.upSeconds) return;
    state.opening = undefined;
    this.#move(index, state, "RUNNING");
  }

  #take(state: State): void {
    state.takenSeconds = this.#outSeconds;
    state.isStuck = false;
  }

  #indexOf(wanted: string): number {
    return this.#run.targetUrls.indexOf(wanted);
  }

  #move(
    index: number,
    state: State,
    status: "RUNNING" | "RECONNECTING" | "FAILED",
    isSame = true,
  ): void {
    if (state.status === status && isSame) return;
    const facts = { taskId: this.#run.task.id, index, status, why: state.why };
    if (status === "RUNNING") log.info("Task {taskId}: target {index} is {status}", facts);
    // The reason of a state may change every second.
    else if (state.status === status)
      log.debug("Task {taskId}: target {index} is still {status}: {why}", facts);
    else log.warn("Task {taskId}: target {index} is {status}: {why}", facts);
    state.status = status;
    const result =
      status === "RUNNING" ? { status } : { status, failure: failureOf(lossOf(state)) };
    // One after the other, so that the last state is the one that stays recorded.
    this.#writes = this.#writes.then(async () => {
      try {
        await this.#run.saveTarget(index, result);
      } catch (error) {
        // An error such as a lost lease concerns the whole task.
        this.#run.abort(error);
      }
    });
  }
}

/** A connection that has not held does not count. */
function forget(state: State): void {
  clearTimeout(state.opening?.timer);
  state.opening = undefined;
}

const lossOf = ({ why }: State): TaskError =>
  new TaskError("target_lost", `Cannot send to the target: ${why}`);
