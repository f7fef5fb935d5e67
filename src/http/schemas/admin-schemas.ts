import { z } from "@hono/zod-openapi";
import { REACH_ENTRIES, type ReachEntries, SERVER_ENTRIES } from "../../service/client-reach.ts";
import { CLIENT_NAME } from "../../service/signature.ts";
import { CONTRACT_CODES } from "../../task/errors.ts";
import { TASK_STATUSES } from "../../task/status.ts";
import type { TaskStatus } from "../../task/task.ts";
import { NewMetadata } from "./create-schemas.ts";
import { MadeSecrets, NotificationSchema, RECEIVER_FIELDS } from "./notification-schemas.ts";
import { ListQuery, TaskSchema } from "./task-schemas.ts";

/** `PENDING,FAILED` → both. */
const listOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(z.enum(words)));

/** The query of the list of all clients' tasks. */
export const AdminTaskQuery = ListQuery.omit({ status: true, created_after: true }).extend({
  status: listOf(TASK_STATUSES as readonly [TaskStatus, ...TaskStatus[]])
    .optional()
    .openapi({
      param: { style: "form", explode: false },
      type: "array",
      items: { $ref: "#/components/schemas/TaskStatus" },
      description: "Several are joined by commas.",
    }),
  code: listOf(CONTRACT_CODES)
    .optional()
    .openapi({
      param: { style: "form", explode: false },
      type: "array",
      items: { $ref: "#/components/schemas/TaskFailureCode" },
      description: "Of the task's error; several are joined by commas.",
    }),
  client_code: z.string().optional(),
  created_before: ListQuery.shape.created_after,
  created_after: ListQuery.shape.created_after,
  metadata: NewMetadata.optional().openapi({
    param: { style: "deepObject", explode: true },
    description:
      "What the metadata of the task hold: `metadata.order=A-17`, or `metadata[order]=A-17`.",
  }),
});

/** A task of any client. */
export const AdminTask = TaskSchema.extend({
  client_code: z.string(),
  worker_id: z.string().optional().openapi({ description: "The instance that runs it." }),
}).openapi("AdminTask");

/** A page of them. */
export const AdminTaskPage = z
  .object({
    tasks: z.array(AdminTask),
    next_cursor: z.string().optional().openapi({
      description:
        "Absent on the last page. A page before it may be short, or empty, where few tasks are wanted.",
    }),
  })
  .openapi("AdminTaskPage");

const namesOf = ({ isEntry, must }: ReachEntries) =>
  z.array(z.string().refine(isEntry, { error: must, params: { zh: "无效的条目" } }));
const sidesOf = (entries: ReachEntries) => {
  const list = namesOf(entries);
  return z
    .union([
      list,
      z.strictObject({ sources: list.optional(), targets: list.optional() }).openapi("ReachSides"),
    ])
    .optional();
};

const REACH_FIELDS = {
  roots: sidesOf(REACH_ENTRIES.roots),
  buckets: sidesOf(REACH_ENTRIES.buckets),
  hosts: sidesOf(REACH_ENTRIES.hosts),
  urls: sidesOf(REACH_ENTRIES.urls),
  egress_allow: namesOf(SERVER_ENTRIES).optional(),
  egress_deny: namesOf(SERVER_ENTRIES).optional(),
};

/** More than a database holds of unfinished tasks, and than a machine answers in a second. */
const TASKS_MAX = 1_000_000_000;
const REQUESTS_MAX = 1_000_000;
const PRIVATE_KEY_CHARACTERS_MAX = 1024;
const ClientName = z.string().regex(CLIENT_NAME);
const Weight = z.int().min(1).max(1000).openapi({ description: "Its share of the slots." });
const orNull = (max: number, what: string) =>
  z
    .int()
    .min(0)
    .max(max)
    .nullable()
    .optional()
    .openapi({ description: `${what}; 0 is any number, null what the service is set to.` });

const flag = (description: string) => z.boolean().optional().openapi({ description });
/** What can be set of a client when it is added, and later. */
const SETTINGS = {
  admin: flag("May make these calls."),
  strong_only: flag("Takes the HMAC-SHA256 form of the checksum alone."),
  weight: Weight.optional(),
  pending_max: orNull(TASKS_MAX, "How many of its tasks may be pending"),
  running_max: orNull(TASKS_MAX, "How many of its tasks may run at once"),
  requests_per_second: orNull(REQUESTS_MAX, "How many calls it may make a second"),
  ...RECEIVER_FIELDS,
};

