import { setTimeout as sleep } from "node:timers/promises";
import type { RouteConfig } from "@hono/zod-openapi";
import { getLogger } from "@logtape/logtape";
import type { Context, Hono } from "hono";
import { maskSecrets } from "../lib/mask.ts";
import type { Connection } from "../runtime/runtime.ts";
import type { AuthenticationPorts, Caller } from "../service/authenticate.ts";
import { authenticate, isKnown } from "../service/authenticate.ts";
import type { Rates } from "../service/rates/request-rates.ts";
import type { ClientStore } from "../store/store.ts";
import { toTaskError } from "../task/errors.ts";
import type { Origin } from "../task/task.ts";
import { type Answer, pathOf, requestIdOf, respond, respondProblem } from "./answer.ts";
import type { Bodies, BodyRoom } from "./bodies.ts";
import { readBody, toldSha256 } from "./body.ts";
import type { CallAddress } from "./calls.ts";
import type { Input, ReadInput } from "./input.ts";
import { type Language, languageOf } from "./language.ts";
import type { CallContext, CallFacts } from "./observe/observed.ts";
import { routingPaths } from "./routing/routing-paths.ts";

const logger = getLogger(["pontus", "http"]);

/** What every endpoint needs. */
export type EndpointPorts = AuthenticationPorts & {
  readonly clients: Pick<ClientStore, "byPublicKey" | "checkNonce" | "useNonce">;
  readonly bodyBytesMax: number;
  readonly bodies: Bodies;
  readonly rates: Rates;
};

/** An authenticated call. */
export type Call<Route> = {
  readonly caller: Caller;
  /** The ids by which logs and traces have the call. */
  readonly origin: Origin;
  readonly language: Language;
  /** A parameter of the path, decoded. */
  readonly param: (name: string) => string;
  /** Reads and checks the request. @throws {TaskError} in the contract's order: media type, size, JSON, fields */
  readonly read: () => Promise<Input<Route>>;
  /** The body as sent. */
  readonly bytes: () => Promise<Uint8Array>;
  /** Whether the query names a parameter: a call that may do without its query is faster if that is not read. */
  readonly asks: (name: string) => boolean;
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal;
  /** Keeps the connection for so long while nothing moves on it. */
  readonly holdOpen: Connection["holdOpen"];
  /** Whether the caller's key is still that of a client who may call. */
  readonly isKnown: () => Promise<boolean>;
  /** Its headers, its method, and a body that is read as it comes. */
  readonly request: Request;
};

/** Who uses up the nonce: a create stores it together with its task; for all other calls it is used up before the handler. */
export type NonceUse = "before the handler" | "by the handler";

/**
 * Serves routes of a module, one a call, as `serve` does.
 *
 * @param routes - loads the module, when a handler first reads a request
 */
export const serving =
  <Routes extends Readonly<Record<string, RouteConfig>>>(
    app: Hono,
    ports: EndpointPorts,
    routes: () => Promise<Routes>,
  ) =>
  <Name extends keyof Routes>(
    address: CallAddress,
    name: Name,
    handle: (call: Call<Routes[Name]>) => Promise<Answer>,
    nonceUse?: NonceUse,
  ): void =>
    serve(app, ports, address, async () => (await routes())[name], handle, nonceUse);

/**
 * Serves a route to authenticated callers. This function checks in the contract's order: after version, path and method, which the
 * router has judged, come authentication, the nonce, and what the handler reads and does.
 *
 * @param load - gives the route's schemas; called when a handler first reads a request
 */
