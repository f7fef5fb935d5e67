import { describe, expect, test } from "bun:test";
import type { AnsweredCall, Telemetry } from "../../src/telemetry/telemetry.ts";
import { UNWATCHED } from "../../src/telemetry/telemetry.ts";
import { anApp, BASE, refusalOf } from "../fixtures/http-app.ts";
import { logged } from "../fixtures/logged.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const GIVEN = `00-${TRACE}-00f067aa0ba902b7-01`;
const OWN = `00-${TRACE}-1111111111111111-01`;

/** An app, and the calls that were told of it; each call has a span of its own. */
async function watched(hasAccessLog = false) {
  const calls: AnsweredCall[] = [];
  const telemetry: Telemetry = {
    ...UNWATCHED,
    beginCall: (_, given) => ({
      traceParent: given === undefined ? undefined : OWN,
      end: (call) => void calls.push(call),
    }),
  };
  return { ...(await anApp({ telemetry, hasAccessLog })), calls };
}

const body = (root: string) => ({
  source: { source_url: `${root}/in.mp4` },
  targets: [{ target_url: `${root}/out.mp4` }],
});

describe("observed()", () => {
  test("tells of each call its route and never its path", async () => {
    const { call, fetch, calls } = await watched();
    const paths = ["/healthz?a=1", "/docs", "/ui/x.js", "/secret/place", "/api/v1/nothing"];
    for (const path of paths) await fetch(new Request(BASE + path));
    await call("/api/v1/task/transcoding/t-9");
    await fetch(new Request(`${BASE}/api/v1/profiles`));
    await fetch(new Request(`${BASE}/healthz`, { method: "PURGE" }));
    expect(calls.map(({ method, route, status }) => `${method} ${route} ${status}`)).toEqual([
      "GET /healthz 200",
      "GET /docs 200",
      "GET /ui/* 404",
      ...["GET other 404", "GET other 404"],
      "GET /api/v{version}/task/transcoding/{task_id} 404",
      "GET /api/v{version}/profiles 401",
      "other /healthz 405",
    ]);
    expect(calls[5]).toMatchObject({ clientCode: "ada", taskId: "t-9" });
    expect(calls[6]?.clientCode).toBeUndefined();
  });

  test("a task keeps the ids of the call that created it", async () => {
    const { call, calls, tasks, root } = await watched();
    const headers = { traceparent: GIVEN, "X-Request-Id": "r-7" };
    const answer = await call("/api/v1/task/transcoding", { body: body(root), headers });
    const { task_id: id } = (await answer.json()) as { task_id: string };
    expect(calls[0]?.requestId()).toBe("r-7");
    expect(calls[0]).toMatchObject({ clientCode: "ada", taskId: id });
    expect((await tasks.get("ada", id)).origin).toEqual({ requestId: "r-7", traceParent: OWN });
  });

  test("the trace of a caller is kept where nobody traces, and what is none is not", async () => {
    const { Watching } = await import("../../src/telemetry/watching.ts");
    const { call, tasks, root } = await anApp({ telemetry: new Watching() });
    const create = async (traceparent: string, name: string) => {
      const answer = await call("/api/v1/task/transcoding", {
        body: { ...body(root), targets: [{ target_url: `${root}/${name}.mp4` }] },
        headers: { traceparent },
      });
      return ((await answer.json()) as { task_id: string }).task_id;
    };
    const kept = await tasks.get("ada", await create(GIVEN, "a"));
    expect(kept.origin?.traceParent).toBe(GIVEN);
    const junk = await tasks.get("ada", await create("00-junk", "b"));
    expect(junk.origin?.traceParent).toBeUndefined();
  });

  test("the access log has a line for each call, without secrets, where it is asked for", async () => {
    const records = await logged();
    const { call, fetch } = await watched(true);
    await call("/api/v1/task/transcoding?token=t0k3n", { headers: { traceparent: GIVEN } });
    await fetch(new Request(`${BASE}/healthz`));
    const lines = records.filter(({ category }) => category.join(".") === "pontus.access");
    expect(lines.map(({ level, message }) => `${level} ${message.join("")}`)).toEqual([
      "info GET /api/v1/task/transcoding?token=*** 200",
      "info GET /healthz 200",
    ]);
    expect(lines[0]?.properties).toMatchObject({ clientCode: "ada", traceId: TRACE, status: 200 });
    expect(lines[0]?.properties["requestId"]).toMatch(/^[\w-]{36}$/);
    const silent = await logged();
    const { fetch: other } = await watched();
    await other(new Request(`${BASE}/healthz`));
    expect(silent.filter(({ category }) => category[1] === "access")).toEqual([]);
  });
});

describe("/metrics", () => {
  test("answers unsigned in the text format of Prometheus", async () => {
    const { fetch } = await anApp({ metricsText: async () => "pontus_slots 4\n" });
    const response = await fetch(new Request(`${BASE}/metrics`));
    expect(response.headers.get("Content-Type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await response.text()).toBe("pontus_slots 4\n");
  });

  test("tells nothing of what breaks", async () => {
    const metricsText = () => Promise.reject(new Error("the inside"));
    const { fetch } = await anApp({ metricsText });
    expect(await refusalOf(await fetch(new Request(`${BASE}/metrics`)))).toBe("500 InternalError");
  });

  test("is not there where it is turned off", async () => {
    const { createHttpApp } = await import("../../src/http/http.ts");
    const { metricsText: _, ...ports } = (await anApp()).ports;
    const response = await createHttpApp(ports).fetch(new Request(`${BASE}/metrics`));
    expect(response.status).toBe(404);
  });
});
