import { type RouteConfig, z } from "@hono/zod-openapi";
import { getLogger } from "@logtape/logtape";
import type { Hono } from "hono";
import { maskCredentials } from "../lib/mask.ts";
import type { AuthenticationPorts, Caller } from "../service/authenticate.ts";
import { authenticate } from "../service/authenticate.ts";
import { type Answer, pathOf, requestIdOf, respond, respondProblem } from "./answer.ts";
import { checkMediaType, parseJson, readBody } from "./body.ts";
import { parseFields } from "./fields.ts";
import { type Language, languageOf } from "./language.ts";

const logger = getLogger(["pontus", "http"]);

/** What every endpoint needs. */
export type EndpointPorts = AuthenticationPorts & { readonly bodyBytesMax: number };

type Part<Route, Name extends "query" | "headers"> = Route extends {
  readonly request: { readonly [Key in Name]: infer Schema extends z.ZodType };
}
  ? z.output<Schema>
  : undefined;

type Body<Route> = Route extends {
  readonly request: {
    readonly body: {
      readonly content: {
        readonly "application/json": { readonly schema: infer Schema extends z.ZodType };
      };
    };
  };
}
  ? z.output<Schema>
  : undefined;

/** What a request holds, checked against its route's schemas. */
export type Input<Route> = {
  readonly query: Part<Route, "query">;
  readonly headers: Part<Route, "headers">;
  readonly body: Body<Route>;
};

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

/** What a handler does with its nonce: a create stores it together with its task, all others have it used up for them. */
export type NonceUse = "before the handler" | "by the handler";

/** `/api/v{version}/profile/{profile_name}` → `/api/:version{v[01]}/profile/:profile_name`. */
const routingPath = (path: string): string =>
  path.replace("/v{version}", "/:version{v[01]}").replaceAll(/\/\{(\w+)\}/g, "/:$1");

/** The schema of a route's JSON body, where it takes one. */
function bodySchemaOf({ request }: RouteConfig): z.ZodType | undefined {
  const content = request?.body?.content["application/json"];
  return content && "schema" in content && content.schema instanceof z.ZodType
    ? content.schema
    : undefined;
}

/** How the requests of a route are read, in the contract's order: media type, size, JSON, fields. */
function readerOf<Route extends RouteConfig>(route: Route) {
  const { query, headers } = route.request ?? {};
  const body = bodySchemaOf(route);
  const headerNames = headers instanceof z.ZodObject ? Object.keys(headers.shape) : [];
  return async (
    request: Request,
    language: Language,
    bytes: () => Promise<Uint8Array>,
  ): Promise<Input<Route>> => {
    if (body) checkMediaType(request.headers);
    const json = body && parseJson(await bytes());
    const values = query && Object.fromEntries(new URL(request.url).searchParams);
    const told: Record<string, string | undefined> = {};
    for (const name of headerNames) told[name] = request.headers.get(name) ?? undefined;
    const input = {
      headers: headers instanceof z.ZodObject ? parseFields(headers, told, language) : undefined,
      query: query && parseFields(query, values, language),
      body: body && parseFields(body, json, language),
    };
    return input as Input<Route>;
  };
}

/**
 * Serves a route to authenticated callers. The contract's order of checks is the order of this function: the router has
 * judged version, path and method, then come authentication, the nonce, and what the handler reads and does.
 */
export function serve<Route extends RouteConfig>(
  app: Hono,
  ports: EndpointPorts,
  route: Route,
  handle: (call: Call<Route>) => Promise<Answer>,
  nonceUse: NonceUse = "before the handler",
): void {
  const readInput = readerOf(route);
  app.on(route.method, routingPath(route.path), async (context) => {
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
        read: () => readInput(request, language, bytes),
        bytes,
      });
      logger.debug("{method} {path} {status}", () => ({
        requestId,
        clientCode: caller.clientCode,
        method,
        path: maskCredentials(path),
        status: answer.status,
      }));
      return respond(answer, requestId);
    } catch (error) {
      return respondProblem(request, requestId, error);
    }
  });
}
