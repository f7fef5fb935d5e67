import type { Queue } from "../queue/queue.ts";
import { storageFor } from "../storage/storage.ts";
import type { TaskStore } from "../store/store.ts";
import type { Task, TaskPage, TaskQuery } from "../task/task.ts";
import { type AddressJudge, type JudgePorts, judgesOf } from "./addresses.ts";
import type { Caller } from "./authenticate.ts";

/** What the operations on existing tasks need. */
export type TaskPorts = JudgePorts & {
  readonly tasks: Pick<TaskStore, "get" | "list" | "cancel" | "retry" | "remove">;
  readonly queue: Pick<Queue, "announceWork" | "announceCancel">;
  /** How many tasks of a client may be pending, where its record does not say; 0 is any number. */
  readonly pendingMax: number;
};

/** One of the client's tasks. @throws {TaskError} `no_such_task`, also for a task of another client */
export const readTask = ({ tasks }: TaskPorts, clientCode: string, id: string): Promise<Task> =>
  tasks.get(clientCode, id);

/** A page of the client's tasks, newest first. @throws {TaskError} `invalid_parameter` for a bad cursor */
export const listTasks = (
  { tasks }: TaskPorts,
  clientCode: string,
  query: TaskQuery,
): Promise<TaskPage> => tasks.list(clientCode, query);

/**
 * Cancels a pending task at once, or tells the worker of a running one to stop.
 *
 * @returns the task: CANCELLED, or RUNNING with `cancelRequested`
 * @throws {TaskError} `no_such_task`, `task_conflict` when it has ended
 */
export async function cancelTask(
  { tasks, queue }: TaskPorts,
  clientCode: string,
  id: string,
): Promise<Task> {
  const task = await tasks.cancel(clientCode, id);
  if (task.status === "RUNNING") queue.announceCancel(id);
  return task;
}

/**
 * Makes a FAILED or CANCELLED task PENDING again and wakes the workers. Its addresses are judged first, for its client may reach less by
 * now: it must not learn whether another's task holds one.
 *
 * @throws {TaskError} `no_such_task`, `access_denied`, `too_many_requests`, `task_conflict`
 */
export async function retryTask(
  ports: TaskPorts,
  caller: Pick<Caller, "clientCode" | "pendingMax" | "reach">,
  id: string,
): Promise<Task> {
  const { tasks, queue, pendingMax } = ports;
  if (caller.reach)
    await judgeAgain(judgesOf(ports, caller), await tasks.get(caller.clientCode, id));
  const task = await tasks.retry(caller.clientCode, id, caller.pendingMax ?? pendingMax);
  queue.announceWork();
  return task;
}

/** Deletes a task that has ended. @throws {TaskError} `no_such_task`, `task_conflict` unless it has ended */
export const deleteTask = ({ tasks }: TaskPorts, clientCode: string, id: string): Promise<void> =>
  tasks.remove(clientCode, id);

async function judgeAgain(
  judges: readonly AddressJudge[],
  { sourceUrl, targets }: Task,
): Promise<void> {
  await storageFor(judges, sourceUrl, "source").source(sourceUrl);
  for (const { url } of targets) await storageFor(judges, url, "target").target(url);
}
