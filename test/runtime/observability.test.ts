import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { clip } from "../fixtures/clips.ts";
import { BUN, deno } from "../fixtures/runtimes.ts";
import {
  eventually,
  hasEnded,
  newHome,
  type RunningService,
  startService,
} from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

type SentSpan = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly status: { readonly code: number };
};

const services: RunningService[] = [];
const spans: SentSpan[] = [];
const collector = Bun.serve({
  port: 0,
  fetch: async (request) => {
    const { resourceSpans } = (await request.json()) as {
      resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[];
    };
    for (const { scopeSpans } of resourceSpans)
      for (const scope of scopeSpans) spans.push(...scope.spans);
    return new Response("{}");
  },
});

afterAll(async () => {
  await Promise.all(services.map((service) => service.stop("SIGKILL")));
  await collector.stop(true);
});

const bodyOf = (source: string, target: string) => ({
  source: { source_url: source },
  profile_name: "video_mp4_640x360_520kbps",
  targets: [{ target_url: target }],
});

/** The lines of the log about tasks and calls, by the logger. */
const linesOf = (service: RunningService, logger: string) =>
  service
    .log()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    .filter((line) => line["logger"] === logger);

describe.each([
  ["bun", BUN],
  ["deno", deno()],
] as const)("a service on %s", (runtime, command) => {
  test("traces a task from its call to its delivery, and tells of it in its log and its metrics", async () => {
    const home = newHome();
    copyFileSync(await clip(), join(home.media, "in.mp4"));
    const env = {
      PONTUS_TRACES_URL: `http://localhost:${collector.port}/v1/traces`,
      PONTUS_ACCESS_LOG: "yes",
      PONTUS_LOG_LEVEL: "info",
    };
    const service = await startService(home, env, command);
    services.push(service);
    const traceparent = `00-${TRACE}-${PARENT}-01`;
    const answer = await service.call("/api/v1/task/transcoding", {
      body: bodyOf("in.mp4", "out.mp4"),
      headers: { traceparent, "X-Request-Id": `r-${runtime}` },
    });
    const { task_id: id } = (await answer.json()) as { task_id: string };
    await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    const bad = await service.create(bodyOf("gone.mp4", "bad.mp4"));
    await service.until(bad, hasEnded);

    const text = await (await fetch(`${service.url}/metrics`)).text();
    expect(text).toContain('pontus_tasks_ended_total{status="SUCCESS",code="",cause=""} 1\n');
    expect(text).toContain(
      'pontus_tasks_ended_total{status="FAILED",code="ParameterError",cause="source_missing"} 1\n',
    );
    expect(text).toContain('pontus_deliveries_total{protocol="file",status="SUCCESS"} 1\n');
    expect(text).toMatch(/^pontus_run_phase_seconds_count\{phase="transcode"\} 1$/m);
    expect(text).toMatch(/^pontus_disk_free_bytes\{disk="media_1"\} [1-9]\d*$/m);
    expect(text).toMatch(
      /^pontus_http_requests_total\{route="\/api\/v\{version\}\/task\/transcoding",method="POST",status="200"\} 2$/m,
    );
    expect(text).toMatch(/^pontus_log_lines_total\{level="warning"\} [1-9]/m);
    // Numbers alone: no name of a client, a file or a folder.
    for (const name of ["default", ".mp4", home.media, home.data]) expect(text).not.toContain(name);

    const { checks } = (await (await fetch(`${service.url}/readyz`)).json()) as {
      checks: Record<string, Record<string, unknown>>;
    };
    expect(checks["store"]).toMatchObject({ ok: true, pending: 0, running: 0 });
    expect(checks["worker"]).toMatchObject({ running: 0, slots: expect.any(Number) });
    expect(checks["disk"]).toMatchObject({ free_bytes: expect.any(Number) });

    const [done, failed] = await eventually(() => {
      const lines = linesOf(service, "pontus.task");
      return lines.length === 2 ? lines : undefined;
    });
    const ids = { taskId: id, requestId: `r-${runtime}`, traceId: TRACE };
    expect(done).toMatchObject({ ...ids, level: "info", clientCode: "default", source: "in.mp4" });
    expect(failed).toMatchObject({ level: "warning", taskId: bad, code: "ParameterError" });
    expect(linesOf(service, "pontus.access")).toContainEqual(
      expect.objectContaining({ ...ids, method: "POST", status: 200 }),
    );
    // Where whoever starts it goes next.
    const start = linesOf(service, "pontus").map(({ message }) => message);
    expect(start).toContain(
      `The dashboard is at ${service.url}/, the API is described at ${service.url}/docs`,
    );
    expect(start).toContain(`Plain paths in tasks are below ${home.media}`);
    await service.stop();
    const own = spans.filter(({ traceId }) => traceId === TRACE);
    spans.splice(0);
    const named = (name: string) => own.find((span) => span.name === name);
    const call = named("POST /api/v{version}/task/transcoding");
    expect(call?.parentSpanId).toBe(PARENT);
    const run = named("run");
    expect(run?.parentSpanId).toBe(call?.spanId ?? "none");
    const parts = own.filter(({ parentSpanId }) => parentSpanId === run?.spanId);
    expect(parts.map(({ name }) => name)).toEqual([
      ...["fetch", "plan", "transcode", "verify", "deliver to target", "deliver"],
    ]);
  });
});

test("a service that sends no traces loads nothing for them, and nothing to count before it is ready", () => {
  const code = `await import("./src/app.ts");
    console.log(Object.keys(require.cache).filter((path) => /prom-client|src.telemetry/.test(path)).join("\\n"));`;
  const loaded = execFileSync(process.execPath, ["-e", code], { encoding: "utf8" });
  const names = loaded
    .trim()
    .split("\n")
    .map((path) => path.replace(/^.*src.telemetry./, ""));
  expect(names.toSorted()).toEqual([
    "task-lines.ts",
    "telemetry.ts",
    "trace-context.ts",
    "watching.ts",
  ]);
});
