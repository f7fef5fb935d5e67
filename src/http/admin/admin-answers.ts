import type { z } from "@hono/zod-openapi";
import type { QueueLoad, SeenTask } from "../../overview/overview.ts";
import { reachFields } from "../../service/client-reach.ts";
import type { Client } from "../../store/store.ts";
import { notificationAnswer, taskAnswer } from "../answers.ts";
import type { Language } from "../language.ts";
import type {
  AdminTask,
  ClientSchema,
  ClientWithKeys,
  QueueSchema,
} from "../schemas/admin-schemas.ts";

/** A task of any client. A field that is `undefined` here is absent in the JSON, here and below. */
export const adminTaskAnswer = (
  { task, workerId }: SeenTask,
  language: Language,
): z.input<typeof AdminTask> => ({
  ...taskAnswer(task, language),
  client_code: task.clientCode,
  worker_id: workerId,
});

/** A client, without its private keys. */
export const clientAnswer = (client: Client) =>
  ({
    client_code: client.clientCode,
    public_key: client.publicKey,
    second_public_key: client.second?.publicKey,
    admin: client.admin,
    disabled: client.disabled,
    strong_only: client.strongOnly,
    weight: client.weight,
    pending_max: client.pendingMax,
    running_max: client.runningMax,
    requests_per_second: client.requestsPerSecond,
    notification: client.notification ? notificationAnswer(client.notification) : undefined,
    ...reachFields(client.reach),
  }) as z.input<typeof ClientSchema>;

/** A client with its newest private key. */
export const clientWithKeys = (client: Client): z.input<typeof ClientWithKeys> => ({
  ...clientAnswer(client),
  private_key: client.privateKey,
});

/** A new client, with all that is told once. */
export const newClientAnswer = (client: Client): z.input<typeof ClientWithKeys> => ({
  ...clientWithKeys(client),
  ...(client.webhookSecrets && { webhook_secrets: [...client.webhookSecrets] }),
});

/** Seconds with one digit behind the point; a clock that was set back makes no negative ages. */
const secondsOf = (ms: number): number => Math.max(0, Math.round(ms / 100) / 10);
const ageOf = (ms: number | undefined, nowMs: number) =>
  ms === undefined ? undefined : secondsOf(nowMs - ms);

/** How the queue stands. @param isTaking - whether this service takes tasks up */
export const queueAnswer = (
  load: QueueLoad,
  nowMs: number,
  isTaking: boolean,
): z.input<typeof QueueSchema> => ({
  pending: load.pending,
  waiting: load.waiting,
  running: load.running,
  oldest_pending_seconds: ageOf(load.oldestPendingMs, nowMs),
  longest_run_seconds: ageOf(load.oldestRunMs, nowMs),
  next_try_seconds: load.nextDueMs === undefined ? undefined : secondsOf(load.nextDueMs - nowMs),
  taking: isTaking,
  clients: load.clients.map(({ clientCode, pending, running, oldestPendingMs }) => ({
    client_code: clientCode,
    pending,
    running,
    oldest_pending_seconds: ageOf(oldestPendingMs, nowMs),
  })),
});
