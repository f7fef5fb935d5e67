import { TaskError } from "./errors.ts";
import type { TaskRow } from "./row.ts";
import { canMove } from "./status.ts";
import type { TaskEvent } from "./task.ts";

/** What becomes of a task: the row to write and the events that tell of it, in order. Both belong in one transaction. */
export type Transition<Row = TaskRow> = {
  readonly row: Row;
  /** If not, there is nothing to write. */
  readonly isChanged: boolean;
  readonly events: readonly TaskEvent[];
};

/** What an event tells beside what its task's row says. */
export type EventFacts = Pick<
  TaskEvent,
  "type" | "failure" | "target" | "targetStatus" | "progress"
>;

/** A changed row with the events that tell of the change. */
export function move<Row extends TaskRow>(
  row: Row,
  change: Partial<TaskRow>,
  nowMs: number,
  ...facts: readonly EventFacts[]
): Transition<Row> {
  const next = { ...row, ...change, eventSequence: row.eventSequence + facts.length };
  if (change.status && !canMove(row.status, change.status))
    throw new TaskError(
      "internal",
      `Cannot move task "${row.id}": ${row.status} does not lead to ${change.status}`,
    );
  const events = facts.map((fact, index) =>
    eventOf({ ...next, eventSequence: row.eventSequence + index + 1 }, nowMs, fact),
  );
  return { row: next, isChanged: true, events };
}

/** What becomes of a task to which nothing happens. */
export const stay = <Row extends TaskRow>(row: Row): Transition<Row> => ({
  row,
  isChanged: false,
  events: [],
});

/** The newest event of a row. */
export function eventOf(row: TaskRow, timeMs: number, facts: EventFacts): TaskEvent {
  const { id: taskId, eventSequence: sequence, status, attempt, progress } = row;
  return { taskId, sequence, timeMs, status, attempt, ...(progress && { progress }), ...facts };
}

/** What the event of one target's new state tells. */
export function targetFacts(targets: TaskRow["targets"], index: number): EventFacts {
  const target = targets[index];
  if (!target) throw new RangeError(`Cannot tell of target ${index}: there are ${targets.length}`);
  return {
    type: "target",
    target: index,
    targetStatus: target.status,
    ...(target.failure && { failure: target.failure }),
  };
}
