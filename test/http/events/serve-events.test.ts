import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { until } from "../../fixtures/event-bench.ts";
import { readEvents } from "../../fixtures/event-source.ts";
import {
  ADA,
  anApp,
  appOfEachTest,
  aTask,
  BASE,
  CLIENTS,
  created,
  credentialsOf,
  refusalOf,
  TASKS,
} from "../../fixtures/http-app.ts";
import { signedRequest } from "../../fixtures/signed-client.ts";
import { aWorker } from "../../fixtures/store-bench.ts";

// Real commits on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const app = appOfEachTest();

const EVENTS = `${TASKS}/events`;
const from = (id: string | number) => ({ headers: { "Last-Event-ID": String(id) } });
let targets = 0;
const create = (as = ADA) => {
  targets += 1;
  return created(app, aTask({ targets: [{ target_url: `out-${targets}.mp4` }] }), as);
};
const cancel = (id: string) => app.call(`${TASKS}/${id}/cancel`, { method: "POST" });

describe("GET …/{task_id}/events", () => {
  test("tells of the task from its creation to its end, and then ends", async () => {
    const id = await create();
    const response = await app.call(`${TASKS}/${id}/events`);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
      "x-request-id": expect.any(String),
    });
    const reading = readEvents(response);
    const work = await app.queue.claim(aWorker());
    const claim = work?.claim ?? { taskId: "", attempt: 0 };
    const failure = {
      code: "target_unreachable",
      detail: "Cannot reach http://u:s3cret@h/x",
    } as const;
    await app.tasks.saveTarget(claim, 0, { status: "FAILED", failure });
    await app.tasks.finish(claim, { status: "FAILED", failure });
    await until(reading.isOver);
    expect(reading.blocks[0]).toEqual({ retry: "2000", id: "0" } as object);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const error = { code: "OutputNotSupported", detail: "Cannot reach http://***@h/x" };
    const run = { task_id: id, time, attempt: 1 };
    const target = { index: 0, target_url: `out-${targets}.mp4`, target_status: "FAILED" };
    expect(reading.logged()).toEqual([
      { task_id: id, sequence: 1, time, type: "created", task_status: "PENDING" },
      { ...run, sequence: 2, type: "started", task_status: "RUNNING" },
      { ...run, sequence: 3, type: "target", task_status: "RUNNING", target, error },
      { ...run, sequence: 4, type: "ended", task_status: "FAILED", error },
    ]);
    const events = reading.blocks.filter(({ data }) => data);
    expect(events.map(({ event }) => event)).toEqual(reading.logged().map(({ type }) => type));
  });

  test("goes on behind the last event that its client has; behind the end there is nothing", async () => {
    const id = await create();
    await cancel(id);
    const path = `${TASKS}/${id}/events`;
    const whole = readEvents(await app.call(path));
    await until(whole.isOver);
    expect(whole.logged().map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    const ids = whole.blocks.flatMap(({ id: place, data }) => (data ? [place ?? ""] : []));
    for (const [at, place] of ids.entries()) {
      const response = await app.call(path, from(place));
      const rest = readEvents(response);
      await until(rest.isOver);
      expect(rest.logged()).toEqual(whole.logged().slice(at + 1));
      expect(response.status).toBe(at < 2 ? 200 : 204);
    }
    // Its client may have it run again.
    await app.call(`${TASKS}/${id}/retry`, { method: "POST" });
    const again = readEvents(await app.call(path, from(whole.lastId())));
    await until(() => again.logged().length > 0);
    expect([again.logged().map(({ type }) => type), again.isOver()]).toEqual([["retried"], false]);
    await again.leave();
  });

  test("is for its client alone, and of a place that may be one", async () => {
    const id = await create();
    const path = `${TASKS}/${id}/events`;
    expect(await refusalOf(await app.call(path, { as: CLIENTS.bob }))).toBe("404 NoSuchTask");
    expect(await refusalOf(await app.call(`${TASKS}/none/events`))).toBe("404 NoSuchTask");
    for (const place of ["x", "-1", "1.5", "", "12345678901234567"])
      expect(await refusalOf(await app.call(path, from(place)))).toBe(
        "400 InvalidParameterException",
      );
    expect(await refusalOf(await app.call(EVENTS, { method: "POST" }))).toBe(
      "405 MethodNotAllowed",
    );
  });
});

