import type { TaskStatus } from "./task.ts";

const MOVES: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  PENDING: ["RUNNING", "CANCELLED"],
  // Back to PENDING: a retry of the service's own, or a run that a stop or a crash gave back. FAILED straight
  // from RUNNING also for a task that took its worker down too often.
  RUNNING: ["SUCCESS", "FAILED", "CANCELLED", "PENDING"],
  SUCCESS: [],
  // Out of FAILED and CANCELLED leads the caller's retry alone.
  FAILED: ["PENDING"],
  CANCELLED: ["PENDING"],
};

/** All states of a task. */
export const TASK_STATUSES = Object.keys(MOVES) as readonly TaskStatus[];

/** Whether a task may go from one state to another. */
export const canMove = (from: TaskStatus, to: TaskStatus): boolean => MOVES[from].includes(to);

/** Whether a state is an end: nothing of the service's own leads out of it. */
export const isFinal = (status: TaskStatus): boolean =>
  status === "SUCCESS" || status === "FAILED" || status === "CANCELLED";
