import { describe, expect, test } from "bun:test";
import { TaskCreated } from "../../src/http/schemas/create-schemas.ts";
import { TaskPageSchema, TaskSchema } from "../../src/http/schemas/task-schemas.ts";
import {
  anApp,
  appOfEachTest,
  aTask,
  CLIENTS,
  created,
  refusalOf,
  TASKS,
} from "../fixtures/http-app.ts";

const app = appOfEachTest();

const read = async (id: string, headers: Record<string, string> = {}) =>
  TaskSchema.parse(await (await app.call(`${TASKS}/${id}`, { headers })).json());

const list = async (query: string) => {
  const response = await app.call(`${TASKS}?${query}`);
  return TaskPageSchema.parse(await response.json());
};

const into = (target_url: string, more: object = {}) =>
  aTask({ targets: [{ target_url }], ...more });

describe("POST task", () => {
  test("answers with the task's id alone, as JSON that is not to be cached", async () => {
    const response = await app.call(TASKS, { body: aTask() });
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Type")).toBe("application/json;charset=UTF-8");
    expect(response.headers.get("Cache-Control")).toBe("no-cache");
    const body = await response.json();
    expect(Object.keys(TaskCreated.parse(body))).toEqual(Object.keys(body));
  });

  test.each([0, 1])("exists in version %i", async (version) => {
    const response = await app.call(`/api/v${version}/task/transcoding`, { body: aTask() });
    expect(response.status).toBe(200);
  });

  test("takes the document's example, with files in place of streams", async () => {
    const body = `{
      "source": { "source_url": "live/sample_1in2out" },
      "profile_name": "video_mp4_1280x720_1728kbps",
      "targets": [ { "target_url": "live/sample_out0" }, { "target_url": "live/sample_out1" } ]
    }`;
    const { task_id } = TaskCreated.parse(await (await app.call(TASKS, { body })).json());
    expect(await read(task_id)).toMatchObject({
      source: { source_url: "live/sample_1in2out" },
      profile_name: "video_mp4_1280x720_1728kbps",
      targets: [{ target_url: "live/sample_out0" }, { target_url: "live/sample_out1" }],
      task_status: "PENDING",
    });
  });

  test("takes a single target in place of an array, and the default profile for none", async () => {
    const id = await created(app, {
      source: { source_url: "in.mp4" },
      targets: { target_url: "out.mp4" },
    });
    const task = await read(id);
    expect(task.targets).toEqual([{ target_url: "out.mp4", target_status: "PENDING" }]);
    expect(task.profile_name).toBe("video_mp4_1280x720_1728kbps");
  });

  test("ignores unknown fields, and a prototype for one", async () => {
    const body =
      '{"__proto__":{"priority":9},"source":{"source_url":"a","x":1},"targets":[{"target_url":"b","y":2}],"z":3}';
    const id = TaskCreated.parse(await (await app.call(TASKS, { body })).json()).task_id;
    expect((await read(id)).priority).toBe(0);
  });

  test.each([
    ["none", undefined],
    ["with a charset", "application/json; charset=UTF-8"],
    ["of a JSON dialect", "application/vnd.x+json"],
  ])("takes a content type: %s", async (_, type) => {
    const body = JSON.stringify(aTask());
    const headers = { "Content-Type": type ?? "" };
    expect((await app.call(TASKS, { body, headers })).status).toBe(200);
  });

  test("keeps what the caller adds", async () => {
    const extras = {
      priority: -3,
      timeout_seconds: 90,
      metadata: { order: "A-17", 名: "值" },
      clip: { start_seconds: 1.5, duration_seconds: 2 },
      title: "Größe 你好",
    };
    const id = await created(app, aTask(extras));
    expect(await read(id)).toMatchObject(extras);
  });

  test("keeps the profile of a target", async () => {
    const targets = [
      { target_url: "a.mp4" },
      { target_url: "b.mp3", profile_name: "audio_mp3_128kbps" },
    ];
    expect((await read(await created(app, aTask({ targets })))).targets).toMatchObject(targets);
  });

  test("wakes the workers once the task is there", async () => {
    let found: unknown;
    const woken = new Promise<void>((resolve) => {
      app.queue.listen({
        onCancel: () => undefined,
        onWork: () => {
          found = app.queue.claim({ id: "w", engine: "native" });
          resolve();
        },
      });
    });
    const id = await created(app);
    await woken;
    expect(await found).toMatchObject({
      task: { id },
      assignments: [{ targets: [0], rendition: { container: "mp4" } }],
    });
  });

  test("the same Idempotency-Key and body answer with the first task", async () => {
    const call = { body: aTask(), headers: { "Idempotency-Key": "order-17" } };
    const ids = await Promise.all([1, 2, 3].map(async () => (await app.call(TASKS, call)).text()));
    expect(new Set(ids).size).toBe(1);
    const bobs = await app.call(TASKS, { ...call, body: into("b.mp4"), as: CLIENTS.bob });
    expect(await bobs.text()).not.toBe(ids[0] ?? "");
  });

  test("the same Idempotency-Key answers with the first task when its profile is gone, and uses the nonce", async () => {
    const qlties = [{ container: "mp4", bitrate: 600_000, audio_bitrate: 64_000 }];
    await app.call("/api/v1/profile", { body: { profile_name: "phone", qlties } });
    const body = aTask({ profile_name: "phone" });
    const headers = { "Idempotency-Key": "order-17" };
    const first = await (await app.call(TASKS, { body, headers })).text();
    await app.call(`${TASKS}/${TaskCreated.parse(JSON.parse(first)).task_id}/cancel`, {
      method: "POST",
    });
    expect((await app.call("/api/v1/profile/phone", { method: "DELETE" })).status).toBe(200);
    const again = await app.call(TASKS, { body, headers, nonce: "4711" });
    expect([again.status, await again.text()]).toEqual([200, first]);
    const replayed = await app.call(TASKS, { body, headers, nonce: "4711" });
    expect(await refusalOf(replayed)).toBe("401 RequestReplayed");
  });
});

