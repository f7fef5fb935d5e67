import type { ClientRequest, IncomingMessage } from "node:http";
import { ownSignal } from "../lib/own-signal.ts";
import { percentDecoded } from "../lib/percent-decoded.ts";
import { EgressError } from "./egress-error.ts";
import { type EgressPolicy, notReachable } from "./egress-policy.ts";
import { forbidden, guardedBy } from "./guarded.ts";
import { IdleLimit } from "./idle-limit.ts";

/** A longer chain is a circle or a mistake. */
const REDIRECTS_MAX = 5;
/** The rest of an answer is read up to this size, so that its connection can be reused; else the connection is closed. */
const DRAINED_BYTES_MAX = 64 << 10;
/** Statuses that ask for the same request elsewhere; @see https://fetch.spec.whatwg.org/#http-redirect-fetch */
const REDIRECTS = [301, 302, 307, 308];

/** A request of ours. */
export type OutRequest = {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  /** Opened again for every redirect. Without a size it is sent in chunks while it is made. */
  readonly body?: { readonly sizeBytes?: number; readonly read: () => AsyncIterable<Uint8Array> };
  /** Ends the request when nothing moves for so long: while it connects, in the head, in the body, while bytes are taken. */
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal;
  /** Which addresses may be connected to: by this request, and by every one that a redirect makes of it. */
  readonly policy: EgressPolicy;
  /** What the certificate of a server may be signed by: PEM texts, in place of the runtime's own list. */
  readonly trusted?: readonly string[] | undefined;
  /** `return` gives the redirect itself as the answer: for a request whose signature is valid for one address only. */
  readonly redirects?: "follow" | "return";
  /** Judges each address that a redirect leads to, before it is asked; what it throws ends the request. */
  readonly mayFollow?: ((url: URL) => void) | undefined;
};

/** The head of the answer to a request. Its bytes must be read, or it must be closed. */
export type OutAnswer = {
  readonly status: number;
  /** Where it came from, after redirects; with the user info that was given for that host. */
  readonly url: string;
  /** By lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** Whether it came after the whole body of the request had been sent. */
  readonly isAfterBody: boolean;
  /** The bytes as they arrive; @throws {EgressError} as `sendOut` */
  readonly chunks: () => AsyncIterable<Uint8Array>;
  readonly close: () => void;
};

/**
 * Sends a request out: the one function that every outgoing connection for sources and targets passes, and every hop of
 * a redirect. It is followed at most 5 times, to http and https alone; credentials go to the host they were given for.
 *
 * By `node:http` and not `fetch`: fetch of Deno drops Content-Length for a streamed body (measured with 2.9.6), which
 * many servers refuse, and neither runtime's shows how much of a body a server has taken.
 *
 * @throws {EgressError}, the signal's reason, or what reading the body threw
 */
export async function sendOut(url: URL, request: OutRequest): Promise<OutAnswer> {
  let at = url;
  for (let hops = 0; ; hops++) {
    const authorization = basicOf(at);
    const headers = { ...request.headers, ...(authorization && { authorization }) };
    const answer = await sendOnce(at, { ...request, headers });
    const location = answer.header("location");
    const isRedirect = REDIRECTS.includes(answer.status) && location !== undefined;
    if (!isRedirect || request.redirects === "return") return answer;
    answer.close();
    if (hops === REDIRECTS_MAX)
      throw new EgressError("redirect", `it redirects more than ${REDIRECTS_MAX} times`);
    const next = URL.parse(location, at);
    if (!next) throw new EgressError("redirect", "it redirects to a malformed address");
    if (!/^https?:$/.test(next.protocol))
      throw new EgressError(
        "redirect",
        `it redirects to an address of the scheme "${next.protocol.slice(0, -1)}"`,
      );
    if (next.origin === at.origin && !basicOf(next)) {
      next.username = at.username;
      next.password = at.password;
    }
    request.mayFollow?.(next);
    at = next;
  }
}

