/** The events that a receiver can be told of. */
export const NOTIFIED_TYPES = [
  "created",
  "started",
  "progress",
  "target",
  "watchable",
  "source_lost",
  "source_back",
  "given_back",
  "cancel_requested",
  "retried",
  "ended",
] as const;

/** What kind of event a receiver is told of. */
export type NotifiedType = (typeof NOTIFIED_TYPES)[number];

/** Who is told of the events of a task, and of which; if absent, of all but `progress`. */
export type Notification = {
  readonly url: string;
  readonly events?: readonly NotifiedType[] | undefined;
};

/** How the delivery of an event stands: to be tried (again), taken by the receiver, or given up. */
export type DeliveryState = "PENDING" | "SUCCESS" | "FAILED";

/** What keeps a receiver from being told more now: a service is telling it, or the last try failed. */
export type Hold = "lease" | "pause";

/** Whether a receiver is told of such events. */
export const isWanted = ({ events }: Notification, type: NotifiedType): boolean =>
  events?.includes(type) ?? type !== "progress";

/** The events of the log that a receiver is told of. */
export const wantedTypes = (notification: Notification): readonly NotifiedType[] =>
  NOTIFIED_TYPES.filter((type) => type !== "progress" && isWanted(notification, type));

/** Whether an event is a reason to look what there is to tell: it is wanted, or progress is, which begins with a run. */
export const isTold = (notification: Notification, type: NotifiedType): boolean =>
  isWanted(notification, type) || (type === "started" && isWanted(notification, "progress"));
