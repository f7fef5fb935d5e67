import { describe, expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { parse } from "yaml";
import { openApiDocument } from "../../src/http/openapi.ts";
import { anApp, BASE } from "../fixtures/http-app.ts";

const get = async (path: string) => (await anApp()).fetch(new Request(`${BASE}${path}`));

describe("/docs", () => {
  test("loads its parts from this service alone, and each of them is there", async () => {
    const { fetch } = await anApp();
    const page = await fetch(new Request(`${BASE}/docs`));
    expect(page.headers.get("Content-Type")).toBe("text/html;charset=UTF-8");
    expect(page.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
    expect(page.headers.get("Content-Security-Policy")).not.toContain("unsafe");
    const html = await page.text();
    const parts = [...html.matchAll(/<(?:script|link)[^>]*(?:src|href)="([^"]+)"/g)];
    expect(parts).toHaveLength(6);
    for (const [, path = ""] of parts) {
      const url = new URL(path, `${BASE}/docs`);
      expect(url.origin).toBe(BASE);
      const part = await fetch(new Request(url));
      expect(part.status).toBe(200);
      expect(part.headers.get("X-Content-Type-Options")).toBe("nosniff");
      const plain = await part.bytes();
      const small = await fetch(new Request(url, { headers: { "Accept-Encoding": "gzip" } }));
      expect(small.headers.get("Content-Encoding")).toBe("gzip");
      expect(gunzipSync(await small.bytes()).equals(plain)).toBeTrue();
    }
  });

  test("has its script import only what is served", async () => {
    const script = new URL(`${BASE}/docs/http/docs/page.js`);
    const text = await (await get(script.pathname)).text();
    const imports = [...text.matchAll(/^import .* from "([^"]+)";$/gm)];
    expect(imports).toHaveLength(1);
    for (const [, path = ""] of imports)
      expect((await get(new URL(path, script).pathname)).status).toBe(200);
  });

  test.each([
    "swagger-ui.js",
    "index.html",
    "http/docs.ts",
    "ui/app.js",
    "..%2Fpackage.json",
    "../package.json",
  ])("serves no other file: %s", async (name) => {
    expect((await get(`/docs/${name}`)).status).toBe(404);
  });
});

describe("/openapi.json and /openapi.yaml", () => {
  test("are the description of the API", async () => {
    const json = await (await get("/openapi.json")).json();
    expect(json).toEqual(openApiDocument("1.2.3"));
    expect(parse(await (await get("/openapi.yaml")).text())).toEqual(json);
  });
});
