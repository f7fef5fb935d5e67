import type { Progress } from "../task/task.ts";
import type { FeedEvent, Scope } from "./events.ts";

/** A running task, as far as its progress goes. */
export type RunningTask = Pick<FeedEvent, "taskId" | "clientCode" | "attempt" | "sequence"> & {
  /** Its `Progress` as JSON. */
  readonly progress: string;
};

/** So progress is told at most twice a second of each task. */
const PROGRESS_EVERY_MS = 500;

/** The newest progress of each running task, and what has changed of it. */
export class RunningProgress {
  #newest = new Map<string, { readonly json: string; readonly event: FeedEvent }>();
  #lookedMs = Number.NEGATIVE_INFINITY;

  /** Whether it is time to look again. @param clockMs - of a clock that never goes back */
  isDue(clockMs: number): boolean {
    return clockMs - this.#lookedMs >= PROGRESS_EVERY_MS;
  }

  /** Takes all tasks that run. @returns what has changed since the last time */
  look(running: readonly RunningTask[], timeMs: number, clockMs: number): readonly FeedEvent[] {
    this.#lookedMs = clockMs;
    const before = this.#newest;
    this.#newest = new Map();
    const changed: FeedEvent[] = [];
    for (const task of running) {
      const { taskId, attempt, progress: json } = task;
      const known = before.get(taskId);
      const isSame = known?.json === json && known.event.attempt === attempt;
      const told = isSame ? known : { json, event: eventOf(task, timeMs) };
      this.#newest.set(taskId, told);
      if (!isSame) changed.push(told.event);
    }
    return changed;
  }

  /** What was told last of the tasks that run. */
  of({ clientCode, taskId }: Scope): readonly FeedEvent[] {
    const events = [...this.#newest.values()].map(({ event }) => event);
    return events.filter(
      (event) =>
        event.clientCode === clientCode && (taskId === undefined || event.taskId === taskId),
    );
  }

  /** Nobody looks any more: what comes next is told whatever it is. */
  forget(): void {
    this.#newest.clear();
  }
}

const eventOf = ({ progress, ...task }: RunningTask, timeMs: number): FeedEvent => ({
  ...task,
  type: "progress",
  timeMs,
  status: "RUNNING",
  progress: JSON.parse(progress) as Progress,
});
