import { getLogger } from "@logtape/logtape";
import type { LiveTargetEvent } from "../../engine/engine.ts";
import { isLive } from "../../plan/live/live-protocols.ts";
import { TaskError } from "../../task/errors.ts";
import { failureOf, type Run } from "../run.ts";

const log = getLogger(["pontus", "worker"]);

/** A connection counts as up when it has held for so long: a server may take it and refuse what comes next. */
const FIRST_STEADY_MS = 1_000;
/** After a failure nothing is sent before a key frame, so that a refusal shows later. */
const NEXT_STEADY_MS = 3_000;
/**
 * A target that has taken nothing of so much media hangs: ffmpeg's RTSP knows no limit for a peer that stops reading. What is
 * taken is told in blocks of 32 KiB, which a stream of 13 kbit/s fills in this time; those of the other protocols end
 * by themselves, sooner.
 */
const STUCK_SECONDS = 20;

type State = {
  /** `FAILED` is what is tried in vain; it is RUNNING all the same where it opens after all. */
  status: "PENDING" | "RUNNING" | "RECONNECTING" | "FAILED";
  why: string;
  sentBytes: number;
  steady: ReturnType<typeof setTimeout> | undefined;
  /** How far the run was when it last took anything. */
  takenSeconds: number;
  isStuck: boolean;
};

/** How the live targets of a task stand, each for itself: recorded where it changes. */
export class LiveTargets {
  readonly #run: Run;
  readonly #states = new Map<number, State>();
  #outSeconds = 0;
  #writes: Promise<void> = Promise.resolve();

  constructor(run: Run) {
    this.#run = run;
    for (const [index, { url, status }] of run.task.targets.entries())
      if (isLive(url) && status !== "SUCCESS")
        this.#states.set(index, {
          status: "PENDING",
          why: "it was never reached",
          sentBytes: 0,
          steady: undefined,
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

  /** Whether all of them are tried in vain. */
  get isEachInVain(): boolean {
    return [...this.#states.values()].every(({ status }) => status === "FAILED");
  }

  /** Why the last of them that failed did, as the end of a sentence. */
  get why(): string {
    return [...this.#states.values()].find(({ status }) => status !== "RUNNING")?.why ?? "";
  }

  /** What each was sent by all runs of this attempt, by its place. */
  get sentBytes(): Readonly<Record<number, number>> {
    return Object.fromEntries([...this.#states].map(([at, { sentBytes }]) => [at, sentBytes]));
  }

  /** Counts what was handed to a target's connection. */
  addSent(url: string, sizeBytes: number): void {
    const index = this.#indexOf(url);
    const state = this.#states.get(index);
    if (!state) return;
    state.sentBytes += sizeBytes;
    const wasStuck = state.isStuck;
    this.#take(state);
    if (wasStuck) this.#move(index, state, "RUNNING");
  }

  /** Takes how far the run is: a target that should have taken some of it by then, and did not, is not up. */
  advance(outSeconds: number): void {
    this.#outSeconds = outSeconds;
    for (const [index, state] of this.#states) {
      if (state.status !== "RUNNING" || outSeconds - state.takenSeconds <= STUCK_SECONDS) continue;
      state.isStuck = true;
      state.why = `it has taken nothing for ${STUCK_SECONDS} s`;
      this.#move(index, state, "RECONNECTING");
    }
  }

  /** Takes what a run tells of a target. */
  report(event: LiveTargetEvent): void {
    if (event.kind === "unrecorded") return;
    const index = this.#indexOf(event.url);
    const state = this.#states.get(index);
    if (!state) return;
    clearTimeout(state.steady);
    this.#take(state);
    if (event.kind === "failed") {
      const isSame = state.why === event.why;
      state.why = event.why;
      this.#move(index, state, event.isInVain ? "FAILED" : "RECONNECTING", isSame);
    } else {
      const hasFailed = state.status === "RECONNECTING" || state.status === "FAILED";
      const waitMs = hasFailed ? NEXT_STEADY_MS : FIRST_STEADY_MS;
      state.steady = setTimeout(() => this.#move(index, state, "RUNNING"), waitMs);
    }
  }

  /** Tells the log what each was sent. */
  logSent(): void {
    for (const [index, { sentBytes }] of this.#states)
      log.info("Task {taskId}: target {index} was sent {sentBytes} bytes", {
        taskId: this.#run.task.id,
        index,
        sentBytes,
      });
  }

  /** To be called when a run has ended: what was about to count as up is not. */
  pause(): void {
    this.#outSeconds = 0;
    for (const state of this.#states.values()) {
      clearTimeout(state.steady);
      this.#take(state);
    }
  }

  /**
   * Records how each ended: as delivered where it took the stream to its end.
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
    // That the same state has another reason may come every second.
    else if (state.status === status)
      log.debug("Task {taskId}: target {index} is still {status}: {why}", facts);
    else log.warn("Task {taskId}: target {index} is {status}: {why}", facts);
    state.status = status;
    const result =
      status === "RUNNING" ? { status } : { status, failure: failureOf(lossOf(state)) };
    // One after the other, so that the last one told is the one that stands.
    this.#writes = this.#writes.then(async () => {
      try {
        await this.#run.saveTarget(index, result);
      } catch (error) {
        // A lost lease, say: it concerns the whole task.
        this.#run.abort(error);
      }
    });
  }
}

const lossOf = ({ why }: State): TaskError =>
  new TaskError("target_lost", `Cannot send to the target: ${why}`);
