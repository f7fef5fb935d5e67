import { hash } from "node:crypto";
import type { z } from "@hono/zod-openapi";
import type { Hono } from "hono";
import { onceLoaded } from "../lib/once.ts";
import type { CreateTaskPorts, TaskRequest } from "../service/create-task.ts";
import type { WaitPorts } from "../service/following/wait-for-task.ts";
import type { TaskPorts } from "../service/manage-tasks.ts";
import type { Clip, Extras, SubtitleSource, TaskQuery } from "../task/task.ts";
import { CALLS } from "./calls.ts";
import { type EndpointPorts, serving } from "./endpoint.ts";
import type { CreateTask } from "./schemas/create-schemas.ts";
import type { ListQuery, TaskPageAnswer } from "./schemas/task-schemas.ts";

/** What a task says of its source, and of its outputs as a whole. */
function extrasOf(body: z.output<typeof CreateTask>): Extras | undefined {
  const { sources, subtitles, title, publish, publish_failure: atFailure = "remove" } = body;
  const isGrowing = publish === "growing";
  if (!sources && !subtitles && title === undefined && !isGrowing) return undefined;
  return {
    ...(sources && {
      sources: sources.map(({ source_url: url, clip }) => ({
        url,
        ...(clip && { clip: clipOf(clip) }),
      })),
    }),
    ...(subtitles && { subtitles: subtitles.map(subtitleSource) }),
    ...(title !== undefined && { title }),
    ...(isGrowing && { growing: { atFailure } }),
  };
}

type NewSubtitles = NonNullable<z.output<typeof CreateTask>["subtitles"]>[number];

const subtitleSource = (given: NewSubtitles): SubtitleSource => ({
  ...{ url: given.source_url, language: given.language },
  ...(given.title !== undefined && { title: given.title }),
  ...(given.default && { isDefault: true }),
  ...(given.forced && { isForced: true }),
  ...(given.charset !== undefined && { charset: given.charset }),
});

/** What the body of a create asks for. */
export const taskRequest = (body: z.output<typeof CreateTask>): TaskRequest => ({
  // The schema sees to it that there is one.
  sourceUrl: (body.source ?? body.sources?.[0])?.source_url ?? "",
  extras: extrasOf(body),
  profileName: body.profile_name,
  targets: body.targets.map(({ target_url, profile_name }) => ({
    url: target_url,
    profileName: profile_name,
  })),
  priority: body.priority,
  timeoutSeconds: body.timeout_seconds,
  metadata: body.metadata,
  notification: body.notification,
  clip: body.clip && clipOf(body.clip),
});

type NewClip = NonNullable<z.output<typeof CreateTask>["clip"]>;

const clipOf = ({ start_seconds, duration_seconds }: NewClip): Clip => ({
  startSeconds: start_seconds,
  ...(duration_seconds !== undefined && { durationSeconds: duration_seconds }),
});

const taskQuery = ({
  status,
  profile_name,
  created_after,
  limit,
  cursor,
}: z.output<typeof ListQuery>): TaskQuery => ({
  limit,
  ...(status !== undefined && { status }),
  ...(profile_name !== undefined && { profileName: profile_name }),
  ...(created_after !== undefined && { createdAfterMs: created_after }),
  ...(cursor !== undefined && { cursor }),
});

/** Loaded when first asked for, like what creates tasks: what judges those is a tenth of all that would be loaded for a start. */
const managing = onceLoaded(() => import("../service/manage-tasks.ts"));
const answering = onceLoaded(() => import("./answers.ts"));
const waiting = () => import("../service/following/wait-for-task.ts");

/** Begins all that a first create needs at once: programs are started, and files read, while modules are evaluated. */
function loadCreating(
  { capabilities }: Pick<CreateTaskPorts, "capabilities">,
  createRoute: () => Promise<unknown>,
): Promise<typeof import("../service/create-task.ts")> {
  // The call itself waits for each of them where it needs it, and tells what fails.
  for (const begun of [capabilities(), import("./input.ts"), createRoute()]) begun.catch(() => {});
  return import("../service/create-task.ts");
}

/** How much longer than a wait its connection is held open. */
const HELD_OPEN_SECONDS = 10;

/** Serves the calls on tasks. */
export function serveTasks(
  app: Hono,
  ports: EndpointPorts & CreateTaskPorts & TaskPorts & WaitPorts,
): void {
  const on = serving(app, ports, () => import("./routes/task-routes.ts"));
  // By itself, as it is often the first call, and what describes answers takes as long to load as what reads it.
  const createRoute = () => import("./routes/create-route.ts");
  const onCreate = serving(app, ports, createRoute);
  const creating = onceLoaded(() => loadCreating(ports, createRoute));

  onCreate(
    CALLS.createTask,
    "createTaskRoute",
    async ({ caller, origin, read, bytes }) => {
      const { createTask } = await creating();
      const task_id = await createTask(ports, caller, async () => {
        const { body, headers } = await read();
        const key = headers["Idempotency-Key"];
        const idempotency = key && { key, bodyDigest: hash("sha256", await bytes(), "hex") };
        return { request: taskRequest(body), origin, ...(idempotency && { idempotency }) };
      });
      return { status: 200, body: { task_id } };
    },
    "by the handler",
  );

  on(CALLS.listTasks, "listTasksRoute", async ({ caller, language, read }) => {
    const { query } = await read();
    const [{ listTasks }, { taskAnswer }] = await Promise.all([managing(), answering()]);
    const page = await listTasks(ports, caller.clientCode, taskQuery(query));
    const body: TaskPageAnswer = {
      tasks: page.tasks.map((task) => taskAnswer(task, language)),
      next_cursor: page.nextCursor,
    };
    return { status: 200, body };
  });

  on(CALLS.readTask, "readTaskRoute", async ({ caller, language, param, ...call }) => {
    const seconds = call.asks("wait") ? (await call.read()).query.wait : undefined;
    if (seconds !== undefined) call.holdOpen(seconds + HELD_OPEN_SECONDS);
    const id = param("task_id");
    const [{ readTask }, { taskAnswer }] = await Promise.all([managing(), answering()]);
    const patience = seconds !== undefined && { waitMs: seconds * 1000, signal: call.signal };
    const task = await (patience
      ? (await waiting()).waitForTask(ports, caller.clientCode, id, patience)
      : readTask(ports, caller.clientCode, id));
    return { status: 200, body: taskAnswer(task, language) };
  });

  on(CALLS.cancelTask, "cancelTaskRoute", async ({ caller, language, param }) => {
    const [{ cancelTask }, { taskAnswer }] = await Promise.all([managing(), answering()]);
    const task = await cancelTask(ports, caller.clientCode, param("task_id"));
    return { status: task.status === "RUNNING" ? 202 : 200, body: taskAnswer(task, language) };
  });

  on(CALLS.deleteTask, "deleteTaskRoute", async ({ caller, param }) => {
    await (await managing()).deleteTask(ports, caller.clientCode, param("task_id"));
    return { status: 204 };
  });

  on(CALLS.retryTask, "retryTaskRoute", async ({ caller, language, param }) => {
    const [{ retryTask }, { taskAnswer }] = await Promise.all([managing(), answering()]);
    const task = await retryTask(ports, caller, param("task_id"));
    return { status: 200, body: taskAnswer(task, language) };
  });
}
