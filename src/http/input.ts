import { type RouteConfig, z } from "@hono/zod-openapi";
import { checkMediaType, parseJson } from "./body.ts";
import type { Language } from "./language.ts";
import { parseFields } from "./schemas/fields.ts";

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

/** The schema of a route's JSON body; undefined if it takes none. */
function bodySchemaOf({ request }: RouteConfig): z.ZodType | undefined {
  const content = request?.body?.content["application/json"];
  return content && "schema" in content && content.schema instanceof z.ZodType
    ? content.schema
    : undefined;
}

/** Reads a request of a route. @throws {TaskError} in the contract's order: media type, size, JSON, fields */
export type ReadInput<Route> = (
  request: Request,
  language: Language,
  bytes: () => Promise<Uint8Array>,
) => Promise<Input<Route>>;

/** `metadata.order` and `metadata[order]`: a field of an object in a query. */
const INNER = /^(\w+)(?:\.(.+)|\[(.+)\])$/;

/** The fields of a query. Objects have no prototype, as a field may have any name. */
function folded(query: URLSearchParams): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = Object.create(null);
  for (const [name, value] of query) {
    const [, outer, dotted, bracketed] = INNER.exec(name) ?? [];
    const inner = dotted ?? bracketed;
    if (outer === undefined || inner === undefined) values[name] = value;
    else {
      const known = values[outer];
      const object: Record<string, unknown> =
        typeof known === "object" && known !== null ? { ...known } : {};
      Object.defineProperty(object, inner, { value, enumerable: true, configurable: true });
      values[outer] = object;
    }
  }
  return values;
}

/** How the requests of a route are read. */
export function readerOf<Route extends RouteConfig>(route: Route): ReadInput<Route> {
  const { query, headers } = route.request ?? {};
  const body = bodySchemaOf(route);
  const headerNames = headers instanceof z.ZodObject ? Object.keys(headers.shape) : [];
  return async (request, language, bytes) => {
    if (body) checkMediaType(request.headers);
    const json = body && parseJson(await bytes());
    const values = query && folded(new URL(request.url).searchParams);
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
