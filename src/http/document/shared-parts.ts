/** Plain JSON. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** An object of JSON. */
export type JsonObject = { readonly [key: string]: Json };

/** Whether a value is an object of JSON, neither null nor a list. */
export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The same value with every object in it changed, the inner ones first. */
function mapped(value: Json, change: (object: JsonObject) => Json): Json {
  if (Array.isArray(value)) return value.map((inner) => mapped(inner, change));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, mapped(inner, change)]);
  return change(Object.fromEntries(entries));
}

/**
 * The same with defaults told in words. A default of a request is no promise about a value, but generators of TypeScript take a field
 * that has one for a field that is always there, and demand it of callers.
 */
export const withDefaultsTold = (value: Json): Json =>
  mapped(value, (object) => {
    const { default: absent, description, ...rest } = object;
    // Of a schema, not of a list of fields that has one by this name.
    if (absent === undefined || typeof object["type"] !== "string") return object;
    const told = absent === "" ? "Empty where absent." : `${JSON.stringify(absent)} where absent.`;
    return {
      ...rest,
      description: [description, told].filter((text) => typeof text === "string").join(" "),
    };
  });

/** `task_id` → `TaskId`, `Accept-Language` → `AcceptLanguage`. */
const pascal = (name: string): string =>
  name.replaceAll(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** What may be shared, by the folder of `components` it goes to, and the name of one of it; undefined of what stays where it is. */
const KINDS = {
  parameters: (part: JsonObject) =>
    typeof part["name"] === "string" && typeof part["in"] === "string"
      ? // A filter may have the name of what stands in a path.
        pascal(part["name"]) + (part["in"] === "query" ? "Query" : "")
      : undefined,
  headers: (part: JsonObject, key: string) => (isObject(part["schema"]) ? pascal(key) : undefined),
  /** An answer of errors has an example for each of its codes. */
  responses: (part: JsonObject) => {
    const { content } = part;
    const json = isObject(content) ? content["application/json"] : undefined;
    const examples = isObject(json) ? json["examples"] : undefined;
    return isObject(examples) ? Object.keys(examples).join("Or") : undefined;
  },
} as const satisfies Record<string, (part: JsonObject, key: string) => string | undefined>;

/** Parts that were taken out, by their names. */
type Shared = Record<keyof typeof KINDS, Record<string, JsonObject>>;

/** The same value where each part of a kind that has a name is a reference to it. Two parts of one name and different content both stay. */
function share(value: Json, kind: keyof typeof KINDS, shared: Shared): Json {
  const refer = (part: Json, key: string): Json => {
    const name = isObject(part) ? KINDS[kind](part, key) : undefined;
    if (!isObject(part) || name === undefined) return part;
    const known = shared[kind][name] ?? part;
    if (JSON.stringify(known) !== JSON.stringify(part)) return part;
    shared[kind][name] = part;
    return { $ref: `#/components/${kind}/${name}` };
  };
  return mapped(value, (object) => {
    const parts = object[kind];
    if (Array.isArray(parts)) return { ...object, [kind]: parts.map((part) => refer(part, "")) };
    if (!isObject(parts)) return object;
    const entries = Object.entries(parts).map(([key, part]) => [key, refer(part, key)]);
    return { ...object, [kind]: Object.fromEntries(entries) };
  });
}

/** Paths with each parameter, header and answer of errors once, under `components`. */
export function withSharedParts(paths: Json): { readonly paths: Json; readonly shared: Shared } {
  const shared: Shared = { parameters: {}, headers: {}, responses: {} };
  // Headers first: answers hold them.
  const kinds = ["headers", "parameters", "responses"] as const;
  const result = kinds.reduce((value, kind) => share(value, kind, shared), paths);
  return { paths: result, shared };
}
