import type { Reach } from "../lib/reach.ts";
import type { Forecast } from "../plan/forecast.ts";
import type { MediaInfo } from "../probe/media.ts";
import type { NewTask } from "../store/store.ts";
import { contractCode, TaskError, toTaskError } from "../task/errors.ts";
import type { Failure } from "../task/task.ts";
import { tellFailure } from "../task/tell-failure.ts";
import type { Caller } from "./authenticate.ts";
import { type JudgeTaskPorts, judgeTask, type TaskRequest } from "./create-task.ts";
import type { PlanSlots } from "./plan-slots.ts";

/** What was found in a source, and what would be made of it. */
export type Planned = { readonly media: MediaInfo; readonly forecast: Forecast };

/**
 * Probes the source of a task and plans for it, as a run of the task would, and leaves nothing behind.
 *
 * @param reach - what the client may read and write; null is everything
 * @throws {TaskError} what a run would fail with before its first step
 */
export type Planner = (task: NewTask, reach: Reach | null, signal: AbortSignal) => Promise<Planned>;

/** What planning a task needs. */
export type PlanPorts = JudgeTaskPorts & {
  readonly planner: Planner;
  readonly planSlots: PlanSlots;
  /** A plan that takes longer is given up. */
  readonly planTimeoutMs: number;
  /** @throws {TaskError} `service_unavailable` while no task is taken */
  readonly refuseWhileClosed: () => void;
};

/** What would become of a task: a plan, or the failure that it would end with. */
export type Outlook = { readonly task: NewTask } & (
  | { readonly planned: Planned }
  | { readonly failure: Failure }
);

/** Failures with these codes are about the service and not about the task. */
const OWN_CODES = ["InternalError", "Unknown"];

/**
 * Tells what would become of a task if it was created now; creates nothing.
 *
 * @param signal - of the call: nobody waits for the answer any more
 * @throws {TaskError} what creating the task throws when it is judged; `too_many_requests`, `service_unavailable`; what fails here and
 *   is not to blame on the task
 */
export async function planNewTask(
  ports: PlanPorts,
  caller: Caller,
  request: TaskRequest,
  signal: AbortSignal,
): Promise<Outlook> {
  ports.refuseWhileClosed();
  const task = await judgeTask(ports, caller, request);
  return ports.planSlots.within(caller.clientCode, async () => {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(tooLate(ports.planTimeoutMs)), ports.planTimeoutMs);
    try {
      const either = AbortSignal.any([signal, late.signal]);
      return { task, planned: await ports.planner(task, caller.reach, either) };
    } catch (error) {
      const failure = toTaskError(late.signal.aborted ? late.signal.reason : error);
      const { code } = failure;
      if (signal.aborted || OWN_CODES.includes(contractCode(code))) throw error;
      return { task, failure: { code, detail: tellFailure(failure, task.sourceUrl) } };
    } finally {
      clearTimeout(timer);
    }
  });
}

const tooLate = (limitMs: number): TaskError =>
  new TaskError(
    "source_hangs",
    `Cannot plan the task: its source could not be probed within ${limitMs / 1000} s`,
  );