/** The user info of an address as the header that carries it; @see https://www.rfc-editor.org/rfc/rfc7617 */
function basicOf({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  const pair = `${percentDecoded(username)}:${percentDecoded(password)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

function withoutUserInfo(url: URL): URL {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare;
}

async function sendOnce(
  url: URL,
  { method, headers, body, idleTimeoutMs, signal, policy, trusted }: OutRequest,
): Promise<OutAnswer> {
  signal.throwIfAborted();
  const bare = withoutUserInfo(url);
  const idle = new IdleLimit(idleTimeoutMs);
  const explain = (error: unknown): unknown => {
    if (signal.aborted) return signal.reason;
    if (idle.isOver)
      return new EgressError("hangs", `nothing moved for ${idleTimeoutMs / 1000} s`, {
        cause: error,
      });
    if (error instanceof EgressError) return error;
    return failureOf(error, bare, policy);
  };
  const guard = await guardedBy(policy, url);
  // Loaded when they are first needed: a service that only uses files starts without them.
  const { request: open } = await (url.protocol === "https:"
    ? import("node:https")
    : import("node:http"));
  // A stream of days makes many requests: listeners must not pile up on its signal.
  const { signal: ending, release } = ownSignal([signal, idle.signal]);
  const end = () => {
    idle.end();
    release();
  };
  const start = () =>
    open(bare, {
      method,
      headers: {
        "user-agent": "Pontus",
        accept: "*/*",
        ...(method === "GET" && { "accept-encoding": "identity" }),
        ...(body && lengthOf(body.sizeBytes)),
        ...headers,
      },
      signal: ending,
      ...guard,
      ...(trusted && url.protocol === "https:" && { ca: [...trusted] }),
    });
  let request: ClientRequest | undefined;
  try {
    request = start();
    idle.start();
    const sent = { bytes: 0, isWhole: body === undefined };
    const message = await answerTo(request, body && counted(body.read(), sent, idle), ending);
    idle.start();
    // Deno has no "close" after an answer that was read to its end.
    for (const event of ["end", "close"]) message.once(event, end);
    // A reader gets the error when it reads; if the answer is closed unread, nobody needs it.
    message.on("error", () => {});
    const isAfterBody = sent.isWhole || sent.bytes === body?.sizeBytes;
    return {
      status: message.statusCode ?? 0,
      url: url.href,
      header: (name) => headerOf(message, name),
      isAfterBody,
      chunks: () => chunksOf(message, idle, explain),
      close: () => {
        const size = Number(headerOf(message, "content-length"));
        if (isAfterBody && size <= DRAINED_BYTES_MAX) return void message.resume();
        end();
        message.destroy();
      },
    };
  } catch (error) {
    const explained = explain(error);
    end();
    request?.destroy();
    throw explained;
  }
}

/** The head of the answer. It may come before the body has been sent: then it counts, not the error that sending ends with. */
async function answerTo(
  request: ClientRequest,
  body: AsyncIterable<Uint8Array> | undefined,
  ending: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request.once("response", resolve);
  // Kept for as long as the request lives: an error after the answer would be unhandled without it.
  request.on("error", reject);
  request.once("close", () => reject(new NoAnswer("closed before it answered")));
  // Deno closes a request that is being written up to six seconds after it was aborted.
  const stop = () => reject(ending.reason);
  ending.addEventListener("abort", stop, { once: true });
  if (body) sendBody(tellingFailure(body, reject), request).catch(reject);
  else request.end();
  return promise.finally(() => ending.removeEventListener("abort", stop));
}

async function sendBody(body: AsyncIterable<Uint8Array>, request: ClientRequest): Promise<void> {
  const { pipeline } = await import("node:stream/promises");
  await pipeline(body, request);
}

/** Tells what a body fails with before the request does, which only knows that it was cut off. */
async function* tellingFailure(
  body: AsyncIterable<Uint8Array>,
  tell: (error: unknown) => void,
): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    tell(error);
    throw error;
  }
}

/** A connection that was closed without an error and without an answer. */
class NoAnswer extends Error {}

const lengthOf = (sizeBytes: number | undefined): Record<string, string> =>
  sizeBytes === undefined
    ? { "transfer-encoding": "chunked" }
    : { "content-length": String(sizeBytes) };

async function* counted(
  body: AsyncIterable<Uint8Array>,
  sent: { bytes: number; isWhole: boolean },
  idle: IdleLimit,
): AsyncIterable<Uint8Array> {
  for await (const chunk of body) {
    sent.bytes += chunk.byteLength;
    idle.start();
    yield chunk;
    // The next chunk is asked for when there is room: bytes were taken, and a body that is still being made may take its time.
    idle.stop();
  }
  sent.isWhole = true;
  idle.start();
}

async function* chunksOf(
  message: IncomingMessage,
  idle: IdleLimit,
  explain: (error: unknown) => unknown,
): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of message as AsyncIterable<Uint8Array>) {
      // The time that the reader takes does not count against the server.
      idle.stop();
      yield chunk;
      idle.start();
    }
    if (!message.complete) throw new NoAnswer("closed before its end");
  } catch (error) {
    throw explain(error);
  } finally {
    idle.end();
    message.destroy();
  }
}

function headerOf(message: IncomingMessage, name: string): string | undefined {
  const value = message.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** What certificates and handshakes fail with: OpenSSL's codes, and the words of Deno's TLS. */
const TLS = /CERT|SSL|TLS|EPROTO|SELF_SIGNED|UNABLE_TO|certificate|UnknownIssuer|corrupt message/;
const DNS = /ENOTFOUND|EAI_|dns error|getaddrinfo/;
const REFUSED = /ECONNREFUSED|os error 111/;
const CUT = /ECONNRESET|EPIPE|ECONNABORTED|aborted|closed|hang up/;

function isNetworkError(error: unknown): error is Error {
  return error instanceof NoAnswer || (error instanceof Error && textOf(error) !== "");
}

/** Everything a network error says about itself: its codes and words, those of its causes too; empty for a `TaskError`. */
function textOf(error: Error): string {
  const code = "code" in error ? String(error.code) : "";
  const cause = error.cause instanceof Error ? textOf(error.cause) : "";
  return error.name === "TaskError" ? "" : `${code} ${error.message} ${cause}`.trim();
}

/** What a request that found no answer ended with, as callers may see it. */
function failureOf(error: unknown, url: URL, policy: EgressPolicy): unknown {
  const lack = forbidden(error, url, policy);
  return lack ?? (isNetworkError(error) ? unreachable(error, policy) : error);
}

/** Why a connection was not made, or did not last. Only a server that may be reached, and was, is known. */
function unreachable(error: Error, policy: EgressPolicy): EgressError {
  const text = textOf(error);
  const { state, isKnown } = [
    { says: DNS, state: "its host name cannot be resolved", isKnown: false },
    { says: REFUSED, state: "the connection was refused", isKnown: false },
    { says: TLS, state: "no trusted TLS connection can be made", isKnown: true },
    { says: CUT, state: "the connection was cut", isKnown: true },
  ].find(({ says }) => says.test(text)) ?? { state: "no connection can be made", isKnown: false };
  return isKnown
    ? new EgressError("unreachable", state, { cause: error })
    : notReachable(policy, error, state);
}
