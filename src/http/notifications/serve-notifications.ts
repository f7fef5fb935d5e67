import type { Hono } from "hono";
import { maskSecrets } from "../../lib/mask.ts";
import { formatTime } from "../../service/following/format-time.ts";
import {
  listNotifications,
  type NotificationPorts,
  replayNotification,
} from "../../service/notifying/notifications.ts";
import { type Delivery, deliveryId } from "../../task/delivery.ts";
import { CALLS } from "../calls.ts";
import { type EndpointPorts, serving } from "../endpoint.ts";
import type { DeliveryAnswer, NotificationPageAnswer } from "../schemas/delivery-schemas.ts";

/** Serves the calls on what receivers of tasks are told. */
export function serveNotifications(app: Hono, ports: EndpointPorts & NotificationPorts): void {
  const on = serving(app, ports, () => import("../routes/notification-routes.ts"));

  on(CALLS.listNotifications, "listNotificationsRoute", async ({ caller, param, read }) => {
    const { query } = await read();
    const page = await listNotifications(ports, caller.clientCode, param("task_id"), query);
    const body: NotificationPageAnswer = {
      notifications: page.deliveries.map(deliveryAnswer),
      next_cursor: page.nextCursor === undefined ? undefined : String(page.nextCursor),
    };
    return { status: 200, body };
  });

  on(CALLS.replayNotification, "replayNotificationRoute", async ({ caller, param }) => {
    const [id, name] = [param("task_id"), param("notification_id")];
    const delivery = await replayNotification(ports, caller.clientCode, id, name);
    return { status: 200, body: deliveryAnswer(delivery) };
  });
}

const deliveryAnswer = (delivery: Delivery): DeliveryAnswer => ({
  notification_id: deliveryId(delivery),
  sequence: delivery.sequence,
  type: delivery.type,
  time: formatTime(delivery.timeMs),
  notification_status: delivery.state,
  tries: delivery.tries,
  last_try_time: delivery.lastMs === undefined ? undefined : formatTime(delivery.lastMs),
  response_status: delivery.httpStatus,
  error: delivery.detail === undefined ? undefined : { detail: maskSecrets(delivery.detail) },
});
