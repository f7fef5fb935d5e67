import type { FeedEvent } from "../../events/events.ts";
import { eventData } from "../../service/following/event-data.ts";
import type { EventAnswer } from "../schemas/event-schemas.ts";

const encoder = new TextEncoder();

/** How long a client that lost its stream waits before it comes back. */
const RETRY_MS = 2_000;

/**
 * Where a stream stands: what a client that comes back tells as `Last-Event-ID`. Without data it is no event.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
const placeLine = (place: number): string => `id: ${place}\n`;

/** The beginning of a stream. */
export const openingFrame = (place: number): Uint8Array =>
  encoder.encode(`retry: ${RETRY_MS}\n${placeLine(place)}\n`);

/** A sign of life, from the place that was reached meanwhile. */
export const heartbeatFrame = (place: number): Uint8Array =>
  encoder.encode(`: heartbeat\n${placeLine(place)}\n`);

/** One event. Progress has no id: a client that comes back is told the newest. */
function frame(event: FeedEvent): string {
  const data: EventAnswer = eventData(event);
  const id = event.place === undefined ? "" : placeLine(event.place);
  return `${id}event: ${event.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

const frames = new WeakMap<readonly FeedEvent[], Uint8Array>();

/** Some events. The same array is written once for all streams that are told it. */
export function eventFrames(events: readonly FeedEvent[]): Uint8Array {
  const known = frames.get(events);
  if (known) return known;
  const made = encoder.encode(events.map(frame).join(""));
  frames.set(events, made);
  return made;
}
