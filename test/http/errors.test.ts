import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { TaskError } from "../../src/task/errors.ts";
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
} from "../fixtures/http-app.ts";
import { type SignedCallOptions, signedRequest } from "../fixtures/signed-client.ts";

const app = appOfEachTest();

const PROFILE = {
  profile_name: "mine",
  qlties: [{ container: "mp4", bitrate: 500_000, audio_bitrate: 64_000 }],
};
const NOWHERE = `${TASKS}/0197a2c4-5b1e-7c3a-9d52-6f0e8a1b2c3d`;

type Row = readonly [code: string, what: string, path: string, options: SignedCallOptions];

const target = (target_url: unknown, more: object = {}) =>
  aTask({ targets: [{ target_url, ...more }] });

/** One call that meets each row of the contract's table (section 3) that needs no preparation. */
const ROWS: readonly Row[] = [
  ["400 InvalidParameterException", "no source", TASKS, { body: { targets: [] } }],
  ["400 InvalidParameterException", "no target", TASKS, { body: aTask({ targets: [] }) }],
  ["400 InvalidParameterException", "a number for an address", TASKS, { body: target(5) }],
  ["400 InvalidParameterException", "an empty address", TASKS, { body: target("") }],
  ["400 InvalidParameterException", "a NUL in an address", TASKS, { body: target("a\0.mp4") }],
  ["400 InvalidParameterException", "a line break", TASKS, { body: target("a\nb.mp4") }],
  ["400 InvalidParameterException", "half a character", TASKS, { body: target("a\ud800.mp4") }],
  ["400 InvalidParameterException", "9 KiB of address", TASKS, { body: target("a".repeat(9216)) }],
  ["400 InvalidParameterException", "JSON of another kind", TASKS, { body: [] }],
  ["400 InvalidParameterException", "a limit of 0", `${TASKS}?limit=0`, {}],
  ["400 InvalidParameterException", "a limit of 101", `${TASKS}?limit=101`, {}],
  ["400 InvalidParameterException", "no such status", `${TASKS}?status=DONE`, {}],
  ["400 InvalidParameterException", "a cursor of nothing", `${TASKS}?cursor=x`, {}],
  ["400 InvalidParameterException", "a day", `${TASKS}?created_after=yesterday`, {}],
  ["400 InvalidParameterException", "one of sources", TASKS, { body: joined(["a.mp4"]) }],
  ["400 InvalidParameterException", "a source too", TASKS, { body: joined(["a", "b"], "c") }],
  ["400 InvalidParameterException", "the source as target", TASKS, { body: target("./in.mp4") }],
  ["400 InvalidParameterException", "33 targets", TASKS, { body: many(33) }],
  ["400 InvalidParameterException", "1000 targets", TASKS, { body: many(1000) }],
  ["400 InvalidParameterException", "priority 11", TASKS, { body: aTask({ priority: 11 }) }],
  ["400 InvalidParameterException", "priority by text", TASKS, { body: aTask({ priority: "1" }) }],
  ["400 InvalidParameterException", "no time", TASKS, { body: aTask({ timeout_seconds: 0 }) }],
  ["400 InvalidParameterException", "17 keys", TASKS, { body: aTask({ metadata: keys(17) }) }],
  ["400 InvalidParameterException", "long metadata", TASKS, { body: metadata("x".repeat(1025)) }],
  ["400 InvalidParameterException", "metadata of numbers", TASKS, { body: metadata(1) }],
  ["400 InvalidParameterException", "a clip before 0", TASKS, { body: clip(-1, 1) }],
  ["400 InvalidParameterException", "a clip of 0 s", TASKS, { body: clip(0, 0) }],
  ["400 InvalidParameterException", "an empty title", TASKS, { body: aTask({ title: "" }) }],
  ["400 InvalidParameterException", "a title of lines", TASKS, { body: aTask({ title: "a\nb" }) }],
  ["400 InvalidParameterException", "key 01", `${NOWHERE}/keys/01`, {}],
  ["400 InvalidParameterException", "key 1000000", `${NOWHERE}/keys/1000000`, {}],
  ["404 NoSuchTask", "a key of no task", `${NOWHERE}/keys/0`, {}],
  ["400 InvalidParameterException", "a key of spaces", TASKS, idempotent("a b")],
  ["400 InvalidParameterException", "a key of 65", TASKS, idempotent("a".repeat(65))],
  ["400 MalformedJSON", "no body", TASKS, { method: "POST" }],
  ["400 MalformedJSON", "half a body", TASKS, { body: '{"source":' }],
  ["400 MalformedJSON", "bytes that are no UTF-8", TASKS, { body: new Uint8Array([34, 0xff, 34]) }],
  ["400 MalformedJSON", "a megabyte of brackets", TASKS, { body: "[".repeat(1024 * 1024) }],
  ["400 InputNotSupported", "an rtmp source", TASKS, { body: source("rtmp://h/live/a") }],
  ["400 InputNotSupported", "a data: source", TASKS, { body: source("data:video/mp4,AAAA") }],
  ["400 InputNotSupported", "ffmpeg's concat", TASKS, { body: source("concat:a|b") }],
  ["400 OutputNotSupported", "an s3 target", TASKS, { body: target("S3://bucket/a.mp4") }],
  ["400 OutputNotSupported", "an encoder not here", TASKS, { body: profile("video_hls_adaptive") }],
  ["401 AuthenticationFailed", "a nonce of 65 digits", TASKS, { nonce: "1".repeat(65) }],
  ["401 AuthenticationFailed", "a time of letters", TASKS, { execTime: "abcdefghij" }],
  ["401 RequestExpired", "a time long ago", TASKS, { execTime: "1000000000" }],
  ["401 RequestExpired", "a time to come", TASKS, { execTime: "9999999999" }],
  ["403 AccessDenied", "a source outside", TASKS, { body: source("../other/a.mp4") }],
  ["403 AccessDenied", "a target outside", TASKS, { body: target("file:/etc/a.mp4") }],
  [
    "403 AccessDenied",
    "a system profile",
    "/api/v1/profile/audio_mp3_128kbps",
    { method: "DELETE" },
  ],
  ["404 NoSuchTask", "no such task", NOWHERE, {}],
  ["404 NoSuchTask", "an id that is none", `${TASKS}/3125`, {}],
  ["404 NoSuchTask", "an id of NUL", `${TASKS}/%00`, {}],
  ["404 NoSuchTask", "a path in an id", `${TASKS}/..%2F..%2Fetc`, {}],
  ["404 NoSuchTask", "no such task to cancel", `${NOWHERE}/cancel`, { method: "POST" }],
  ["404 NoSuchTask", "no such task to retry", `${NOWHERE}/retry`, { method: "POST" }],
  ["404 NoSuchProfile", "no such profile", "/api/v1/profile/nobodys", {}],
  ["404 NoSuchProfile", "none to delete", "/api/v1/profile/nobodys", { method: "DELETE" }],
  ["404 NoSuchProfile", "a task of none", TASKS, { body: profile("nobodys") }],
  ["404 NoSuchProfile", "a target of none", TASKS, { body: target("b", { profile_name: "x" }) }],
  ["404 InvalidVersion", "version 2", "/api/v2/task/transcoding", {}],
  ["404 InvalidVersion", "version 01", "/api/v01/task/transcoding", {}],
  ["404 InvalidVersion", "version 2 of nothing", "/api/v2/nothing", {}],
  ["404 NoSuchResource", "nothing there", "/api/v1/nothing", {}],
  ["404 NoSuchResource", "a slash too much", `${TASKS}/`, {}],
  ["404 NoSuchResource", "below the root", "/nothing", {}],
  ["405 MethodNotAllowed", "a PUT", TASKS, { method: "PUT" }],
  ["409 ProfileExists", "a system's name", "/api/v1/profile", { body: named("audio_mp3_99kbps") }],
  ["413 RequestTooLarge", "2 MiB", TASKS, { body: "x".repeat(2 * 1024 * 1024) }],
  ["415 UnsupportedMediaType", "a form", TASKS, typed("application/x-www-form-urlencoded")],
  ["415 UnsupportedMediaType", "GBK", TASKS, typed("application/json; charset=gbk")],
  [
    "415 UnsupportedMediaType",
    "gzip",
    TASKS,
    {
      body: "{}",
      headers: { "Content-Encoding": "gzip" },
    },
  ],
];

