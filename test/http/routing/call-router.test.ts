import { describe, expect, test } from "bun:test";
import { CALLS } from "../../../src/http/calls.ts";
import { CallRouter, loadPatterns } from "../../../src/http/routing/call-router.ts";
import { PAGES } from "../../../src/http/routing/pages.ts";
import { routingPaths } from "../../../src/http/routing/routing-paths.ts";

await loadPatterns();

/** A router of all calls, each handled by its own pattern. */
function aRouter(): CallRouter<string> {
  const router = new CallRouter<string>();
  for (const { method, path } of [...Object.values(CALLS), ...PAGES])
    for (const each of routingPaths(path)) router.add(method.toUpperCase(), each, path);
  return router;
}

const found = (router: CallRouter<string>, method: string, path: string): readonly string[] =>
  router.match(method, path)[0].map(([handler]) => handler);

describe("CallRouter", () => {
  test("finds each call by its method and path, a word before a parameter in its place", () => {
    const router = aRouter();
    const tasks = "/api/v1/task/transcoding";
    const asked = (method: string, path: string) => found(router, method, path);
    expect(asked("POST", tasks)).toEqual([CALLS.createTask.path]);
    expect(asked("POST", `${tasks}/plan`)).toEqual([CALLS.planTask.path]);
    expect(asked("GET", `${tasks}/events`)).toEqual([CALLS.readEvents.path]);
    expect(asked("GET", `${tasks}/events-1`)).toEqual([CALLS.readTask.path]);
    expect(asked("GET", `${tasks}/t-1/events`)).toEqual([CALLS.readTaskEvents.path]);
    expect(asked("GET", "/api/v0/media/a/b.mp4")).toEqual([CALLS.readMedia.path]);
    expect(asked("GET", "/ui/1/look/icon.svg")).toEqual(["/ui/:digest/:name{.+}"]);
    for (const [method, path] of [
      ["GET", "/api/v2/profiles"],
      ["POST", "/healthz"],
      ["PURGE", tasks],
      ["GET", `${tasks}/`],
      ["GET", "/ui/1/"],
    ] as const)
      expect({ path, found: asked(method, path) }).toEqual({ path, found: [] });
  });

  test("finds a create without a pattern", () => {
    expect(routingPaths(CALLS.createTask.path)).toEqual([
      "/api/v0/task/transcoding",
      "/api/v1/task/transcoding",
    ]);
    // Patterns are taken up when something is first looked for among them: after that none can be added.
    const router = aRouter();
    found(router, "POST", "/api/v1/task/transcoding");
    router.add("GET", "/another/:name", "another");
    expect(found(router, "GET", "/another/one")).toEqual(["another"]);
  });
});
