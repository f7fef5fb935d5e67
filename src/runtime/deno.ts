import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { TaskError } from "../task/errors.ts";
import type { Runtime, ServeOptions, Server } from "./runtime.ts";

/** The part of Deno's global that is used here; the project does not have its types. */
declare const Deno: {
  readonly permissions: {
    querySync(
      asked:
        | { readonly name: "write"; readonly path: string }
        | { readonly name: "net"; readonly host: string },
    ): { readonly state: string };
  };
  openSync(path: string, options: { readonly write: true; readonly create: true }): OpenFile;
};

type OpenFile = {
  /** By flock(2). @returns whether it was free */
  tryLockSync(exclusive: true): boolean;
  close(): void;
};

/** About what Bun gives a head. */
const HEAD_TIMEOUT_MS = 15_000;
/** In which a megabyte comes at 9 kB/s. */
const REQUEST_TIMEOUT_MS = 120_000;
const CHECK_EVERY_MS = 1_000;

/**
 * Deno's way to hold a file, and to serve: by `node:http`.
 *
 * Not by Deno.serve: that of Deno 2.9.6 has no time limit of any kind, so that a client who opens connections and sends
 * half a request holds them for ever. It is faster, but by little compared with the cost of a call.
 *
 * @see https://github.com/denoland/deno/issues/3515
 */
export const denoRuntime: Runtime = {
  name: "deno",
  version: process.versions["deno"] ?? "",
  mayWrite: (path) => Deno.permissions.querySync({ name: "write", path }).state === "granted",
  holdFile,
  leftByLauncher: () => new Promise(() => {}),
  serve,
};

function holdFile(path: string): (() => void) | undefined {
  const file = Deno.openSync(path, { write: true, create: true });
  const letGo = () => file.close();
  if (file.tryLockSync(true)) return letGo;
  letGo();
  return undefined;
}

async function serve(options: ServeOptions): Promise<Server> {
  refuseForbidden(options);
  const idleTimeoutMs = options.idleTimeoutSeconds * 1000;
  const timeouts = {
    keepAliveTimeout: idleTimeoutMs,
    headersTimeout: HEAD_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_EVERY_MS,
  };
  const server = createServer(timeouts, (incoming, outgoing) => {
    // A caller that has gone needs no answer.
    outgoing.on("error", () => {});
    answer(incoming, outgoing, options).catch(() => outgoing.destroy());
  });
  server.setTimeout(idleTimeoutMs);
  server.maxConnections = options.connectionsMax;
  server.listen(options.port, options.host);
  await once(server, "listening");
  return {
    // An object, because it listens on a port and not on a pipe.
    port: (server.address() as AddressInfo).port,
    async stop(graceMs) {
      const closed = once(server, "close");
      server.close();
      await Promise.race([closed, wait(graceMs, undefined, { ref: false })]);
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Checked beforehand: Deno throws the refusal itself where nobody can catch it. */
function refuseForbidden({ host, port }: ServeOptions): void {
  const at = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (Deno.permissions.querySync({ name: "net", host: at }).state === "granted") return;
  // Port 0 means any port, which no list of permitted ports contains.
  const needed = port === 0 ? host : at;
  throw new TaskError(
    "service_unavailable",
    `Cannot listen at ${at}: Deno needs --allow-net=${needed} for it`,
  );
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { fetch, bodyBytesMax, idleTimeoutSeconds }: ServeOptions,
): Promise<void> {
  const body = bodyOf(incoming, bodyBytesMax);
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  const request = requestOf(incoming, body?.stream ?? null, gone.signal);
  if (!request) {
    outgoing.writeHead(400, { Connection: "close" }).end();
    return;
  }
  const { socket } = incoming;
  const response = await fetch(request, {
    holdOpen: (seconds) => void socket.setTimeout(seconds * 1000),
  });
  socket.setTimeout(idleTimeoutSeconds * 1000);
  // Where another request is to follow, it is found behind the rest of the body.
  if (response.headers.get("Connection") !== "close") body?.drop();
  const head = [...response.headers].flat();
  if (response.body && isLong(response)) {
    outgoing.writeHead(response.status, head);
    await stream(response.body, outgoing, gone.signal);
    return;
  }
  // Everything else is short, and is sent at once, with its length.
  const bytes = await response.bytes();
  if (!response.headers.has("Content-Length")) head.push("Content-Length", String(bytes.length));
  outgoing.writeHead(response.status, head).end(bytes);
}

/** Whether an answer is sent as it comes: events, and files, which have their length already. */
const isLong = ({ headers }: Response): boolean =>
  headers.get("Content-Type")?.startsWith("text/event-stream") || headers.has("Content-Length");

/** Sends chunks as they come, no faster than they are read; a reader that goes away ends the source. */
async function stream(
  body: ReadableStream<Uint8Array>,
  outgoing: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  const reader = body.getReader();
  const leave = () => void reader.cancel();
  if (gone.aborted) return leave();
  gone.addEventListener("abort", leave, { once: true });
  outgoing.flushHeaders();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!outgoing.write(value)) await once(outgoing, "drain", { signal: gone }).catch(() => {});
  }
  outgoing.end();
}

/** The request as the app reads it; undefined if it is not valid, for example if its host is no host. */
function requestOf(
  incoming: IncomingMessage,
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
): Request | undefined {
  const { method = "GET", url = "", rawHeaders } = incoming;
  const headers = new Headers();
  try {
    for (let at = 0; at + 1 < rawHeaders.length; at += 2)
      headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
    const address = url.startsWith("/") ? `http://${incoming.headers.host ?? ""}${url}` : url;
    const hasBody = body !== null && method !== "GET" && method !== "HEAD";
    return new Request(address, {
      method,
      headers,
      signal,
      ...(hasBody ? { body, duplex: "half" } : {}),
    });
  } catch {
    return undefined;
  }
}

type Body = {
  /** Reads no faster than it is read itself. */
  readonly stream: ReadableStream<Uint8Array>;
  /** Reads the rest, and drops it. */
  readonly drop: () => void;
};

/** The body of a request, if it has one. A caller that sends more than the limit is cut off. */
function bodyOf(incoming: IncomingMessage, bytesMax: number): Body | undefined {
  const { "content-length": length, "transfer-encoding": coding } = incoming.headers;
  if (coding === undefined && (length === undefined || length === "0")) return undefined;
  let bytes = 0;
  let isWanted = true;
  const source: UnderlyingDefaultSource<Uint8Array> = {
    start(controller) {
      incoming.on("data", (chunk: Uint8Array) => {
        bytes += chunk.byteLength;
        if (bytes > bytesMax) incoming.destroy();
        else if (isWanted) {
          controller.enqueue(chunk);
          incoming.pause();
        }
      });
      incoming.pause();
      incoming.once("end", () => isWanted && controller.close());
      incoming.once("error", (error) => isWanted && controller.error(error));
    },
    pull() {
      incoming.resume();
    },
    cancel() {
      isWanted = false;
    },
  };
  const drop = () => {
    isWanted = false;
    incoming.resume();
  };
  return { stream: new ReadableStream(source, { highWaterMark: 0 }), drop };
}
