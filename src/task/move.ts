import { TaskError } from "./errors.ts";
import type { TaskRow } from "./row.ts";
import { canMove } from "./status.ts";
import type { TaskEvent } from "./task.ts";

/** The result of a transition: the row to write and its events, in order. Write both in one transaction. */
export type Transition<Row = TaskRow> = {
  readonly row: Row;
  /** If false, there is nothing to write. */
  readonly isChanged: boolean;
  readonly events: readonly TaskEvent[];
};

/** Who is told of changes that are on disk: the row as it is now, and the events of the change. It must not throw. */
export type ChangeListener = (row: TaskRow, events: readonly TaskEvent[]) => void;

/** What an event holds in addition to the state of its task's row. */
export type EventFacts = Pick<
  TaskEvent,
  "type" | "failure" | "target" | "targetStatus" | "progress"
>;

/** Changes a row, with an event for each of the facts. @throws {TaskError} `internal` if the states do not allow it */
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

/** A transition that changes nothing. */
export const stay = <Row extends TaskRow>(row: Row): Transition<Row> => ({
  row,
  isChanged: false,
  events: [],
});

/** One transition after another of the same task, as one. */
export const joined = <Row extends TaskRow>(
  first: Transition<Row>,
  next: Transition<Row>,
): Transition<Row> => ({
  row: next.row,
  isChanged: first.isChanged || next.isChanged,
  events: [...first.events, ...next.events],
});

/** The newest event of a row. */
export function eventOf(row: TaskRow, timeMs: number, facts: EventFacts): TaskEvent {
  const { id: taskId, eventSequence: sequence, status, attempt, progress } = row;
  return { taskId, sequence, timeMs, status, attempt, ...(progress && { progress }), ...facts };
}

/** The facts of the event about a target's new state. */
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
