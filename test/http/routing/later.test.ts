import { describe, expect, test } from "bun:test";
import type { Hono } from "hono";
import { loadPatterns, newApp } from "../../../src/http/routing/call-router.ts";
import { serveLater } from "../../../src/http/routing/later.ts";

await loadPatterns();

const CALLS = [
  { method: "get", path: "/one/{name}" },
  { method: "get", path: "/two" },
] as const;

const serve = (inner: Hono): void => {
  inner.get("/one/:name", (context) => context.text(`one ${context.req.param("name")}`));
  inner.get("/two", () => {
    throw new Error("broken");
  });
};

describe("serveLater()", () => {
  test("loads what serves calls once, when the first of them comes", async () => {
    let loads = 0;
    const app = newApp();
    serveLater(app, CALLS, async () => {
      loads += 1;
      await Promise.resolve();
      return serve;
    });
    expect((await app.request("/three")).status).toBe(404);
    expect(loads).toBe(0);
    const answers = await Promise.all(["/one/a", "/one/b"].map((path) => app.request(path)));
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(["one a", "one b"]);
    const head = await app.request("/one/a", { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(loads).toBe(1);
  });

  test("has the outer app answer errors, those of loading too", async () => {
    const app = newApp();
    app.onError((error, context) => context.text(error.message, 500));
    serveLater(app, CALLS, async () => serve);
    serveLater(app, [{ method: "get", path: "/lost" }], () => Promise.reject(new Error("lost")));
    for (const [path, message] of [
      ["/two", "broken"],
      ["/lost", "lost"],
    ] as const)
      expect(await (await app.request(path)).text()).toBe(message);
  });

  test("loads again after a load that failed", async () => {
    let loads = 0;
    const app = newApp();
    app.onError((error, context) => context.text(error.message, 500));
    serveLater(app, CALLS, async () => {
      loads += 1;
      if (loads === 1) throw new Error("too many open files");
      return serve;
    });
    expect((await app.request("/one/a")).status).toBe(500);
    expect(await (await app.request("/one/a")).text()).toBe("one a");
    expect(loads).toBe(2);
  });
});
