import type { EventFeed, FeedEvent } from "../../events/events.ts";
import type { TaskStore } from "../../store/store.ts";
import { isFinal } from "../../task/status.ts";
import type { Task } from "../../task/task.ts";
import type { OpenStreams } from "./open-streams.ts";

/** What waiting for a task needs. */
export type WaitPorts = {
  readonly tasks: Pick<TaskStore, "get">;
  readonly events: Pick<EventFeed, "newest" | "follow">;
  readonly streams: Pick<OpenStreams, "open">;
};

/** How long to wait; the signal ends it, too. */
export type Patience = { readonly waitMs: number; readonly signal: AbortSignal };

/**
 * One of the client's tasks: at once if it has ended, else when its log has one more event, at the latest when the time is over.
 * Progress alone is no event.
 *
 * @throws {TaskError} `no_such_task`, `too_many_requests` if too many wait
 */
export async function waitForTask(
  { tasks, events, streams }: WaitPorts,
  clientCode: string,
  taskId: string,
  { waitMs, signal }: Patience,
): Promise<Task> {
  // The log's end is looked up first: what comes between the two reads ends the wait at once.
  const place = await events.newest();
  const task = await tasks.get(clientCode, taskId);
  if (isFinal(task.status)) return task;
  const close = streams.open(clientCode);
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const timer = setTimeout(end, waitMs);
  signal.addEventListener("abort", () => end(), { once: true });
  const onEvents = (news: readonly FeedEvent[]): void => {
    if (news.some((event) => event.place !== undefined)) end();
  };
  const follower = { onEvents, onClose: end };
  try {
    const part = await events.follow({ clientCode, taskId }, place, follower);
    if (!part.following || signal.aborted) end();
    await over;
    part.following?.stop();
  } finally {
    clearTimeout(timer);
    close();
  }
  return tasks.get(clientCode, taskId);
}