describe("GET task", () => {
  test("has no field whose time has not come", async () => {
    const response = await app.call(`${TASKS}/${await created(app)}`);
    expect(Object.keys(await response.json())).toEqual([
      "task_id",
      "source",
      "profile_name",
      "targets",
      "task_status",
      "create_time",
      "priority",
    ]);
  });

  test("masks the credentials of addresses", async () => {
    const address = async (url: string) => ({ url, key: url });
    const storages = [{ schemes: ["https", "rtmp"], source: address, target: address }];
    Object.assign(app, await anApp({ storages }));
    const task = {
      source: { source_url: "https://ann:hunter2@host/a.mp4?token=abc&x=1" },
      targets: [
        { target_url: "https://host/b.mp4?X-Amz-Signature=abc" },
        { target_url: "rtmp://ann:pw@host/live/sample" },
      ],
    };
    const { source, targets } = await read(await created(app, task));
    expect(source.source_url).toBe("https://***@host/a.mp4?token=***&x=1");
    // Stream keys stand in paths: the owner sees which stream is which, as in the document's own example.
    expect(targets.map(({ target_url }) => target_url)).toEqual([
      "https://host/b.mp4?X-Amz-Signature=***",
      "rtmp://***@host/live/sample",
    ]);
    const again = await app.call(TASKS, {
      body: aTask({ ...task, targets: task.targets.slice(1) }),
    });
    expect([again.status, await again.text()]).toEqual([
      409,
      expect.stringContaining("rtmp://***@host/live/***"),
    ]);
  });

  test("tells a failure in the words of the document's table, in the caller's language", async () => {
    const id = await created(app);
    const work = await app.queue.claim({ id: "w", engine: "native" });
    if (!work) throw new Error("no work");
    await app.tasks.saveProgress(work.claim, {
      phase: "TRANSCODING",
      percent: 50,
      outTimeSeconds: 1,
      speed: 2,
      fps: 25,
    });
    expect(await read(id)).toMatchObject({
      task_status: "RUNNING",
      engine: "native",
      attempt: 1,
      attempts: [{ attempt: 1, engine: "native" }],
      progress: { phase: "TRANSCODING", percent: 50, out_time_seconds: 1, speed: 2, fps: 25 },
    });
    await app.tasks.finish(work.claim, {
      status: "FAILED",
      failure: { code: "source_not_media", detail: 'Cannot read "in.mp4": it is no media' },
    });
    const task = await read(id);
    const error = {
      code: "InvalidInputData",
      message: "The input data is invalid. Please check your input data.",
      detail: 'Cannot read "in.mp4": it is no media',
    } as const;
    expect(task).toMatchObject({ task_status: "FAILED", error, attempts: [{ attempt: 1, error }] });
    const chinese = await read(id, { "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8" });
    expect(chinese.error?.message).toBe("无效的输入数据，请检查您的输入视频是否是有效");
    expect(chinese.error?.detail).toBe(error.detail);
  });
});