function many(count: number) {
  return aTask({ targets: Array.from({ length: count }, (_, n) => ({ target_url: `${n}.mp4` })) });
}
function keys(count: number) {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, ""]));
}
function metadata(value: unknown) {
  return aTask({ metadata: { a: value } });
}
function clip(start_seconds: number, duration_seconds: number) {
  return aTask({ clip: { start_seconds, duration_seconds } });
}
function joined(urls: readonly string[], alone?: string) {
  const sources = urls.map((source_url) => ({ source_url }));
  return aTask({ source: alone === undefined ? undefined : { source_url: alone }, sources });
}
function source(source_url: string) {
  return aTask({ source: { source_url } });
}
function profile(profile_name: string) {
  return aTask({ profile_name });
}
function named(profile_name: string) {
  return { ...PROFILE, profile_name };
}
function idempotent(key: string): SignedCallOptions {
  return { body: aTask(), headers: { "Idempotency-Key": key } };
}
function typed(type: string): SignedCallOptions {
  return { body: "{}", headers: { "Content-Type": type } };
}

describe("a refused call", () => {
  test.each(ROWS)("%s: %s", async (code, _, path, options) => {
    const response = await app.call(path, options);
    expect(await refusalOf(response)).toBe(code);
  });

  test("IdempotencyConflict: a key used with another body", async () => {
    await app.call(TASKS, idempotent("k"));
    const again = await app.call(TASKS, { ...idempotent("k"), body: target("other.mp4") });
    expect(await refusalOf(again)).toBe("409 IdempotencyConflict");
  });

  test("TaskConflict: a target that an unfinished task writes, a cancel too late, a retry too early", async () => {
    const id = await created(app);
    const same = await app.call(TASKS, { body: aTask({ source: { source_url: "other.mp4" } }) });
    expect(await refusalOf(same)).toBe("409 TaskConflict");
    const early = await app.call(`${TASKS}/${id}/retry`, { method: "POST" });
    expect(await refusalOf(early)).toBe("409 TaskConflict");
    await app.call(`${TASKS}/${id}/cancel`, { method: "POST" });
    const late = await app.call(`${TASKS}/${id}/cancel`, { method: "POST" });
    expect(await refusalOf(late)).toBe("409 TaskConflict");
  });

  test("ProfileExists and ProfileNotEmpty: a name taken, a profile in use", async () => {
    await app.call("/api/v1/profile", { body: PROFILE });
    const again = await app.call("/api/v1/profile", { body: PROFILE });
    expect(await refusalOf(again)).toBe("409 ProfileExists");
    await created(app, profile("mine"));
    const used = await app.call("/api/v1/profile/mine", { method: "DELETE" });
    expect(await refusalOf(used)).toBe("400 ProfileNotEmpty");
  });

  test("InvalidParameterException: the same target twice, however it is written", async () => {
    const targets = [
      { target_url: "out.mp4" },
      { target_url: `file:${join(app.root, "x", "..", "out.mp4")}` },
    ];
    const response = await app.call(TASKS, { body: aTask({ targets }) });
    expect(await response.json()).toMatchObject({
      error: { code: "InvalidParameterException", details: [{ path: "targets[1].target_url" }] },
    });
  });

  test("InvalidParameterException: lists each bad field with its path", async () => {
    const body = { source: {}, targets: [{ target_url: "a" }, { target_url: 1 }], priority: 1.5 };
    const response = await app.call(TASKS, { body });
    const { error } = (await response.json()) as { error: { details: { path: string }[] } };
    expect(error.details.map(({ path }) => path)).toEqual([
      "source.source_url",
      "targets[1].target_url",
      "priority",
    ]);
  });

  test("NoSuchTask: another client's task", async () => {
    const id = await created(app);
    for (const [method, path] of [
      ["GET", id],
      ["POST", `${id}/cancel`],
      ["POST", `${id}/retry`],
      ["DELETE", id],
    ]) {
      const response = await app.call(`${TASKS}/${path}`, {
        method: method ?? "",
        as: CLIENTS.bob,
      });
      expect(await refusalOf(response)).toBe("404 NoSuchTask");
    }
  });

  test("ServiceUnavailable: a host that has no file descriptors left to judge an address with", async () => {
    const lacking = Object.assign(new Error("EMFILE"), { code: "EMFILE" });
    const cause = new TaskError("internal", "Cannot resolve the address", { cause: lacking });
    const source = () => Promise.reject(cause);
    const app = await anApp({ storages: [{ schemes: ["file"], source, target: source }] });
    const answer = await app.call(TASKS, { body: aTask() });
    expect(answer.headers.get("Retry-After")).toBe("1");
    expect(await refusalOf(answer)).toBe("503 ServiceUnavailable");
  });

  test("MethodNotAllowed: says which methods are", async () => {
    const { headers } = await app.call(TASKS, { method: "DELETE" });
    expect(headers.get("Allow")).toBe("GET, HEAD, POST");
  });

  test("RequestTooLarge: a body in chunks is cut off at the limit", async () => {
    let sentBytes = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sentBytes += 65_536;
        controller.enqueue(new Uint8Array(65_536));
      },
    });
    const signed = signedRequest(credentialsOf(ADA), `${BASE}${TASKS}`, { method: "POST" });
    const request = new Request(signed, { method: "POST", body });
    expect(await refusalOf(await app.fetch(request))).toBe("413 RequestTooLarge");
    expect(sentBytes).toBeLessThan(2 * 1024 * 1024);
  });

  test.each([
    ["too_many_requests", "429 TooManyRequests"],
    ["service_unavailable", "503 ServiceUnavailable"],
  ] as const)("%s is %s and says when to come back", async (code, answer) => {
    const tasks = { ...app.ports.tasks, get: () => Promise.reject(new TaskError(code, "x")) };
    const { call } = await anApp({ tasks });
    const response = await call(NOWHERE);
    expect(response.headers.get("Retry-After")).toMatch(/^\d+$/);
    expect(await refusalOf(response)).toBe(answer);
  });

  test.each([
    ["a bug", new RangeError("secret of the inside")],
    ["an error that only a running task has", new TaskError("lease_lost", "secret of the inside")],
  ])("InternalError: %s tells nothing but the request's id", async (_, thrown) => {
    const tasks = { ...app.ports.tasks, get: () => Promise.reject(thrown) };
    const { call } = await anApp({ tasks });
    const response = await call(NOWHERE);
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      error: {
        code: "InternalError",
        message: "Internal error happened.",
        request_id: response.headers.get("X-Request-Id"),
      },
    });
  });
});
