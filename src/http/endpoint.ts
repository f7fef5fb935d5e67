import type { RouteConfig } from "@hono/zod-openapi";
import { getLogger } from "@logtape/logtape";
import type { Hono } from "hono";
import { maskSecrets } from "../lib/mask.ts";
import type { AuthenticationPorts, Caller } from "../service/authenticate.ts";
import { authenticate } from "../service/authenticate.ts";
import { type Answer, pathOf, requestIdOf, respond, respondProblem } from "./answer.ts";
import { readBody } from "./body.ts";
import type { CallAddress } from "./calls.ts";
import type { Input, ReadInput } from "./input.ts";
import { type Language, languageOf } from "./language.ts";

const logger = getLogger(["pontus", "http"]);

/** What every endpoint needs. */
export type EndpointPorts = AuthenticationPorts & { readonly bodyBytesMax: number };

/** An authenticated call. */
export type Call<Route> = {
  readonly caller: Caller;
  readonly language: Language;
  /** A parameter of the path, decoded. */
  readonly param: (name: string) => string;
  /** Reads and checks the request. @throws {TaskError} in the contract's order: media type, size, JSON, fields */
  readonly read: () => Promise<Input<Route>>;
  /** The body as sent. */
  readonly bytes: () => Promise<Uint8Array>;
};

/** Who uses up the nonce: a create stores it together with its task; for all other calls it is used up before the handler. */
export type NonceUse = "before the handler" | "by the handler";

/** `/api/v{version}/profile/{profile_name}` → `/api/:version{v[01]}/profile/:profile_name`. */
const routingPath = (path: string): string =>
  path.replace("/v{version}", "/:version{v[01]}").replaceAll(/\/\{(\w+)\}/g, "/:$1");

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
  const read: ReadInput<Route> = async (...request) => {
    readInput ??= (await import("./input.ts")).readerOf(await load());
    return readInput(...request);
  };
  app.on(address.method, routingPath(address.path), async (context) => {
    const request = context.req.raw;
    const requestId = requestIdOf(request);
    const language = languageOf(request.headers.get("Accept-Language"));
    let body: Promise<Uint8Array> | undefined;
    const bytes = (): Promise<Uint8Array> => {
      body ??= readBody(request, ports.bodyBytesMax);
      return body;
    };
    try {
      const { headers, method } = request;
      const path = pathOf(request);
      const caller = await authenticate(ports, { headers, method, path, body: bytes });
      if (nonceUse === "before the handler") await ports.clients.useNonce(caller.nonce);
      const answer = await handle({
        caller,
        language,
        param: (name) => context.req.param(name) ?? "",
        read: () => read(request, language, bytes),
        bytes,
      });
      logger.debug("{method} {path} {status}", () => ({
        requestId,
        clientCode: caller.clientCode,
        method,
        path: maskSecrets(path),
        status: answer.status,
      }));
      return respond(answer, requestId);
    } catch (error) {
      return respondProblem(request, requestId, error);
    }
  });
}
