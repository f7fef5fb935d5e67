import type { Hono } from "hono";
import { type EventFeed, PLACE } from "../../events/events.ts";
import type { OpenStreams } from "../../service/following/open-streams.ts";
import type { TaskStore } from "../../store/store.ts";
import { isFinal } from "../../task/status.ts";
import type { Answer } from "../answer.ts";
import { CALLS } from "../calls.ts";
import { type Call, type EndpointPorts, serving } from "../endpoint.ts";
import type { readEventsRoute, readTaskEventsRoute } from "../routes/event-routes.ts";
import { EventStream, type EventStreamOptions } from "./event-stream.ts";

/** What streams of events need. */
export type EventPorts = EndpointPorts & {
  readonly tasks: Pick<TaskStore, "get">;
  readonly events: EventFeed;
  readonly streams: OpenStreams;
};

/** Serves the streams of events. */
export function serveEvents(app: Hono, ports: EventPorts): void {
  const on = serving(app, ports, () => import("../routes/event-routes.ts"));

  on(CALLS.readEvents, "readEventsRoute", async (call) => {
    const place = (await toldPlace(call)) ?? (await ports.events.newest());
    return answerStream(ports, call, { scope: { clientCode: call.caller.clientCode }, place });
  });

  on(CALLS.readTaskEvents, "readTaskEventsRoute", async (call) => {
    const { clientCode } = call.caller;
    const taskId = call.param("task_id");
    const place = (await toldPlace(call)) ?? 0;
    const { status } = await ports.tasks.get(clientCode, taskId);
    return answerStream(ports, call, { scope: { clientCode, taskId }, place }, isFinal(status));
  });
}

/** The place that a caller comes back with. No stream is kept waiting while what describes events is loaded: that says what is wrong with one. */
async function toldPlace({
  request,
  read,
}: Call<typeof readEventsRoute | typeof readTaskEventsRoute>): Promise<number | undefined> {
  const told = request.headers.get("Last-Event-ID");
  if (told === null) return undefined;
  return PLACE.test(told) ? Number(told) : (await read()).headers["Last-Event-ID"];
}

async function answerStream(
  { events, streams }: EventPorts,
  { caller, signal, isKnown }: Pick<Call<unknown>, "caller" | "signal" | "isKnown">,
  what: Pick<EventStreamOptions, "scope" | "place">,
  hasTaskEnded = false,
): Promise<Answer> {
  const onEnd = streams.open(caller.clientCode);
  const stream = new EventStream({ feed: events, ...what, mayGoOn: isKnown, onEnd });
  signal.addEventListener("abort", stream.close, { once: true });
  try {
    const opened = await stream.open(hasTaskEnded);
    if (signal.aborted) stream.close();
    return opened ? { status: 200, stream: opened } : { status: 204 };
  } catch (error) {
    stream.close();
    throw error;
  }
}
