import { setTimeout as sleep } from "node:timers/promises";
import { EventSourceParserStream } from "eventsource-parser/stream";
import * as v from "valibot";
import { CliError, EXIT } from "../exit.ts";
import { hasEnded, progressAnswer, taskAnswer } from "./answers.ts";
import { type ServiceCalls, understood } from "./service-calls.ts";

/** The part of a task that changes while it runs. */
const standing = v.object({
  task_status: v.string(),
  progress: v.optional(progressAnswer),
  attempt: v.optional(v.number()),
});

/** How a task stands. */
export type Standing = v.InferOutput<typeof standing>;

/** How a task is followed. */
export type FollowOptions = {
  readonly onChange: (standing: Standing) => void;
  readonly signal: AbortSignal;
};

/** The pause between two looks where there are no events. */
const POLL_MS = 500;
/** After so long the task is looked at, whatever the stream of its events says: a connection may be dead. */
const STREAM_MS = 15_000;
/** A place behind every event: what was before is told by the task itself, in one answer. */
const FROM_NOW_ON = { "Last-Event-ID": String(Number.MAX_SAFE_INTEGER) };
/** A service that is away while a task is followed is waited for this long: a restart takes less. */
const AWAY_MS = 60_000;
const AWAY_PAUSE_MS = 1_000;

/**
 * Follows a task to its end: by its events where the service has them, else by looking again and again.
 *
 * @returns the whole task, as it was answered
 * @throws {CliError} if there is no such task, or the service stays away
 */
export async function followTask(
  calls: ServiceCalls,
  id: string,
  { onChange, signal }: FollowOptions,
): Promise<unknown> {
  const path = `/task/transcoding/${encodeURIComponent(id)}`;
  let awayMs: number | undefined;
  for (;;) {
    const reading = new AbortController();
    const limit = AbortSignal.any([reading.signal, AbortSignal.timeout(STREAM_MS)]);
    try {
      // The stream is opened before the task is looked at, so that nothing is missed between the two.
      const events = await openEvents(calls, path, limit);
      const answer = await calls.call(path);
      const task = understood(taskAnswer, answer);
      awayMs = Date.now() + AWAY_MS;
      onChange(task);
      if (hasEnded(task)) return answer;
      if (events) await readEvents(events, task, { onChange, signal });
      else await sleep(POLL_MS, undefined, { signal });
    } catch (error) {
      const isAway = error instanceof CliError && error.exitCode === EXIT.unreachable;
      // The first call tells at once.
      if (!isAway || awayMs === undefined || Date.now() > awayMs) throw error;
      await sleep(AWAY_PAUSE_MS, undefined, { signal });
    } finally {
      reading.abort();
    }
  }
}

/** Opens the stream of what happens to a task from now on. @returns undefined if the service has none to give */
async function openEvents(
  calls: ServiceCalls,
  path: string,
  limit: AbortSignal,
): Promise<Response["body"] | undefined> {
  try {
    const headers = { Accept: "text/event-stream", ...FROM_NOW_ON };
    const { body, headers: got } = await calls.open(`${path}/events`, { headers }, limit);
    return got.get("Content-Type")?.startsWith("text/event-stream") ? body : undefined;
  } catch (error) {
    // Whether there is such a task, the task itself says.
    if (error instanceof CliError && error.exitCode === EXIT.refused) return undefined;
    throw error;
  }
}

/** Reads events until one says that the task has ended, or for a while. Those that were before the task was looked at are not told. */
async function readEvents(
  body: NonNullable<Response["body"]>,
  seen: Standing,
  { onChange, signal }: Pick<FollowOptions, "onChange" | "signal">,
): Promise<void> {
  let last = seen;
  try {
    const events = body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream());
    for await (const { data } of events) {
      const event = v.safeParse(standing, parsed(data));
      if (!event.success || !isNews(event.output, last)) continue;
      // The task itself tells of its end.
      if (hasEnded(event.output)) return;
      last = event.output;
      onChange(last);
    }
  } catch {
    signal.throwIfAborted();
    // The stream was cut off, by the limit or by the service: the task is looked at, and it is opened again.
  }
}

function isNews(
  { task_status: status, attempt = 0, progress }: Standing,
  { task_status: lastStatus, attempt: lastAttempt = 0 }: Standing,
): boolean {
  if (attempt < lastAttempt) return false;
  return status !== lastStatus || attempt > lastAttempt || progress !== undefined;
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
