import { createRoute, z } from "@hono/zod-openapi";
import { CALLS } from "../calls.ts";
import {
  AddClient,
  AdminTask,
  AdminTaskPage,
  AdminTaskQuery,
  ChangeClient,
  ClientPage,
  ClientQuery,
  ClientSchema,
  ClientWithKeys,
  RotateKeys,
} from "../schemas/admin-schemas.ts";
import {
  ID_EXAMPLE,
  jsonAnswer,
  jsonBody,
  OneTask,
  signed,
  signedErrors,
  Version,
  WITH_BODY,
  WORKER_EXAMPLE,
} from "./route-parts.ts";

const TAGS = ["operators"];

const TASK_EXAMPLE = {
  task_id: ID_EXAMPLE,
  client_code: "ada",
  source: { source_url: "file:/media/in/clip.mov" },
  profile_name: "video_mp4_1280x720_1728kbps",
  targets: [{ target_url: "file:/media/out/clip.mp4", target_status: "RUNNING" }],
  task_status: "RUNNING",
  create_time: "2015-05-19T12:28:39Z",
  start_time: "2015-05-19T12:28:41Z",
  priority: 0,
  attempt: 1,
  worker_id: WORKER_EXAMPLE,
};

const CLIENT_EXAMPLE = {
  client_code: "ada",
  public_key: "4f9d1c2b7a3e4d5f8091a2b3c4d5e6f7",
  admin: false,
  disabled: false,
  strong_only: true,
  weight: 2,
  pending_max: 1000,
  running_max: null,
  requests_per_second: null,
  roots: { sources: ["/srv/media/ada"], targets: ["/srv/media/ada"] },
};
const KEYS_EXAMPLE = { ...CLIENT_EXAMPLE, private_key: "9b74c9897bac770ffc029102a200c5de" };

const params = z.object({ version: Version });
const OneClient = params.extend({
  client_code: z
    .string()
    .min(1)
    .openapi({ param: { name: "client_code", in: "path" }, example: "ada" }),
});

/** Lists the tasks of all clients. */
export const listAllTasksRoute = createRoute({
  ...CALLS.listAllTasks,
  operationId: "listAllTasks",
  tags: TAGS,
  summary: "List the tasks of all clients",
  description: "Newest first, in pages. All filters have to hold.",
  ...signed({ params, query: AdminTaskQuery }),
  responses: {
    200: jsonAnswer("A page of tasks.", AdminTaskPage, { tasks: [TASK_EXAMPLE] }),
    ...signedErrors(["access_denied", "invalid_parameter"]),
  },
});

/** Reads a task of any client. */
export const readAnyTaskRoute = createRoute({
  ...CALLS.readAnyTask,
  operationId: "readAnyTask",
  tags: TAGS,
  summary: "Read a task of any client",
  description: "As its client reads it, with the client and the instance that runs it.",
  ...signed({ params: OneTask }),
  responses: {
    200: jsonAnswer("The task.", AdminTask, TASK_EXAMPLE),
    ...signedErrors(["access_denied", "no_such_task"]),
  },
});

/** Cancels a task of any client. */
export const cancelAnyTaskRoute = createRoute({
  ...CALLS.cancelAnyTask,
  operationId: "cancelAnyTask",
  tags: TAGS,
  summary: "Cancel a task of any client",
  description: "As its client would.",
  ...signed({ params: OneTask }),
  responses: {
    200: jsonAnswer("The task was pending and is cancelled.", AdminTask, {
      ...TASK_EXAMPLE,
      task_status: "CANCELLED",
    }),
    202: jsonAnswer("The task runs and will be cancelled within seconds.", AdminTask, {
      ...TASK_EXAMPLE,
      cancel_requested: true,
    }),
    ...signedErrors(["access_denied", "no_such_task", "task_conflict"]),
  },
});

/** Retries a task of any client. */
export const retryAnyTaskRoute = createRoute({
  ...CALLS.retryAnyTask,
  operationId: "retryAnyTask",
  tags: TAGS,
  summary: "Retry a task of any client",
  description: "As its client would, whatever number of its tasks is pending.",
  ...signed({ params: OneTask }),
  responses: {
    200: jsonAnswer("The task is pending again.", AdminTask, {
      ...TASK_EXAMPLE,
      task_status: "PENDING",
    }),
    ...signedErrors(["access_denied", "no_such_task", "task_conflict"]),
  },
});

/** Lists clients. */
export const listClientsRoute = createRoute({
  ...CALLS.listClients,
  operationId: "listClients",
  tags: TAGS,
  summary: "List clients",
  description: "By their codes, in pages. Nobody is told a private key.",
  ...signed({ params, query: ClientQuery }),
  responses: {
    200: jsonAnswer("A page of clients.", ClientPage, { clients: [CLIENT_EXAMPLE] }),
    ...signedErrors(["access_denied", "invalid_parameter"]),
  },
});

/** Adds a client. */
export const addClientRoute = createRoute({
  ...CALLS.addClient,
  operationId: "addClient",
  tags: TAGS,
  summary: "Add a client",
  description: "Makes its keys, and tells them this once. It can sign calls when this answers.",
  ...signed({ params, body: jsonBody(AddClient, { client_code: "ada", weight: 2 }) }),
  responses: {
    200: jsonAnswer("The client, with its private key.", ClientWithKeys, KEYS_EXAMPLE),
    ...signedErrors([...WITH_BODY, "access_denied", "client_exists"]),
  },
});

/** Changes a client. */
export const changeClientRoute = createRoute({
  ...CALLS.changeClient,
  operationId: "changeClient",
  tags: TAGS,
  summary: "Change a client",
  description:
    "Disables it, or sets its weight and limits. What is absent stays as it is. Holds within a second, and stays across restarts.",
  ...signed({ params: OneClient, body: jsonBody(ChangeClient, { disabled: true }) }),
  responses: {
    200: jsonAnswer("The client as it is now.", ClientSchema, {
      ...CLIENT_EXAMPLE,
      disabled: true,
    }),
    ...signedErrors([...WITH_BODY, "access_denied", "no_such_client"]),
  },
});

/** Gives a client new keys. */
export const rotateKeysRoute = createRoute({
  ...CALLS.rotateKeys,
  operationId: "rotateKeys",
  tags: TAGS,
  summary: "Rotate the keys of a client",
  description: "Makes a new pair of keys, and tells it this once.",
  ...signed({ params: OneClient, body: jsonBody(RotateKeys, { keep_old: true }) }),
  responses: {
    200: jsonAnswer("The client, with its new private key.", ClientWithKeys, {
      ...KEYS_EXAMPLE,
      second_public_key: "0c1d2e3f4a5b6c7d8e9fa0b1c2d3e4f5",
    }),
    ...signedErrors([...WITH_BODY, "access_denied", "no_such_client"]),
  },
});
