import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { Api, Problem } from "../../../src/ui/base/api.js";
import { importKey } from "../../../src/ui/base/signature.js";
import { ADA, anApp, aTask } from "../../fixtures/http-app.ts";

// The page's own code against the real app; what it looks like and does in a browser is in `test/ui/*.test.ts`.

const globals = globalThis as { document?: unknown };
/** How far the app's clock is ahead. */
let aheadMs = 0;
const app = await anApp({ now: () => Date.now() + aheadMs });
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: async (request) => {
    const answer = await app.fetch(request);
    answer.headers.set("Date", new Date(Date.now() + aheadMs).toUTCString());
    return answer;
  },
});
beforeAll(() => {
  globals.document = { baseURI: String(server.url) };
});
afterEach(() => {
  aheadMs = 0;
});
afterAll(async () => {
  delete globals.document;
  await server.stop(true);
});

const anApi = async (secret = ADA.privateKey): Promise<Api> =>
  new Api({
    publicKey: ADA.publicKey,
    clientCode: ADA.clientCode,
    privateKey: await importKey(secret),
  });

/** What a call is refused with. */
const refusal = async (call: Promise<unknown>): Promise<Problem> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Problem);
  return error as Problem;
};

describe("Api", () => {
  test("creates, lists and shows tasks, and tells of their runs", async () => {
    const api = await anApi();
    const id = await api.createTask(aTask({ metadata: { order: "A 17" } }));
    const { signal } = new AbortController();
    expect((await api.tasks({ status: "PENDING", limit: undefined }, signal)).tasks).toMatchObject([
      { task_id: id },
    ]);
    expect(await api.task(id, signal)).toMatchObject({ task_id: id, metadata: { order: "A 17" } });
    expect(await api.log(id)).toMatchObject({ attempts: [] });
    expect((await api.profiles(signal))[0]?.profile_name).toStartWith("video_");
    expect((await refusal(api.task(id, signal, true))).code).toBe("AccessDenied");
  });

  test("says which field a call was refused for, and what else refuses it", async () => {
    const api = await anApi();
    const wrong = await refusal(api.createTask(aTask({ priority: 99 })));
    expect(wrong).toMatchObject({ code: "InvalidParameterException", status: 400 });
    expect(wrong.faults).toMatchObject([{ path: "priority" }]);
    expect(await refusal((await anApi("another's")).tasks({}))).toMatchObject({ status: 401 });
    expect(await refusal(api.plan(aTask()))).toMatchObject({ status: 503 });
    const missing = await refusal(api.call("GET", api.profileUrl("no/such profile")));
    expect(missing).toMatchObject({ code: "NoSuchProfile", status: 404 });
  });

  test("passes on what stands between says in place of the service", async () => {
    const api = await anApi();
    const proxy = Bun.serve({
      port: 0,
      fetch: () => new Response("<h1>down</h1>", { status: 502, statusText: "Bad Gateway" }),
    });
    const failed = await refusal(api.call("GET", new URL("/api/v1/profiles", proxy.url)));
    await proxy.stop(true);
    expect(failed).toMatchObject({ status: 502, code: "" });
    expect(failed.message).toStartWith("502");
  });

  test("takes the service's time where the clocks differ, once and for all", async () => {
    aheadMs = 3_600_000;
    const api = await anApi();
    const calls: unknown[] = [];
    const { fetch: own } = globalThis;
    const counted = (...args: Parameters<typeof own>) => {
      calls.push(args);
      return own(...args);
    };
    globalThis.fetch = Object.assign(counted, { preconnect: own.preconnect });
    try {
      await api.tasks({});
      expect(calls).toHaveLength(2);
      await api.tasks({});
      expect(calls).toHaveLength(3);
    } finally {
      globalThis.fetch = own;
    }
  });

  test("knows where files may be put in and read out, and asks once", async () => {
    const api = await anApi();
    const places = await api.places();
    expect(places).toMatchObject({ readable: [""], writable: [""] });
    expect(await api.places()).toBe(places as NonNullable<typeof places>);
  });

  test("names files as the service does, by address or path", async () => {
    const api = await anApi();
    const path = (address: string) => api.mediaUrl(address).pathname;
    expect(path("in/a b.mp4")).toBe("/api/v1/media/in/a%20b.mp4");
    expect(path("/srv/media/in.mp4")).toBe("/api/v1/media/%2Fsrv/media/in.mp4");
    expect(path("file:///srv/media/a%20b.mp4")).toBe("/api/v1/media/%2Fsrv/media/a%20b.mp4");
  });
});
