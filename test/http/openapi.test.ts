import { describe, expect, test } from "bun:test";
import { parse } from "yaml";
import { openApiDocument, openApiYaml } from "../../src/http/openapi.ts";
import { anApp, BASE } from "../fixtures/http-app.ts";

type Operation = {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly security?: readonly Record<string, unknown>[];
  readonly requestBody?: { readonly content: Record<string, { readonly example?: unknown }> };
  readonly responses: Record<string, { readonly content: Record<string, Record<string, unknown>> }>;
};

const document = openApiDocument("1.2.3") as unknown as {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: {
    readonly securitySchemes: Record<string, unknown>;
    readonly schemas: object;
  };
};

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);
const signed = operations.filter(({ path }) => path.startsWith("/api"));

describe("openApiDocument", () => {
  test("has the calls of the contract", () => {
    expect(operations.map(({ path, method }) => `${method} ${path}`)).toEqual([
      "post /api/v{version}/profile",
      "delete /api/v{version}/profile/{profile_name}",
      "get /api/v{version}/profile/{profile_name}",
      "get /api/v{version}/profiles",
      "get /api/v{version}/task/transcoding",
      "post /api/v{version}/task/transcoding",
      "delete /api/v{version}/task/transcoding/{task_id}",
      "get /api/v{version}/task/transcoding/{task_id}",
      "post /api/v{version}/task/transcoding/{task_id}/cancel",
      "post /api/v{version}/task/transcoding/{task_id}/retry",
      "get /healthz",
      "get /readyz",
    ]);
  });

  test.each(operations)("$method $path is served", async ({ path, method }) => {
    const { fetch } = await anApp();
    const url = BASE + path.replace("{version}", "1").replaceAll(/\{\w+\}/g, "x");
    const response = await fetch(new Request(url, { method: method.toUpperCase() }));
    expect([200, 401]).toContain(response.status);
  });

  test.each(operations)("$method $path says what it is, with examples", ({ operation }) => {
    expect(operation.operationId).toMatch(/^[a-z][A-Za-z]+$/);
    expect(operation.summary).toBeTruthy();
    expect(operation.description).toBeTruthy();
    const bodies = Object.entries(operation.responses).flatMap(([status, { content }]) =>
      status === "204" ? [] : [content],
    );
    if (operation.requestBody)
      expect(operation.requestBody.content["application/json"]?.example).toBeDefined();
    for (const body of bodies) {
      const { example, examples } = body["application/json"] ?? {};
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

  test("refers to nothing that it lacks", () => {
    const names = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)];
    expect(names.length).toBeGreaterThan(20);
    for (const [, name] of names) expect(document.components.schemas).toHaveProperty(name ?? "");
  });
});

describe("openApiYaml", () => {
  test("is the same document, the same every time", () => {
    const text = openApiYaml("1.2.3");
    expect(openApiYaml("1.2.3")).toBe(text);
    expect(parse(text)).toEqual(document);
  });
});
