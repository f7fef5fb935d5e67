import { type SQL, sql } from "drizzle-orm";
import type { TaskRow } from "../../task/row.ts";
import type { TaskEvent } from "../../task/task.ts";

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

/** What all nodes are told of a change of a task; the server tells each once for a transaction. */
export const noticesOf = (row: TaskRow, events: readonly TaskEvent[]): readonly string[] => [
  ...(events.length > 0 ? [EVENTS] : []),
  ...(row.status === "PENDING" ? [WORK] : []),
  ...(events.some(({ type }) => type === "cancel_requested") ? [cancelOf(row.id)] : []),
];

/** Tells all nodes `notices`, when the transaction is committed: a column of the statement that changes a task. */
export const noticing =
  (): SQL<number> => sql<number>`(select count(pg_notify(${sql.raw(`'${CHANNEL}'`)}, notice))
  from unnest(${sql.placeholder("notices")}::text[]) as notice)`;