function serve<Route extends RouteConfig>(
  app: Hono,
  ports: EndpointPorts,
  address: CallAddress,
  load: () => Promise<Route>,
  handle: (call: Call<Route>) => Promise<Answer>,
  nonceUse: NonceUse = "before the handler",
): void {
  let readInput: ReadInput<Route> | undefined;
  const loadReader = async (): Promise<ReadInput<Route>> => {
    readInput = (await import("./input.ts")).readerOf(await load());
    return readInput;
  };
  const read: ReadInput<Route> = (...request) =>
    readInput?.(...request) ?? loadReader().then((reader) => reader(...request));
  app.on(address.method, routingPaths(address.path), async (context) => {
    const request = context.req.raw;
    const requestId = requestIdOf(request);
    const { connection, facts, isLong } = callContextOf(context);
    facts.route = address.path;
    facts.taskId = context.req.param("task_id");
    const language = languageOf(request.headers.get("Accept-Language"));
    const body = bodyOf(request, ports);
    let takeBack: (() => void) | undefined;
    try {
      const { headers, method } = request;
      const path = pathOf(request);
      // Of a file, which is not held in memory for its checksum.
      const bodySha256 = method === "PUT" ? toldSha256(headers) : undefined;
      const call = { headers, method, path, body: body.bytes, bodySha256 };
      const caller = await authenticate(ports, call);
      facts.clientCode = caller.clientCode;
      takeBack = await takeCall(ports, caller);
      if (nonceUse === "before the handler") await ports.clients.useNonce(caller.nonce);
      // Before a long body is read; for a short one that look into the store would cost more.
      else if (isLong) await ports.clients.checkNonce(caller.nonce);
      const answer = await handle({
        caller,
        origin: originOf(facts, requestId),
        language,
        param: (name) => context.req.param(name) ?? "",
        read: () => read(request, language, body.bytes),
        bytes: body.bytes,
        asks: (name) => context.req.query(name) !== undefined,
        signal: request.signal,
        holdOpen: (seconds) => connection?.holdOpen(seconds),
        isKnown: () => isKnown(ports, headers),
        request,
      });
      facts.taskId ??= taskIn(answer);
      logger.debug("{method} {path} {status}", () => ({
        requestId,
        clientCode: caller.clientCode,
        method,
        path: maskSecrets(path),
        status: answer.status,
      }));
      return respond(method === "HEAD" ? await withoutStream(answer) : answer, requestId);
    } catch (error) {
      // A replay is nobody's call, and is not counted as the client's.
      if (toTaskError(error).code === "request_replayed") takeBack?.();
      return respondProblem(request, requestId, error);
    } finally {
      body.free();
    }
  });
}

/** The answer to HEAD has the headers of that to GET, and no body: nobody would end the stream. */
async function withoutStream(answer: Answer): Promise<Answer> {
  if (!answer.stream) return answer;
  await answer.stream.cancel();
  return { ...answer, stream: new ReadableStream({ start: (empty) => empty.close() }) };
}

/** What `createHttpApp` gives to every call. */
const callContextOf = ({ env }: Context): CallContext => env as CallContext;

/** The task that an answer is about. */
function taskIn({ body }: Answer): string | undefined {
  if (typeof body !== "object" || body === null || !("task_id" in body)) return undefined;
  return typeof body.task_id === "string" ? body.task_id : undefined;
}

const originOf = ({ traceParent }: CallFacts, requestId: string): Origin => ({
  requestId,
  ...(traceParent !== undefined && { traceParent }),
});

/** The body of a request, read when it is first asked for, and counted until it is freed. */
function bodyOf(request: Request, { bodies, bodyBytesMax }: EndpointPorts) {
  let room: BodyRoom | undefined;
  let reading: Promise<Uint8Array> | undefined;
  const bytes = (): Promise<Uint8Array> => {
    if (reading) return reading;
    // Asked for only where a client with this code is known.
    room = bodies.roomFor(request.headers.get("apiClientCode") ?? "");
    reading = readBody(request, bodyBytesMax, room);
    return reading;
  };
  return { bytes, free: () => room?.free() };
}

/**
 * The answer to a call too many is held back for about so long: whoever sends the next one at once sends few then. Not for exactly so
 * long, or all connections of a flood would come back together.
 */
const HELD_BACK_MS = 500;

/** Counts a call as its client's. @returns what takes that back @throws {TaskError} `too_many_requests`, after a while */
async function takeCall({ rates }: EndpointPorts, caller: Caller): Promise<() => void> {
  try {
    return await rates.take(caller);
  } catch (error) {
    if (toTaskError(error).code === "too_many_requests")
      await sleep(HELD_BACK_MS * (0.5 + Math.random()));
    throw error;
  }
}
