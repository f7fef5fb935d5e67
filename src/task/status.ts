import type { TaskStatus } from "./task.ts";

const MOVES: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  PENDING: ["RUNNING", "CANCELLED"],
  // Back to PENDING: the service tries again, or a stop or a crash gave the run back. FAILED straight
  // from RUNNING also for a task that took its worker down too often.
  RUNNING: ["SUCCESS", "FAILED", "CANCELLED", "PENDING"],
  SUCCESS: [],
  // Only the caller's retry leads out of FAILED and CANCELLED.
  FAILED: ["PENDING"],
  CANCELLED: ["PENDING"],
};

/** All states of a task. */
export const TASK_STATUSES = Object.keys(MOVES) as readonly TaskStatus[];

/** Whether a task may go from one state to another. */
export const canMove = (from: TaskStatus, to: TaskStatus): boolean => MOVES[from].includes(to);

/** Whether a state is final: the service itself never leaves it. */
export const isFinal = (status: TaskStatus): boolean =>
  status === "SUCCESS" || status === "FAILED" || status === "CANCELLED";
