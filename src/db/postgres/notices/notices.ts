import type { TaskRow } from "../../../task/row.ts";
import type { TaskEvent } from "../../../task/task.ts";
import type { PostgresDatabase } from "../postgres.ts";

/** The channel on which nodes tell each other of work and of orders. */
export const CHANNEL = "pontus";
/** The channel that only those nodes listen on whose clients follow events. */
export const EVENTS_CHANNEL = "pontus_events";

/** There are new events. */
const EVENTS = "e";
/**
 * Of so many nodes and more none is told of events: a server wakes all connections that listen at each notice, whatever their channels are
 * (`bun bench/fleet-notices.ts`), and who follows looks several times a second by himself.
 */
const TOLD_NODES_MAX = 50;
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
  ...(row.status === "PENDING" ? [WORK] : []),
  ...(events.some(({ type }) => type === "cancel_requested") ? [cancelOf(row.id)] : []),
];

/** Whether so many nodes are told of events. */
export const tellsEvents = (nodes: number): boolean => nodes < TOLD_NODES_MAX;

/** Has all nodes told of a change of a task. Call it inside `write`. */
export function notifyOf(
  { notify, hearers }: Pick<PostgresDatabase, "notify" | "hearers">,
  row: TaskRow,
  events: readonly TaskEvent[],
): void {
  if (events.length > 0 && tellsEvents(hearers)) notify(EVENTS_CHANNEL, EVENTS);
  for (const notice of noticesOf(row, events)) notify(CHANNEL, notice);
}
