import type { DeliveryState, Notification } from "./notification.ts";
import type { TaskEvent } from "./task.ts";

/** An event as its task's receiver is told of it. `progress` is no event of the log: its `sequence` is that of the event before it. */
export type ToldEvent = Omit<TaskEvent, "type"> & {
  readonly type: TaskEvent["type"] | "progress";
  /** Of an event about a target. */
  readonly targetUrl?: string;
};

/** What a receiver is to be told next of a task, leased to one service until `untilMs`. Times in ms since the epoch. */
export type Telling = {
  readonly taskSeq: number;
  /** The fencing token: of two services that hold the same, the later one has the greater. */
  readonly fence: number;
  readonly untilMs: number;
  readonly clientCode: string;
  readonly notification: Notification;
  readonly event: ToldEvent;
  /** How often it was tried in vain, of the time since `sinceMs`. */
  readonly tries: number;
  readonly sinceMs: number;
  /** The W3C trace context that the task's own work belongs to. */
  readonly traceParent?: string;
};

/** What became of a try. */
export type TellingResult = {
  readonly state: DeliveryState;
  /** What the receiver answered, if it did. */
  readonly httpStatus?: number;
  /** Why it was not taken: one English sentence. */
  readonly detail?: string;
  /** When it is tried again, if it is. */
  readonly againMs?: number;
};

/** How the delivery of an event stands. Times in ms since the epoch. */
export type Delivery = {
  readonly taskId: string;
  readonly sequence: number;
  readonly type: TaskEvent["type"];
  /** When it happened. */
  readonly timeMs: number;
  readonly state: DeliveryState;
  readonly tries: number;
  /** When it was tried last, and what that ended with. */
  readonly lastMs?: number;
  readonly httpStatus?: number;
  readonly detail?: string;
};

/** The name of a delivery, also of one that is repeated: a receiver that has seen it need not look again. */
export const deliveryId = ({
  taskId,
  sequence,
}: {
  readonly taskId: string;
  readonly sequence: number;
}): string => `${taskId}-${sequence}`;

/** The sequence in the name of a delivery of a task; undefined if it is the name of none. */
export function sequenceIn(id: string, taskId: string): number | undefined {
  const [, digits] = id.startsWith(`${taskId}-`)
    ? (/^([1-9]\d{0,14})$/.exec(id.slice(taskId.length + 1)) ?? [])
    : [];
  return digits === undefined ? undefined : Number(digits);
}
