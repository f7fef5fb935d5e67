import { describe, expect, test } from "bun:test";
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
    const html = await page.text();
    const parts = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? "");
    expect(parts).toHaveLength(4);
    for (const path of parts) {
      const url = new URL(path, `${BASE}/docs`);
      expect(url.origin).toBe(BASE);
      const part = await fetch(new Request(url));
      expect(part.status).toBe(200);
      expect(part.headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect((await part.bytes()).length).toBeGreaterThan(50);
    }
  });

  test.each(["swagger-ui.js", "index.html", "..%2Fpackage.json", "../package.json"])(
    "serves no other file: %s",
    async (name) => {
      expect((await get(`/docs/${name}`)).status).toBe(404);
    },
  );
});

describe("/openapi.json and /openapi.yaml", () => {
  test("are the description of the API", async () => {
    const json = await (await get("/openapi.json")).json();
    expect(json).toEqual(openApiDocument("1.2.3"));
    expect(parse(await (await get("/openapi.yaml")).text())).toEqual(json);
  });
});
