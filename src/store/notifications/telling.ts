import type { Delivery, Telling } from "../../task/delivery.ts";
import { TaskError } from "../../task/errors.ts";
import {
  type DeliveryState,
  type Hold,
  isWanted,
  type Notification,
} from "../../task/notification.ts";
import type { TaskRow } from "../../task/row.ts";
import type { TaskEvent } from "../../task/task.ts";

/** How long a service has for one try: far longer than it waits for a receiver. */
const LEASE_MS = 60_000;
/** A receiver that wants progress is told of it no more often. */
const PROGRESS_MS = 10_000;
/** How often one call looks for more of a client, where some had nothing to tell. */
export const LOOKS_MAX = 10;

/** How far a task's receiver has been told, as every database keeps it. */
export type Cursor = {
  readonly taskSeq: number;
  readonly clientCode: string;
  readonly sequence: number;
  readonly dueMs: number | null;
  readonly hold: Hold | null;
  readonly fence: number;
};

/** A task that has a receiver. */
export type NotifiedRow = TaskRow & { readonly seq: number; readonly notification: Notification };

/** What is told next, and how far the cursor is then. */
export type Next = Pick<Telling, "event" | "tries" | "sinceMs"> & { readonly cursor: number };

/** What is known of a delivery that was begun. */
export type Begun = Pick<Telling, "tries" | "sinceMs"> & { readonly sequence: number };

/** Whether a task has a receiver. */
export const isNotified = <Row extends TaskRow>(
  row: Row,
): row is Row & { readonly notification: Notification } => row.notification !== null;

const tellsProgress = ({ status, notification }: NotifiedRow): boolean =>
  status === "RUNNING" && isWanted(notification, "progress");

/** An event of the log as what is told next. */
export function eventNext(
  row: NotifiedRow,
  event: TaskEvent | undefined,
  { tries, sinceMs }: Begun,
  cursor: number,
): Next | undefined {
  if (!event) return undefined;
  const targetUrl = event.target === undefined ? undefined : row.targets[event.target]?.url;
  const told = { ...event, ...(targetUrl !== undefined && { targetUrl }) };
  return { event: told, tries, sinceMs, cursor };
}

/** How far a task is as what is told next, if its receiver wants that. */
export function progressNext(row: NotifiedRow, cursor: number, nowMs: number): Next | undefined {
  if (!row.progress || !tellsProgress(row)) return undefined;
  const { id: taskId, status, attempt, progress, eventSequence: sequence } = row;
  return {
    event: { taskId, sequence, timeMs: nowMs, type: "progress", status, attempt, progress },
    tries: 0,
    sinceMs: nowMs,
    cursor,
  };
}

/** What is taken up: leased from now on, with a new fencing token. */
export function tellingOf(
  { notification, traceParent }: NotifiedRow,
  { taskSeq, clientCode, fence }: Cursor,
  { cursor: _, ...told }: Next,
  nowMs: number,
): Telling {
  return {
    ...{ taskSeq, clientCode, notification, untilMs: nowMs + LEASE_MS, fence: fence + 1 },
    ...told,
    ...(traceParent !== null && { traceParent }),
  };
}

/** A cursor that waits until there is something to tell. @param hasMore - whether there is now */
export function rested(
  { taskSeq, sequence }: Cursor,
  row: NotifiedRow | undefined,
  hasMore: boolean,
  nowMs: number,
): Pick<Cursor, "taskSeq" | "sequence" | "dueMs" | "hold"> {
  if (!row) return { taskSeq, sequence, dueMs: null, hold: null };
  if (hasMore) return { taskSeq, sequence, dueMs: nowMs, hold: null };
  const dueMs = tellsProgress(row) ? nowMs + PROGRESS_MS : null;
  // What was passed is not read again.
  return { taskSeq, sequence: row.eventSequence, dueMs, hold: null };
}

/** Clients in the order of their turns: the one after the last one first. @param all - in bytewise order */
export function clientsAfter(last: string, all: readonly string[]): readonly string[] {
  const first = all.findIndex((clientCode) => clientCode > last);
  return first < 0 ? all : [...all.slice(first), ...all.slice(0, first)];
}

/** An event with what became of it, as every database lists it. */
type Listed = Pick<Delivery, "sequence" | "type" | "timeMs"> & {
  readonly state: DeliveryState | null;
  readonly tries: number | null;
  readonly lastMs: number | null;
  readonly httpStatus: number | null;
  readonly detail: string | null;
};

/** What became of an event; one without a row has not had its turn yet. */
export const deliveryOf = (
  taskId: string,
  { state, tries, lastMs, httpStatus, detail, ...event }: Listed,
): Delivery => ({
  taskId,
  ...event,
  state: state ?? "PENDING",
  tries: tries ?? 0,
  ...(lastMs !== null && { lastMs }),
  ...(httpStatus !== null && { httpStatus }),
  ...(detail !== null && { detail }),
});

/** The error about a task that the client does not have. */
export const noSuchTask = (id: string): TaskError =>
  new TaskError("no_such_task", `Cannot find task "${id}": there is none of yours`);

/** The error about an event that no receiver is told of. */
export const noSuchNotification = (id: string, sequence: number): TaskError =>
  new TaskError(
    "no_such_resource",
    `Cannot replay notification ${sequence} of task "${id}": there is none`,
  );