describe("GET …/events", () => {
  test("tells of all tasks of the client from now on, or from a place", async () => {
    const before = await create();
    const reading = readEvents(await app.call(EVENTS));
    const ids = [await create(), await create()];
    await create(CLIENTS.bob);
    await cancel(before);
    await until(() => reading.logged().length >= 4);
    expect(reading.logged().map(({ task_id }) => task_id)).toEqual([...ids, before, before]);
    const all = readEvents(await app.call(EVENTS, from(0)));
    await until(() => all.logged().length >= 5);
    expect(all.logged().slice(1)).toEqual([...reading.logged()]);
    // A client that left before it was told of anything comes back to the place where it began.
    const early = readEvents(await app.call(EVENTS));
    await until(() => early.lastId() !== "");
    await early.leave();
    const later = await create();
    const back = readEvents(await app.call(EVENTS, from(early.lastId())));
    await until(() => back.logged().length > 0);
    expect(back.logged().map(({ task_id }) => task_id)).toEqual([later]);
    for (const each of [reading, all, back]) await each.leave();
  });

  test("tells of progress without an id", async () => {
    await create();
    const work = await app.queue.claim(aWorker());
    const reading = readEvents(await app.call(EVENTS));
    const progress = {
      phase: "FETCHING",
      outTimeSeconds: 0,
      speed: 0,
      fps: 0,
      percent: 12,
    } as const;
    await app.tasks.saveProgress(work?.claim ?? { taskId: "", attempt: 0 }, progress);
    await until(() => reading.blocks.some(({ event }) => event === "progress"));
    expect(reading.blocks.find(({ event }) => event === "progress")).toMatchObject({
      event: "progress",
      data: {
        ...{ task_id: work?.claim.taskId ?? "", sequence: 2, type: "progress", attempt: 1 },
        ...{ task_status: "RUNNING", time: expect.any(String) },
        progress: { phase: "FETCHING", percent: 12, out_time_seconds: 0, speed: 0, fps: 0 },
      },
    });
    const told = reading.blocks.find(({ event }) => event === "progress") ?? {};
    expect(Object.keys(told).toSorted()).toEqual(["data", "event"]);
    await reading.leave();
  });
});

describe("open streams", () => {
  test("are limited for a client and in all, with the calls that wait", async () => {
    const id = await create();
    Object.assign(app, await anApp({ streamsMax: 3, clientStreamsMax: 2 }));
    const own = await create();
    const streams = [await app.call(EVENTS), await app.call(`${TASKS}/${own}/events`)];
    for (const path of [EVENTS, `${TASKS}/${own}/events`, `${TASKS}/${own}?wait=60`]) {
      const refused = await app.call(path);
      expect(refused.headers.get("Retry-After")).toBe("1");
      expect(await refusalOf(refused)).toBe("429 TooManyRequests");
    }
    expect(id).not.toBe(own);
    const bobs = await app.call(EVENTS, { as: CLIENTS.bob });
    expect(await refusalOf(await app.call(EVENTS, { as: CLIENTS.bob }))).toBe(
      "429 TooManyRequests",
    );
    // One that was left, one whose task has ended, and one that nobody reads are open no more.
    const readings = streams.map(readEvents);
    await readings[0]?.leave();
    await cancel(own);
    await until(() => readings[1]?.isOver() === true);
    for (let time = 0; time < 5; time += 1)
      expect((await app.call(EVENTS, { method: "HEAD" })).status).toBe(200);
    const again = [await app.call(EVENTS), await app.call(EVENTS)];
    expect(again.map(({ status }) => status)).toEqual([200, 200]);
    for (const each of [...again, bobs]) await each.body?.cancel();
  });

  test("are freed when the caller has gone before it was answered", async () => {
    Object.assign(app, await anApp({ clientStreamsMax: 1 }));
    const leaving = new AbortController();
    const request = signedRequest(credentialsOf(ADA), `${BASE}${EVENTS}`);
    await app.fetch(new Request(request, { signal: leaving.signal }));
    expect((await app.call(EVENTS)).status).toBe(429);
    leaving.abort();
    const next = await app.call(EVENTS);
    expect(next.status).toBe(200);
    await next.body?.cancel();
  });
});

describe("GET of a task with wait", () => {
  test("answers when the task changes", async () => {
    const id = await create();
    let isAnswered = false;
    const waited = app.call(`${TASKS}/${id}?wait=60`).finally(() => {
      isAnswered = true;
    });
    await app.call(`${TASKS}/${id}`);
    expect(isAnswered).toBe(false);
    await cancel(id);
    const response = await waited;
    expect([
      response.status,
      ((await response.json()) as { task_status: string }).task_status,
    ]).toEqual([200, "CANCELLED"]);
  });

  test("holds its connection open for longer than the wait, and other calls do not", async () => {
    const id = await create();
    await cancel(id);
    const held: number[] = [];
    const connection = { holdOpen: (seconds: number) => void held.push(seconds) };
    for (const query of ["", "?wait=60"])
      await app.fetch(
        signedRequest(credentialsOf(ADA), `${BASE}${TASKS}/${id}${query}`),
        connection,
      );
    expect(held).toEqual([70]);
  });

  test("takes 1 to 60 whole seconds", async () => {
    const id = await create();
    for (const wait of ["0", "61", "1.5", "-1", "x", ""])
      expect(await refusalOf(await app.call(`${TASKS}/${id}?wait=${wait}`))).toBe(
        "400 InvalidParameterException",
      );
    expect(await refusalOf(await app.call(`${TASKS}/none?wait=60`))).toBe("404 NoSuchTask");
    // Other parameters are none of this call.
    expect((await app.call(`${TASKS}/${id}?waits=0`)).status).toBe(200);
  });
});
