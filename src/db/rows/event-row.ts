import type { TaskEvent } from "../../task/task.ts";

/** An event as every database keeps it; null stands for what is not there. */
export type EventRow = Pick<TaskEvent, "sequence" | "timeMs" | "type" | "status" | "attempt"> & {
  /** Its place in the log of all tasks. */
  readonly seq: number;
  readonly taskSeq: number;
} & {
  readonly [Fact in "failure" | "target" | "targetStatus" | "progress"]: NonNullable<
    TaskEvent[Fact]
  > | null;
};

/** An event of a task as its row says. */
export function eventOf(
  { seq: _, taskSeq: __, failure, target, targetStatus, progress, ...event }: EventRow,
  taskId: string,
): TaskEvent {
  return {
    taskId,
    ...event,
    ...(failure && { failure }),
    ...(target !== null && { target }),
    ...(targetStatus && { targetStatus }),
    ...(progress && { progress }),
  };
}
