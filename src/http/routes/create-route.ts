import { createRoute, z } from "@hono/zod-openapi";
import { CALLS } from "../calls.ts";
import { CreateTask, TaskCreated } from "../schemas/create-schemas.ts";
import {
  CREATE_EXAMPLE,
  ID_EXAMPLE,
  jsonAnswer,
  jsonBody,
  LanguageHeader,
  signed,
  signedErrors,
  Version,
  WITH_BODY,
} from "./route-parts.ts";

const IdempotencyHeader = {
  "Idempotency-Key": z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/)
    .optional()
    .openapi({
      description:
        "The same key and body within 24 h answer with the first task. Each call needs a fresh nonce all the same.",
      example: "order-A-17",
    }),
};

/** Creates a task. */
export const createTaskRoute = createRoute({
  ...CALLS.createTask,
  operationId: "createTranscodingTask",
  tags: ["tasks"],
  summary: "Create a transcoding task",
  description:
    "Creates a task, which is durable when this answers. Each rendition of the profile goes to every target (one rendition) or to the target of its own place (as many renditions as targets).",
  ...signed({
    params: z.object({ version: Version }),
    headers: z.object({ ...IdempotencyHeader, ...LanguageHeader }),
    body: jsonBody(CreateTask, CREATE_EXAMPLE),
  }),
  responses: {
    200: jsonAnswer("The task was created.", TaskCreated, { task_id: ID_EXAMPLE }),
    ...signedErrors([
      ...WITH_BODY,
      "input_not_supported",
      "output_not_supported",
      "access_denied",
      "no_such_profile",
      "task_conflict",
      "idempotency_conflict",
    ]),
  },
});
