import { maskCredentials } from "../../lib/mask.ts";
import { isReached } from "../../lib/reach.ts";
import type { NotificationStore } from "../../store/store.ts";
import { type Delivery, sequenceIn } from "../../task/delivery.ts";
import { TaskError } from "../../task/errors.ts";
import type { Notification } from "../../task/notification.ts";
import { refuseField } from "../addresses.ts";
import type { Caller } from "../authenticate.ts";
import { receiverFault, receiverKey } from "./receivers.ts";

/** What the calls on notifications need. */
export type NotificationPorts = {
  readonly notifications: Pick<NotificationStore, "list" | "replay">;
};

/** Which part of what a receiver is told. */
export type NotificationQuery = {
  readonly limit: number;
  /** `nextCursor` of the page before: the sequence of its last one. */
  readonly cursor?: number | undefined;
};

/** A page of what a receiver is told, oldest first. */
export type NotificationPage = {
  readonly deliveries: readonly Delivery[];
  readonly nextCursor?: number;
};

/**
 * Who is told of a new task: whom its request names, else whom its client's record does, and nobody where that wants no events. It stays
 * so when the record changes.
 *
 * @throws {TaskError} `invalid_parameter`, `access_denied`
 */
export function judgeNotification(
  {
    notification: own,
    webhookSecrets,
    reach,
  }: Pick<Caller, "notification" | "webhookSecrets" | "reach">,
  asked: Notification | undefined,
): Notification | undefined {
  const notification = asked ?? own;
  if (!notification || notification.events?.length === 0) return undefined;
  if (!asked) return notification;
  const fault = receiverFault(asked.url);
  if (fault !== undefined)
    throw refuseField("notification.url", `of the receiver's address, ${fault}`);
  if (!webhookSecrets)
    throw refuseField(
      "notification",
      "the client has no webhook_secrets that notifications are signed with",
    );
  if (reach && asked.url !== own?.url && !isReached(reach.target, receiverKey(asked.url))) {
    const shown = JSON.stringify(maskCredentials(asked.url));
    const message = `Cannot notify ${shown}: it is outside what this client may reach`;
    throw new TaskError("access_denied", message, {
      fields: [{ path: "notification.url", message }],
    });
  }
  return notification;
}

/** What a task's receiver was told, and is still to be told. @throws {TaskError} `no_such_task` */
export async function listNotifications(
  { notifications }: NotificationPorts,
  clientCode: string,
  id: string,
  { limit, cursor = 0 }: NotificationQuery,
): Promise<NotificationPage> {
  const found = await notifications.list(clientCode, id, {
    afterSequence: cursor,
    // One more than asked for shows whether there is a next page.
    limit: limit + 1,
  });
  const deliveries = found.slice(0, limit);
  const last = found.length > limit ? deliveries.at(-1) : undefined;
  return { deliveries, ...(last && { nextCursor: last.sequence }) };
}

/** Has a receiver told of an event again, at once. @throws {TaskError} `no_such_task`, `no_such_resource` */
export function replayNotification(
  { notifications }: NotificationPorts,
  clientCode: string,
  id: string,
  name: string,
): Promise<Delivery> {
  // None has the sequence 0: it is not there, as the store says once it has found the task.
  return notifications.replay(clientCode, id, sequenceIn(name, id) ?? 0);
}
