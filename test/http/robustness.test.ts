import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { problemOf } from "../../src/http/problem.ts";
import { ERROR_CODES } from "../../src/task/errors.ts";
import { ADA, anApp, BASE, credentialsOf, refusalOf, TASKS } from "../fixtures/http-app.ts";
import { freshNonce, type SignedCallOptions, signedRequest } from "../fixtures/signed-client.ts";

const CODES = new Set<string>(ERROR_CODES.map((code) => problemOf(code).code));

/** JSON of any shape, often near to what is asked for. */
const anyTask = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      source: fc.oneof(fc.jsonValue(), fc.record({ source_url: fc.string({ unit: "binary" }) })),
      profile_name: fc.oneof(fc.jsonValue(), fc.constant("audio_mp3_128kbps")),
      targets: fc.oneof(
        fc.jsonValue(),
        fc.array(fc.record({ target_url: fc.string({ unit: "binary" }) }), { maxLength: 4 }),
      ),
      priority: fc.jsonValue(),
      metadata: fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), fc.string())),
      clip: fc.oneof(fc.jsonValue(), fc.record({ start_seconds: fc.double() })),
    },
    { requiredKeys: ["source", "targets"] },
  ),
);

const anyCall: fc.Arbitrary<readonly [string, SignedCallOptions]> = fc.oneof(
  fc.tuple(
    fc.constant(TASKS),
    anyTask.map((body) => ({ body: JSON.stringify(body) })),
  ),
  fc.tuple(
    fc.constant(TASKS),
    fc.uint8Array().map((body) => ({ body: new Uint8Array(body) })),
  ),
  fc.tuple(
    fc.constant("/api/v1/profile"),
    fc.record({
      body: fc.record({
        profile_name: fc.oneof(fc.jsonValue(), fc.stringMatching(/^[a-z]{1,5}$/)),
        qlties: fc.oneof(fc.jsonValue(), fc.array(fc.dictionary(fc.string(), fc.jsonValue()))),
      }),
    }),
  ),
  fc.tuple(
    fc.webPath().map((path) => `/api/v1${path}`),
    fc.record({ method: fc.constantFrom("GET", "POST", "DELETE", "PUT", "OPTIONS", "HEAD") }),
  ),
  fc.tuple(
    fc.webQueryParameters().map((query) => `${TASKS}?limit=3&${query}`),
    fc.constant({}),
  ),
  fc.tuple(
    fc
      .tuple(
        fc.constantFrom("status", "limit", "cursor", "created_after", "profile_name"),
        fc.string({ unit: "binary" }),
      )
      .map(([name, value]) => `${TASKS}?${name}=${encodeURIComponent(value.toWellFormed())}`),
    fc.constant({}),
  ),
);

describe("the app", () => {
  test("answers whatever it is sent, in the contract's form and never with a 500", async () => {
    const { call } = await anApp();
    const property = fc.asyncProperty(anyCall, async ([path, options]) => {
      const response = await call(path, options);
      expect(response.status).toBeLessThan(500);
      const text = await response.text();
      expect(response.headers.get("X-Request-Id")).toMatch(/^[\w.-]+$/);
      expect(response.headers.get("Cache-Control")).toBe("no-cache");
      if (response.status < 400 || options.method === "HEAD") return;
      const { error } = JSON.parse(text) as { error: { code: string; request_id: string } };
      expect(CODES).toContain(error.code);
      expect(error.request_id).toBe(response.headers.get("X-Request-Id") ?? "");
    });
    await fc.assert(property, { numRuns: 1000 });
  });

  test.each([
    ["deep JSON", `{"source":${"[".repeat(400_000)}${"]".repeat(400_000)}}`],
    ["deep metadata", `{"metadata":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}`],
    ["a number beyond all bounds", '{"priority":1e999,"timeout_seconds":-1e999}'],
    ["the same key twice", '{"source":{"source_url":"a"},"source":5,"targets":[]}'],
    ["100,000 targets of nothing", `{"targets":[${"{},".repeat(100_000)}{}]}`],
  ])("answers %s with a 400 of a readable size", async (_, body) => {
    const { call } = await anApp();
    const response = await call(TASKS, { body });
    expect(response.status).toBe(400);
    expect((await response.text()).length).toBeLessThan(16_384);
  });

  test("answers a caller whose body breaks off without calling it a bug, and uses its nonce", async () => {
    const { fetch, call } = await anApp();
    const nonce = freshNonce();
    const broken = new ReadableStream({
      start: (controller) => controller.error(new Error("connection lost")),
    });
    const signed = signedRequest(credentialsOf(ADA), `${BASE}${TASKS}`, { nonce, body: {} });
    const request = new Request(signed, { method: "POST", body: broken });
    expect(await refusalOf(await fetch(request))).toBe("400 MalformedJSON");
    expect(await refusalOf(await call(TASKS, { nonce }))).toBe("401 RequestReplayed");
  });
});