/** The body that adds a client. */
export const AddClient = z
  .strictObject({
    client_code: ClientName.openapi({ example: "ada" }),
    public_key: ClientName.optional().openapi({ description: "Made where absent." }),
    private_key: z
      .string()
      .min(1)
      .max(PRIVATE_KEY_CHARACTERS_MAX)
      .optional()
      .openapi({ description: "Made where absent." }),
    ...SETTINGS,
    ...REACH_FIELDS,
  })
  .openapi("AddClient");

/** The body that changes a client. */
export const ChangeClient = z
  .strictObject({
    ...SETTINGS,
    disabled: flag("Its calls are refused."),
    second_public_key: z
      .null()
      .optional()
      .openapi({ description: "Null: the second pair of keys is valid no more." }),
  })
  .openapi("ChangeClient");

/** The body that rotates the keys of a client. */
export const RotateKeys = z
  .strictObject({
    keep_old: flag(
      "Whether the keys that it has stay valid beside the new ones, as its second pair; true where absent.",
    ),
  })
  .openapi("RotateKeys");

const CLIENT_FIELDS = {
  client_code: z.string(),
  public_key: z.string(),
  second_public_key: z
    .string()
    .optional()
    .openapi({ description: "Of another pair of keys that is valid, too." }),
  admin: z.boolean(),
  disabled: z.boolean(),
  strong_only: z.boolean(),
  weight: Weight,
  pending_max: z.int().nullable(),
  running_max: z.int().nullable(),
  requests_per_second: z.int().nullable(),
  notification: NotificationSchema.optional(),
  ...REACH_FIELDS,
};

/** A client, without its private keys. */
export const ClientSchema = z.object(CLIENT_FIELDS).openapi("ClientRecord");

/** A client with the keys that were made for it. */
export const ClientWithKeys = z
  .object({
    ...CLIENT_FIELDS,
    private_key: z.string().openapi({ description: "Told this once." }),
    webhook_secrets: MadeSecrets,
  })
  .openapi("ClientWithKeys");

/** The query of a list of clients. */
export const ClientQuery = ListQuery.pick({ limit: true, cursor: true });

/** A page of clients. */
export const ClientPage = z
  .object({
    clients: z.array(ClientSchema),
    next_cursor: z.string().optional().openapi({ description: "Absent on the last page." }),
  })
  .openapi("ClientPage");

const Age = z.number().optional();

/** How the queue stands. */
export const QueueSchema = z
  .object({
    pending: z.int(),
    waiting: z
      .int()
      .openapi({ description: "Of the pending ones: those that wait for a later try." }),
    running: z.int(),
    oldest_pending_seconds: Age.openapi({ description: "The age of the oldest pending task." }),
    longest_run_seconds: Age.openapi({
      description: "For how long the longest running attempt has run.",
    }),
    next_try_seconds: Age.openapi({ description: "When the next of those that wait is due." }),
    taking: z.boolean().openapi({
      description:
        "Whether this service takes tasks up: not while it is drained, or a disk is full.",
    }),
    clients: z
      .array(
        z
          .object({
            client_code: z.string(),
            pending: z.int(),
            running: z.int(),
            oldest_pending_seconds: Age,
          })
          .openapi("ClientLoad"),
      )
      .openapi({ description: "The 100 clients with the most pending tasks." }),
  })
  .openapi("Queue");

/** What the service is set to, each field named after its key without `PONTUS_`; 0 is no limit where the key says so. */
export const LimitsSchema = z
  .object({
    concurrency: z.int(),
    client_pending_max: z.int(),
    client_running_max: z.int(),
    client_requests_per_second: z.int(),
    live_waiting_max: z.int(),
    targets_max: z.int(),
    connections_max: z.int(),
    body_bytes_max: z.int(),
    source_bytes_max: z.int(),
    max_pixels: z.int(),
    output_pixels_max: z.int(),
    task_timeout_seconds: z.number(),
    attempts_max: z.int(),
    retry_max_seconds: z.number(),
    retention_days: z.number(),
    disk_free_bytes_min: z.int(),
  })
  .openapi("Limits");