describe("GET tasks", () => {
  test("pages through the caller's own, newest first, each once", async () => {
    const ids: string[] = [];
    for (const name of ["a", "b", "c", "d", "e"]) ids.unshift(await created(app, into(name)));
    await app.call(TASKS, { body: into("bobs"), as: CLIENTS.bob });
    const seen: string[] = [];
    let cursor = "";
    do {
      const page = await list(`limit=2${cursor}`);
      expect(page.tasks.length).toBeLessThanOrEqual(2);
      seen.push(...page.tasks.map(({ task_id }) => task_id));
      cursor = page.next_cursor ? `&cursor=${encodeURIComponent(page.next_cursor)}` : "";
    } while (cursor);
    expect(seen).toEqual(ids);
  });

  test("filters by status, profile and time", async () => {
    const flv = await created(app, into("a", { profile_name: "video_flv_1280x720_1728kbps" }));
    const gone = await created(app, into("b"));
    await app.call(`${TASKS}/${gone}/cancel`, { method: "POST" });
    const idsOf = async (query: string) => (await list(query)).tasks.map(({ task_id }) => task_id);
    expect(await idsOf("status=CANCELLED")).toEqual([gone]);
    expect(await idsOf("profile_name=video_flv_1280x720_1728kbps")).toEqual([flv]);
    expect(await idsOf("created_after=2015-05-19T12:28:39Z")).toEqual([gone, flv]);
    expect(await idsOf("created_after=2999-05-19T14:28:39%2B02:00")).toEqual([]);
    expect(await idsOf("unknown=1")).toEqual([gone, flv]);
  });
});

describe("POST cancel and retry", () => {
  test("a pending task is cancelled at once and can be retried", async () => {
    const id = await created(app);
    const cancelled = await app.call(`${TASKS}/${id}/cancel`, { method: "POST" });
    expect(cancelled.status).toBe(200);
    expect(TaskSchema.parse(await cancelled.json()).task_status).toBe("CANCELLED");
    const retried = await app.call(`${TASKS}/${id}/retry`, { method: "POST", body: "{}" });
    expect(retried.status).toBe(200);
    const task = TaskSchema.parse(await retried.json());
    expect(task.task_status).toBe("PENDING");
    expect(task.end_time).toBeUndefined();
  });

  test("a running task is asked to stop, and its worker is told", async () => {
    const told: string[] = [];
    app.queue.listen({ onWork: () => undefined, onCancel: (id) => told.push(id) });
    const id = await created(app);
    await app.queue.claim({ id: "w", engine: "native" });
    const response = await app.call(`${TASKS}/${id}/cancel`, { method: "POST" });
    expect(response.status).toBe(202);
    const task = TaskSchema.parse(await response.json());
    expect(task).toMatchObject({ task_status: "RUNNING", cancel_requested: true });
    expect(told).toEqual([id]);
  });

  test("a retry wakes the workers", async () => {
    const id = await created(app);
    await app.call(`${TASKS}/${id}/cancel`, { method: "POST" });
    let wakes = 0;
    app.queue.listen({
      onWork: () => {
        wakes += 1;
      },
      onCancel: () => undefined,
    });
    await app.call(`${TASKS}/${id}/retry`, { method: "POST" });
    expect(wakes).toBe(1);
  });
});
