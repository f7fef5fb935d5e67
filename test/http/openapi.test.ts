import { describe, expect, test } from "bun:test";
import { parse } from "yaml";
import { openApiDocument, openApiYaml } from "../../src/http/openapi.ts";
import { anApp, BASE } from "../fixtures/http-app.ts";

type Answer = { readonly content: Record<string, Record<string, unknown>> };

type Operation = {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly security?: readonly Record<string, unknown>[];
  readonly requestBody?: { readonly content: Record<string, { readonly example?: unknown }> };
  readonly responses: Record<string, Answer | { readonly $ref: string }>;
};

const document = openApiDocument("1.2.3") as unknown as {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: {
    readonly securitySchemes: Record<string, unknown>;
    readonly schemas: Record<string, object>;
    readonly responses: Record<string, Answer>;
  };
  readonly servers: readonly { readonly url: string; readonly variables: object }[];
};

/** An answer, or the shared one that it refers to. */
function shown(answer: Answer | { readonly $ref: string }): Answer {
  if (!("$ref" in answer)) return answer;
  const name = answer.$ref.slice("#/components/responses/".length);
  return document.components.responses[name] ?? expect.unreachable(name);
}

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);
const signed = operations.filter(({ path }) => path.startsWith("/api"));

describe("openApiDocument", () => {
  test("has the calls of the contract", () => {
    expect(operations.map(({ path, method }) => `${method} ${path}`)).toEqual([
      "get /api/v{version}/admin/clients",
      "post /api/v{version}/admin/clients",
      "patch /api/v{version}/admin/clients/{client_code}",
      "post /api/v{version}/admin/clients/{client_code}/rotate",
      "delete /api/v{version}/admin/drain",
      "get /api/v{version}/admin/drain",
      "post /api/v{version}/admin/drain",
      "get /api/v{version}/admin/limits",
      "get /api/v{version}/admin/queue",
      "get /api/v{version}/admin/tasks",
      "get /api/v{version}/admin/tasks/{task_id}",
      "post /api/v{version}/admin/tasks/{task_id}/cancel",
      "post /api/v{version}/admin/tasks/{task_id}/retry",
      "get /api/v{version}/admin/workers",
      "get /api/v{version}/media",
      "get /api/v{version}/media/{path}",
      "head /api/v{version}/media/{path}",
      "put /api/v{version}/media/{path}",
      "post /api/v{version}/profile",
      "delete /api/v{version}/profile/{profile_name}",
      "get /api/v{version}/profile/{profile_name}",
      "get /api/v{version}/profiles",
      "get /api/v{version}/task/transcoding",
      "post /api/v{version}/task/transcoding",
      "get /api/v{version}/task/transcoding/events",
      "post /api/v{version}/task/transcoding/plan",
      "delete /api/v{version}/task/transcoding/{task_id}",
      "get /api/v{version}/task/transcoding/{task_id}",
      "post /api/v{version}/task/transcoding/{task_id}/cancel",
      "get /api/v{version}/task/transcoding/{task_id}/events",
      "get /api/v{version}/task/transcoding/{task_id}/keys/{key}",
      "get /api/v{version}/task/transcoding/{task_id}/log",
      "get /api/v{version}/task/transcoding/{task_id}/notifications",
      "post /api/v{version}/task/transcoding/{task_id}/notifications/{notification_id}/replay",
      "post /api/v{version}/task/transcoding/{task_id}/retry",
      "get /healthz",
      "get /metrics",
      "get /readyz",
    ]);
  });

  test.each(operations)("$method $path is served", async ({ path, method }) => {
    const { fetch } = await anApp();
    const url = BASE + path.replace("{version}", "1").replaceAll(/\{\w+\}/g, "x");
    const response = await fetch(new Request(url, { method: method.toUpperCase() }));
    expect([200, 401]).toContain(response.status);
  });

  test.each(operations)("$method $path says what it is, with examples", ({ operation, method }) => {
    expect(operation.operationId).toMatch(/^[a-z][A-Za-z]+$/);
    expect(operation.summary).toBeTruthy();
    expect(operation.description).toBeTruthy();
    const bodies = Object.entries(operation.responses).flatMap(([status, answer]) =>
      ["204", "304"].includes(status) || method === "head" ? [] : [shown(answer).content],
    );
    if (operation.requestBody)
      for (const { example } of Object.values(operation.requestBody.content))
        expect(example).toBeDefined();
    for (const body of bodies) {
      expect(Object.keys(body)).toHaveLength(1);
      for (const { example, examples } of Object.values(body))
        expect(example ?? examples).toBeDefined();
    }
  });

  test("operation ids are unique", () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each(signed)("$method $path needs all five headers", ({ operation }) => {
    expect(operation.security?.map((all) => Object.keys(all).sort())).toEqual([
      ["apiCheckSum", "apiClientCode", "apiExecTime", "apiNonce", "apiPublicKey"],
    ]);
    expect(Object.keys(document.components.securitySchemes)).toHaveLength(5);
    expect(Object.keys(operation.responses)).toContain("401");
  });

  test.each(signed)("$method $path may be answered with 429", ({ operation }) => {
    const { content } = shown(operation.responses["429"] ?? expect.unreachable());
    expect(Object.keys(content["application/json"]?.["examples"] ?? {})).toEqual([
      "TooManyRequests",
    ]);
  });

  test("refers to nothing that it lacks", () => {
    const names = [...JSON.stringify(document).matchAll(/"#\/components\/(\w+)\/(\w+)"/g)];
    expect(names.length).toBeGreaterThan(20);
    for (const [, kind, name] of names)
      expect(document.components).toHaveProperty([kind ?? "", name ?? ""]);
  });

  // Generators make a class of each name, and of `Error` one that hides their language's own.
  test("has no schema named like a class of every language", () => {
    const names = Object.keys(document.components.schemas);
    expect(names.filter((name) => ["Error", "Object", "String", "Map"].includes(name))).toEqual([]);
  });

  // Generators of TypeScript demand a field that has one of every caller.
  test("tells defaults in words", () => {
    const { paths, components } = document;
    // A field may be called so.
    const named = JSON.stringify({ paths, components }, (key, value) =>
      key === "properties" ? Object.entries(value) : value,
    );
    expect(named).toContain('["default",');
    expect(named).not.toContain('"default":');
    const text = JSON.stringify(components.schemas["CreateTask"]);
    expect(text).toContain("Higher goes first. 0 where absent.");
  });

  test("names every code of a refused call", () => {
    const answers = Object.values(document.components.responses);
    const codes = answers.flatMap(({ content }) =>
      Object.keys(content["application/json"]?.["examples"] ?? {}),
    );
    expect(codes.length).toBeGreaterThan(15);
    const { enum: named } = document.components.schemas["ProblemCode"] as { enum: string[] };
    expect(codes.filter((code) => !named.includes(code))).toEqual([]);
    expect(named).toEqual([...new Set(named)].toSorted());
  });

  test("says by variables where the service is", () => {
    for (const { url, variables } of document.servers)
      expect([...url.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)).toEqual(
        Object.keys(variables),
      );
  });

  test("says every object, every enumeration, every parameter and every header once", () => {
    const found = new Map<string, number>();
    JSON.stringify(document, (key, value) => {
      const isShape = value?.properties !== undefined || value?.enum?.length > 1;
      const isShared = (value?.in !== undefined && value.schema) || key === "X-Request-Id";
      if ((isShape && typeof value.type === "string") || (isShared && !value.$ref)) {
        const text = JSON.stringify({ ...value, description: undefined, example: undefined });
        found.set(text, (found.get(text) ?? 0) + 1);
      }
      return value;
    });
    expect(found.size).toBeGreaterThan(20);
    expect([...found].filter(([, times]) => times > 1)).toEqual([]);
  });
});

describe("openApiYaml", () => {
  test("is the same document, the same every time", () => {
    const text = openApiYaml("1.2.3");
    expect(openApiYaml("1.2.3")).toBe(text);
    expect(parse(text)).toEqual(document);
  });
});
