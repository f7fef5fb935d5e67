import fc from "fast-check";
import { OPERATIONS, type Operation } from "../fixtures/document.ts";
import type { SignedCallOptions } from "../fixtures/signed-client.ts";
import { spoiled, valuesOf } from "./values.ts";

/** One request to be sent. */
export type FuzzCall = {
  /** The call of the document that it is made for; undefined if it is for none. */
  readonly operation: Operation | undefined;
  readonly path: string;
  /** Undefined if it is sent without a signature. */
  readonly signed: SignedCallOptions | undefined;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
};

const taskIds: string[] = [];

/** An id of a task that there is, once the call is sent: calls are drawn before there are any. */
const ID = /TASK-(\d+)/;

/** Remembers the id of a task, so that calls find it. */
export function rememberTask(id: string): void {
  taskIds.push(id);
}

/** The path of a call, with the id of a task in the place of what stands for one. */
export const sentPathOf = ({ path }: FuzzCall): string =>
  path.replace(ID, (_, at: string) => taskIds[Number(at) % taskIds.length] ?? "none");

const anId = fc.oneof(
  { weight: 4, arbitrary: fc.nat().map((at) => `TASK-${at}`) },
  { weight: 1, arbitrary: fc.uuid() },
  { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 20 }) },
);

/** A value of a query: lists joined by commas, and objects by the names of their fields. */
function queryPairs(name: string, value: unknown): readonly string[] {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return Object.entries(value).flatMap(([key, inner]) => queryPairs(`${name}[${key}]`, inner));
  const text = (one: unknown) => encodeURIComponent(String(one).toWellFormed());
  return [`${text(name)}=${text(value)}`];
}

function pathOf({ path, parameters }: Operation): fc.Arbitrary<string> {
  const inPath = parameters.filter((one) => one.in === "path");
  const inQuery = parameters.filter((one) => one.in === "query");
  const values = fc.tuple(
    fc.record(
      Object.fromEntries(
        inPath.map(({ name, schema }) => [
          name,
          name === "task_id" ? anId : valuesOf(schema, name),
        ]),
      ),
    ),
    fc.record(
      Object.fromEntries(inQuery.map(({ name, schema }) => [name, valuesOf(schema, name)])),
      { requiredKeys: [] },
    ),
  );
  return values.map(([given, query]) => {
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(String(Reflect.get(given, name)).toWellFormed()),
    );
    const pairs = Object.entries(query).flatMap(([name, value]) => queryPairs(name, value));
    return pairs.length === 0 ? filled : `${filled}?${pairs.join("&")}`;
  });
}

/** Signed, and as the document asks for it. */
const rightCall = fc.constantFrom(...OPERATIONS).chain((operation) =>
  fc
    .record({
      path: pathOf(operation),
      body: operation.body ? valuesOf(operation.body) : fc.constant(undefined),
      form: fc.constantFrom("sha1", "hmac-sha256"),
      language: fc.constantFrom("en", "zh-CN", "*", "fr;q=0.1, zh;q=0.2"),
    })
    .map(({ path, body, form, language }): FuzzCall => {
      const { method } = operation;
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = { "Accept-Language": language };
      const options = { method, form, headers, ...(text !== undefined && { body: text }) };
      return { operation, path, signed: options, method, headers, body: text };
    }),
);

const header = fc.stringMatching(/^[\x20-\x7e]{0,60}$/).map((text) => text.trim());

/** The same with a body or a header that the document does not ask for. */
const wrongCall = fc
  .tuple(
    rightCall,
    fc.record(
      { "Content-Type": header, "Idempotency-Key": header, "X-Request-Id": header },
      { requiredKeys: [] },
    ),
  )
  .chain(([call, headers]) => {
    const parsed: unknown = call.body === undefined ? undefined : JSON.parse(call.body);
    const bodies = fc.oneof(
      spoiled(parsed).map((value) => JSON.stringify(value) ?? ""),
      fc.string({ unit: "binary", maxLength: 200 }).map((text) => text.toWellFormed()),
      fc.nat(call.body?.length ?? 0).map((end) => call.body?.slice(0, end) ?? ""),
    );
    const hasBody = !["GET", "HEAD"].includes(call.method);
    return bodies.map((body): FuzzCall => {
      const all = { ...call.headers, ...headers };
      const signed = { ...call.signed, headers: all, ...(hasBody && { body }) };
      return { ...call, headers: all, body: hasBody ? body : undefined, signed };
    });
  });

/** Not signed, or to somewhere else. */
const strangeCall = fc.oneof(
  fc
    .tuple(
      rightCall,
      fc.record(
        {
          apiPublicKey: header,
          apiClientCode: header,
          apiNonce: header,
          apiExecTime: header,
          apiCheckSum: header,
        },
        { requiredKeys: [] },
      ),
    )
    .map(([call, headers]): FuzzCall => ({ ...call, signed: undefined, headers })),
  fc
    .tuple(
      fc.oneof(
        fc.webPath(),
        fc.webPath().map((path) => `/api/v1${path}`),
        fc.constant("/api/v2/profiles"),
      ),
      fc.constantFrom("GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"),
      fc.boolean(),
    )
    .map(
      ([path, method, isSigned]): FuzzCall => ({
        ...{ operation: undefined, path, method, headers: {}, body: undefined },
        signed: isSigned ? { method } : undefined,
      }),
    ),
);

/** Requests of every kind, half of them as the document asks for them. */
export const anyCall: fc.Arbitrary<FuzzCall> = fc.oneof(
  { weight: 2, arbitrary: rightCall },
  { weight: 1, arbitrary: wrongCall },
  { weight: 1, arbitrary: strangeCall },
);
