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
  /** The pause between two looks where there are no events. */
  readonly pollMs?: number;
};

const POLL_MS = 500;
/** After so long the task is looked at, whatever the stream of its events says: a connection may be dead. */
const STREAM_MS = 15_000;
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
  { onChange, signal, pollMs = POLL_MS }: FollowOptions,
): Promise<unknown> {
  const path = `/task/transcoding/${encodeURIComponent(id)}`;
  let hasEvents = true;
  let lastId: string | undefined;
  let awayMs: number | undefined;
  for (;;) {
    try {
      const answer = await calls.call(path, { signal });
      const task = understood(taskAnswer, answer);
      awayMs = Date.now() + AWAY_MS;
      // Events begin with the first one, so that what is true by now would come before what was.
      if (hasEnded(task) || !hasEvents) onChange(task);
      if (hasEnded(task)) return answer;
      const { task_status: status, attempt = 0 } = task;
      const fromAttempt = status === "PENDING" ? attempt + 1 : attempt;
      const reading = { onChange, signal, lastId, fromAttempt };
      const read = hasEvents && (await readEvents(calls, path, reading));
      if (read) lastId = read.lastId;
      else {
        hasEvents = false;
        await sleep(pollMs, undefined, { signal });
      }
    } catch (error) {
      const isAway = error instanceof CliError && error.exitCode === EXIT.unreachable;
      // The first call tells at once.
      if (!isAway || awayMs === undefined || Date.now() > awayMs) throw error;
      await sleep(AWAY_PAUSE_MS, undefined, { signal });
    }
  }
}

type Reading = Pick<FollowOptions, "onChange" | "signal"> & {
  readonly lastId: string | undefined;
  /** Events of earlier attempts are not told: the log of a task begins with its first one. */
  readonly fromAttempt: number;
};

/** Reads events until one says that the task has ended, or for a while. @returns undefined if the service has no such call */
async function readEvents(
  calls: ServiceCalls,
  path: string,
  { onChange, signal, lastId, fromAttempt }: Reading,
): Promise<{ readonly lastId: string | undefined } | undefined> {
  const limit = AbortSignal.timeout(STREAM_MS);
  let last = lastId;
  try {
    const response = await calls.open(`${path}/events`, {
      headers: {
        Accept: "text/event-stream",
        ...(lastId !== undefined && { "Last-Event-ID": lastId }),
      },
      signal: AbortSignal.any([signal, limit]),
    });
    if (!response.body || !response.headers.get("Content-Type")?.startsWith("text/event-stream"))
      return undefined;
    const events = response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream());
    for await (const { id, data } of events) {
      last = id ?? last;
      const event = v.safeParse(standing, parsed(data));
      if (!event.success || (event.output.attempt ?? fromAttempt) < fromAttempt) continue;
      // The task itself tells of its end.
      if (hasEnded(event.output)) break;
      onChange(event.output);
    }
  } catch (error) {
    if (error instanceof CliError && error.exitCode === EXIT.refused) {
      if (error.answer?.code === "TooManyRequests") return { lastId: last };
      return undefined;
    }
    signal.throwIfAborted();
    if (error instanceof CliError) throw error;
    // The stream was cut off, by the limit or by the service: the task is looked at, and it is opened again.
  }
  return { lastId: last };
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
