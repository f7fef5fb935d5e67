import { createRoute, z } from "@hono/zod-openapi";
import { CALLS } from "../calls.ts";
import { LimitsSchema, QueueSchema } from "../schemas/admin-schemas.ts";
import { BeginDrain, DrainQuery, DrainSchema, WorkersSchema } from "../schemas/worker-schemas.ts";
import {
  jsonAnswer,
  jsonBody,
  signed,
  signedErrors,
  Version,
  WITH_BODY,
  WORKER_EXAMPLE,
} from "./route-parts.ts";

const TAGS = ["operators"];

const IDLE_DRAIN_EXAMPLE = { draining: false, drained: false, running: 2 };
const DRAIN_EXAMPLE = {
  draining: true,
  drained: false,
  running: 2,
  since_time: "2015-05-19T12:28:39Z",
  hand_back_time: "2015-05-19T12:38:39Z",
  handed_back: 0,
};

const params = z.object({ version: Version });

/** Reads how the queue stands. */
export const readQueueRoute = createRoute({
  ...CALLS.readQueue,
  operationId: "readQueue",
  tags: TAGS,
  summary: "Read the depth and the ages of the queue",
  description: "Of all clients together, and of each.",
  ...signed({ params }),
  responses: {
    200: jsonAnswer("How the queue stands.", QueueSchema, {
      pending: 12,
      waiting: 2,
      running: 4,
      oldest_pending_seconds: 340,
      longest_run_seconds: 65,
      next_try_seconds: 8,
      taking: true,
      clients: [{ client_code: "ada", pending: 12, running: 4, oldest_pending_seconds: 340 }],
    }),
    ...signedErrors(["access_denied"]),
  },
});

/** Lists the instances that work. */
export const listWorkersRoute = createRoute({
  ...CALLS.listWorkers,
  operationId: "listWorkers",
  tags: TAGS,
  summary: "List the instances that work",
  description:
    "All nodes of a fleet that run tasks, those that died within the last hour too; on a single machine the one that answers, and those that hold tasks of the same database.",
  ...signed({ params }),
  responses: {
    200: jsonAnswer("The instances.", WorkersSchema, {
      workers: [
        {
          worker_id: WORKER_EXAMPLE,
          is_this: true,
          running: 2,
          live: 0,
          slots: 4,
          engine: "native",
          engine_version: "7.1.1",
          version: "0.1.0",
          host: "encoder-3",
          zone: "eu-west-1a",
          draining: false,
          start_time: "2015-05-19T12:28:39Z",
          seen_time: "2015-05-19T14:02:11Z",
        },
      ],
    }),
    ...signedErrors(["access_denied"]),
  },
});

/** Reads what the service is set to. */
export const readLimitsRoute = createRoute({
  ...CALLS.readLimits,
  operationId: "readLimits",
  tags: TAGS,
  summary: "Read the limits of the service",
  description: "As its keys set them; those of a client's own stand in its record.",
  ...signed({ params }),
  responses: {
    200: jsonAnswer("The limits.", LimitsSchema, {
      concurrency: 4,
      client_pending_max: 100_000,
      client_running_max: 0,
      client_requests_per_second: 500,
      live_waiting_max: 3,
      targets_max: 32,
      connections_max: 10_000,
      body_bytes_max: 1_048_576,
      source_bytes_max: 1_099_511_627_776,
      max_pixels: 67_108_864,
      output_pixels_max: 67_108_864,
      task_timeout_seconds: 21_600,
      attempts_max: 3,
      retry_max_seconds: 86_400,
      retention_days: 30,
      disk_free_bytes_min: 268_435_456,
    }),
    ...signedErrors(["access_denied"]),
  },
});

/** Reads how far a drain is. */
export const readDrainRoute = createRoute({
  ...CALLS.readDrain,
  operationId: "readDrain",
  tags: TAGS,
  summary: "Read how far the drain of an instance is",
  description: "Of the instance that answers, or of another one of its fleet.",
  ...signed({ params, query: DrainQuery }),
  responses: {
    200: jsonAnswer("How far it is.", DrainSchema, DRAIN_EXAMPLE),
    ...signedErrors(["access_denied", "no_such_resource"]),
  },
});

/** Drains the service. */
export const beginDrainRoute = createRoute({
  ...CALLS.beginDrain,
  operationId: "beginDrain",
  tags: TAGS,
  summary: "Drain an instance",
  description:
    "The instance that answers, or another one of its fleet, takes no new tasks up, and finishes those that run, or hands them back after a while. It goes on answering calls, creates too. A restart ends the drain. Another one hears of it within seconds.",
  ...signed({ params, body: jsonBody(BeginDrain, { hand_back_after_seconds: 600 }) }),
  responses: {
    200: jsonAnswer("How far it is.", DrainSchema, DRAIN_EXAMPLE),
    ...signedErrors([...WITH_BODY, "access_denied", "no_such_resource"]),
  },
});

/** Ends a drain. */
export const endDrainRoute = createRoute({
  ...CALLS.endDrain,
  operationId: "endDrain",
  tags: TAGS,
  summary: "End the drain of an instance",
  description: "The instance that answers, or another one of its fleet, takes tasks up again.",
  ...signed({ params, query: DrainQuery }),
  responses: {
    200: jsonAnswer("It is over.", DrainSchema, IDLE_DRAIN_EXAMPLE),
    ...signedErrors(["access_denied", "no_such_resource"]),
  },
});
