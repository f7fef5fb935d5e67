import type { TaskRow } from "../../../task/row.ts";
import type { TaskEvent } from "../../../task/task.ts";
import type { PostgresDatabase } from "../postgres.ts";

/** The channel on which nodes tell each other what is new. */
export const CHANNEL = "pontus";

/** There are new events. */
export const EVENTS = "e";
/** There may be work. */
export const WORK = "w";
/** A running task is to stop. */
const cancelOf = (taskId: string): string => `c ${taskId}`;

/** Something is wanted of a node. */
export const orderOf = (nodeId: string): string => `n ${nodeId}`;

/** Something of a task's slices has changed. */
export const partsOf = (taskId: string): string => `s ${taskId}`;

/** What all nodes are told of a change of a task, once it is on disk. */
const noticesOf = (row: TaskRow, events: readonly TaskEvent[]): readonly string[] => [
  ...(events.length > 0 ? [EVENTS] : []),
  ...(row.status === "PENDING" ? [WORK] : []),
  ...(events.some(({ type }) => type === "cancel_requested") ? [cancelOf(row.id)] : []),
];

/** Has all nodes told of a change of a task. Call it inside `write`. */
export function notifyOf(
  { notify }: Pick<PostgresDatabase, "notify">,
  row: TaskRow,
  events: readonly TaskEvent[],
): void {
  for (const notice of noticesOf(row, events)) notify(CHANNEL, notice);
}
