import { useEffect, useRef, useState } from "preact/hooks";
import { sleep, visible } from "./loading.js";
import { useSession } from "./session.js";

/** @typedef {import("../../http/schemas/event-schemas.ts").EventAnswer} TaskEvent */

const RETRY_MS = 2_000;
/** Where the service has too many streams open. */
const RETRY_BUSY_MS = 20_000;

/**
 * Reads a stream of events to its end. This service writes each field of an event in one line.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @param {(event: TaskEvent) => void} onEvent
 * @param {(id: string) => void} onId
 */
async function readEvents(body, onEvent, onId) {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const [, data] = /^data: (.*)$/m.exec(block) ?? [];
      if (data !== undefined) onEvent(JSON.parse(data));
      const [, id] = /^id: (.*)$/m.exec(block) ?? [];
      if (id !== undefined) onId(id);
    }
  }
}

/** What aborts by itself when nobody can see the page: a browser has few connections for all pages of a server. */
function whileVisible() {
  const aborter = new AbortController();
  const look = () => {
    if (document.hidden) aborter.abort();
  };
  document.addEventListener("visibilitychange", look, { signal: aborter.signal });
  return aborter;
}

/**
 * Follows a stream of events until it has come to its end. What was missed while it was away is told by the log.
 *
 * @param {import("./api.js").Api} api
 * @param {URL} url
 * @param {{ signal: AbortSignal, onEvent: (event: TaskEvent) => void, onLive: (isLive: boolean) => void }} options
 */
async function follow(api, url, { signal, onEvent, onLive }) {
  let lastId = "";
  while (!signal.aborted) {
    let pauseMs = RETRY_MS;
    await visible();
    if (signal.aborted) return;
    const shown = whileVisible();
    try {
      const response = await api.fetch("GET", url, undefined, {
        signal: AbortSignal.any([signal, shown.signal]),
        headers: { Accept: "text/event-stream", ...(lastId && { "Last-Event-ID": lastId }) },
      });
      // The task has ended, and nothing more will be told.
      if (response.status === 204) return;
      if (response.status === 429) pauseMs = RETRY_BUSY_MS;
      if (response.ok && response.body) {
        onLive(true);
        await readEvents(response.body, onEvent, (id) => {
          lastId = id;
        });
      }
    } catch {
      // Away, or hidden: it is tried again.
    } finally {
      shown.abort();
    }
    if (signal.aborted) return;
    onLive(false);
    await sleep(pauseMs, signal);
  }
}

/**
 * Hears what happens, as long as the view is shown.
 *
 * @param {string | undefined} path below the version, if there is anything to hear
 * @param {(event: TaskEvent) => void} onEvent
 * @param {readonly unknown[]} deps
 * @param {AbortSignal} [until] ends it before
 * @returns {boolean} whether it is told at once; where not, the view has to ask
 */
export function useEvents(path, onEvent, deps, until) {
  const { api } = useSession();
  const [isLive, setLive] = useState(false);
  const handler = useRef(onEvent);
  handler.current = onEvent;
  useEffect(() => {
    if (path === undefined) return undefined;
    const aborter = new AbortController();
    void follow(api, api.url(path), {
      signal: until ? AbortSignal.any([aborter.signal, until]) : aborter.signal,
      onEvent: (event) => handler.current(event),
      onLive: setLive,
    });
    return () => aborter.abort();
  }, [api, path, until, ...deps]);
  return isLive;
}
