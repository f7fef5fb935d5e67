import { describe, expect, test } from "bun:test";
import { TaskPlanSchema } from "../../src/http/schemas/plan-schemas.ts";
import type { Planner } from "../../src/service/plan-new-task.ts";
import { TaskError } from "../../src/task/errors.ts";
import {
  ADA,
  anApp,
  aTask,
  BASE,
  CLIENTS,
  credentialsOf,
  refusalOf,
  TASKS,
} from "../fixtures/http-app.ts";
import { signedRequest } from "../fixtures/signed-client.ts";
import { aMedia } from "../plan/builders.ts";

const PLAN = `${TASKS}/plan`;
const planned: Awaited<ReturnType<Planner>> = {
  media: aMedia(),
  forecast: {
    outputs: [
      {
        targets: [0],
        container: "mp4",
        video: { action: "encode", why: "size", codec: "h264" },
        audio: { action: "copy", why: "fits" },
      },
    ],
    steps: [{ name: "live", args: ["-i", "rtmp://ada:pw@live.example/app/key?token=abc"] }],
    warnings: [],
    sizeBytes: 1000,
    seconds: 2.5,
  },
};
const making = (planner: Planner) => anApp({ planner, planTimeoutMs: 60_000 });
const failing = (error: Error) => making(() => Promise.reject(error));

describe("POST plan", () => {
  test("answers with the plan, secrets masked, and creates nothing", async () => {
    const asked: unknown[] = [];
    const app = await making(async (task, reach) => {
      asked.push(task.sourceUrl, reach);
      return planned;
    });
    const response = await app.call(PLAN, { body: aTask() });
    const text = await response.text();
    expect(response.status).toBe(200);
    const plan = TaskPlanSchema.parse(JSON.parse(text));
    expect(plan.steps).toEqual([
      { name: "live", arguments: ["-i", "rtmp://***@live.example/app/***?token=***"] },
    ]);
    expect(plan.estimate).toEqual({ size_bytes: 1000, seconds: 2.5 });
    expect(plan.source.streams?.map(({ kind, uses }) => [kind, uses[0]?.action])).toEqual([
      ["video", "encode"],
      ["audio", "copy"],
    ]);
    expect(plan).not.toHaveProperty("warnings");
    expect(asked).toEqual(["in.mp4", null]);
    const { tasks } = (await (await app.call(TASKS)).json()) as { tasks: unknown[] };
    expect(tasks).toEqual([]);
  });

  test("tells which run makes which slice, or why an encode stays whole", async () => {
    const steps = [
      { name: "encode", args: [], slice: 0 },
      { name: "encode", args: [], whole: "it is shorter than 600 s" },
    ] as const;
    const app = await making(async () => ({
      ...planned,
      forecast: { ...planned.forecast, steps },
    }));
    const answer = await (await app.call(PLAN, { body: aTask() })).json();
    expect(TaskPlanSchema.parse(answer).steps).toEqual([
      { name: "encode", arguments: [], slice: 0 },
      { name: "encode", arguments: [], whole: "it is shorter than 600 s" },
    ]);
  });

  test("says what the task would fail with, as a task does", async () => {
    const app = await failing(new TaskError("source_not_media", "Cannot read the source: noise"));
    const headers = { "Accept-Language": "zh" };
    const plan = TaskPlanSchema.parse(
      await (await app.call(PLAN, { body: aTask(), headers })).json(),
    );
    expect(plan).toEqual({
      source: { source_url: "in.mp4" },
      profile_name: "video_mp4_1280x720_1728kbps",
      error: {
        code: "InvalidInputData",
        message: "无效的输入数据，请检查您的输入视频是否是有效",
        detail: 'Cannot read the source "in.mp4": noise',
      },
    });
  });

  test.each([
    ["service_unavailable", "503 ServiceUnavailable"],
    ["scratch_full", "500 InternalError"],
  ] as const)("is refused for what fails here: %s", async (code, answer) => {
    const app = await failing(new TaskError(code, "Cannot go on: no room"));
    expect(await refusalOf(await app.call(PLAN, { body: aTask() }))).toBe(answer);
  });

  test.each([
    [{ source: { source_url: "../x.mp4" } }, "403 AccessDenied"],
    [{ targets: [{ target_url: "in.mp4" }] }, "400 InvalidParameterException"],
    [{ profile_name: "mine" }, "404 NoSuchProfile"],
  ])("judges the request as a create does: %j", async (changes, answer) => {
    const app = await making(async () => planned);
    for (const path of [PLAN, TASKS])
      expect(await refusalOf(await app.call(path, { body: aTask(changes) }))).toBe(answer);
  });

  test("makes one plan of a client at a time, and refuses more with 429", async () => {
    const held = Promise.withResolvers<typeof planned>();
    const begun = Promise.withResolvers<void>();
    const app = await making(() => {
      begun.resolve();
      return held.promise;
    });
    const first = app.call(PLAN, { body: aTask() });
    await begun.promise;
    const second = await app.call(PLAN, { body: aTask() });
    expect(second.headers.get("Retry-After")).toBe("1");
    expect(await refusalOf(second)).toBe("429 TooManyRequests");
    const other = app.call(PLAN, { body: aTask(), as: CLIENTS.bob });
    held.resolve(planned);
    expect([(await first).status, (await other).status]).toEqual([200, 200]);
    expect((await app.call(PLAN, { body: aTask(), as: ADA })).status).toBe(200);
  });

  test("gives a plan up that takes too long, and says so", async () => {
    const app = await anApp({
      planTimeoutMs: 20,
      planner: (_, __, signal) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason as Error)),
        ),
    });
    const { error } = TaskPlanSchema.parse(await (await app.call(PLAN, { body: aTask() })).json());
    expect([error?.code, error?.detail]).toEqual([
      "TimeOut",
      "Cannot plan the task: its source could not be probed within 0.02 s",
    ]);
  });

  test("ends when its caller has gone, and frees the slot", async () => {
    const begun = Promise.withResolvers<void>();
    let isHeld = true;
    const app = await making((_, __, signal) => {
      if (!isHeld) return Promise.resolve(planned);
      begun.resolve();
      return new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason as Error)),
      );
    });
    const caller = new AbortController();
    const request = signedRequest(credentialsOf(ADA), `${BASE}${PLAN}`, { body: aTask() });
    const gone = app.fetch(new Request(request, { signal: caller.signal }));
    await begun.promise;
    caller.abort();
    expect((await gone).status).toBe(500);
    isHeld = false;
    expect((await app.call(PLAN, { body: aTask() })).status).toBe(200);
  });

  test("is refused while no task is taken", async () => {
    const app = await anApp({
      planner: async () => planned,
      refuseWhileClosed: () => {
        throw new TaskError("service_unavailable", "Cannot take a task: the disk is full");
      },
    });
    expect(await refusalOf(await app.call(PLAN, { body: aTask() }))).toBe("503 ServiceUnavailable");
  });
});
