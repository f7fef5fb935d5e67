import { describe, expect, test } from "bun:test";
import type { HttpPorts } from "../../src/http/http.ts";
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
import { freshNonce, type SignedCallOptions, signedRequest } from "../fixtures/signed-client.ts";

const app = appOfEachTest();

const refused = "401 AuthenticationFailed";
const replayed = "401 RequestReplayed";

/** A properly signed request, changed after that. */
function tampered(change: (headers: Headers) => void, form: "sha1" | "hmac-sha256" = "sha1") {
  const request = signedRequest(credentialsOf(ADA), `${BASE}${TASKS}`, { form });
  change(request.headers);
  return request;
}

describe("authentication", () => {
  test.each(["sha1", "hmac-sha256"] as const)("takes the %s form", async (form) => {
    expect((await app.call(`${TASKS}?limit=5`, { form })).status).toBe(200);
    expect((await app.call(TASKS, { form, body: aTask() })).status).toBe(200);
  });

  test.each(["apiPublicKey", "apiClientCode", "apiNonce", "apiExecTime", "apiCheckSum"])(
    "refuses a call without %s",
    async (name) => {
      const request = tampered((headers) => headers.delete(name));
      expect(await refusalOf(await app.fetch(request))).toBe(refused);
    },
  );

  test.each([
    ["an unknown key", "apiPublicKey", "pk-nobody"],
    ["another client's key", "apiPublicKey", "pk-bob"],
    ["another client's code", "apiClientCode", "bob"],
    ["another nonce", "apiNonce", "1"],
    ["a wrong sum", "apiCheckSum", "0".repeat(40)],
    ["a wrong strong sum", "apiCheckSum", "0".repeat(64)],
  ])("answers %s as any other failure", async (_, name, value) => {
    const request = tampered((headers) => headers.set(name, value));
    const response = await app.fetch(request);
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      error: {
        code: "AuthenticationFailed",
        message: "A header is missing or wrong, or key, code or checksum do not match.",
        request_id: response.headers.get("X-Request-Id"),
      },
    });
  });

  test("refuses a disabled client", async () => {
    expect(await refusalOf(await app.call(TASKS, { as: CLIENTS.eve }))).toBe(refused);
  });

  test("refuses the SHA1 form of a client that is to use the strong one", async () => {
    expect(await refusalOf(await app.call(TASKS, { as: CLIENTS.zoe }))).toBe(refused);
    const strong = await app.call(TASKS, { as: CLIENTS.zoe, form: "hmac-sha256" });
    expect(strong.status).toBe(200);
  });

  test.each([
    ["another body", { method: "POST", body: "{}" }, TASKS],
    ["another method", { method: "DELETE" }, "/api/v1/profile/mine"],
    ["another query", { method: "GET" }, `${TASKS}?limit=1`],
  ])("the strong form does not cover %s", async (_, init, path) => {
    const url = `${BASE}${path}`;
    const signed = signedRequest(credentialsOf(ADA), `${BASE}${path.split("?")[0]}`, {
      form: "hmac-sha256",
      method: init.method === "DELETE" ? "GET" : init.method,
    });
    const request = new Request(url, { ...init, headers: signed.headers });
    expect(await refusalOf(await app.fetch(request))).toBe(refused);
  });

  test.each([
    [300, 200],
    [301, 401],
  ])("takes a time that is %i s old with %i", async (ageSeconds, status) => {
    const nowMs = 1_789_321_321_000;
    const { call } = await anApp({ now: () => nowMs });
    for (const sign of [1, -1]) {
      const execTime = String(nowMs / 1000 + sign * ageSeconds);
      expect((await call(TASKS, { execTime })).status).toBe(status);
    }
  });

  test.each([10, 13, 16, 17])("takes a time of %i digits", async (digits) => {
    const execTime = String(Date.now()).padEnd(17, "0").slice(0, digits);
    expect((await app.call(TASKS, { execTime })).status).toBe(200);
  });

  test("keeps a nonce until two windows after its time", async () => {
    const kept: number[] = [];
    const clients: HttpPorts["clients"] = {
      byPublicKey: (key) => app.ports.clients.byPublicKey(key),
      checkNonce: () => Promise.reject(new Error("not asked for")),
      useNonce: async ({ expiresMs }) => {
        kept.push(expiresMs);
      },
    };
    const { call } = await anApp({ clients, now: () => 1_789_321_321_000 });
    await call(TASKS, { execTime: "1789321400" });
    expect(kept).toEqual([1_789_321_400_000 + 600_000]);
  });
});

describe("a nonce", () => {
  const CALLS: readonly (readonly [what: string, path: string, options: SignedCallOptions])[] = [
    ["a read", `${TASKS}/x`, {}],
    ["a list", TASKS, {}],
    ["a create", TASKS, { body: aTask() }],
    ["a create of another media type", TASKS, { body: "x", headers: { "Content-Type": "a/b" } }],
    ["a create that is too large", TASKS, { body: "x".repeat(2 ** 21) }],
    ["a create of no JSON", TASKS, { body: "{" }],
    ["a create of bad fields", TASKS, { body: {} }],
    ["a create of a bad address", TASKS, { body: aTask({ source: { source_url: "a:b" } }) }],
    ["a create of no profile", TASKS, { body: aTask({ profile_name: "nobodys" }) }],
    ["a cancel of nothing", `${TASKS}/x/cancel`, { method: "POST" }],
    ["a profile of bad fields", "/api/v1/profile", { body: {} }],
  ];

  test.each(CALLS)("is used up by %s", async (_, path, options) => {
    const nonce = freshNonce();
    const first = await app.call(path, { ...options, nonce });
    expect(await first.text()).not.toContain("RequestReplayed");
    expect(await refusalOf(await app.call(path, { ...options, nonce }))).toBe(replayed);
  });

  test("is used up by a create that conflicts in the store", async () => {
    await created(app);
    const nonce = freshNonce();
    const options = { body: aTask(), nonce };
    expect(await refusalOf(await app.call(TASKS, options))).toBe("409 TaskConflict");
    expect(await refusalOf(await app.call(TASKS, options))).toBe(replayed);
  });

  test("used before outweighs whatever is wrong with the body", async () => {
    const nonce = freshNonce();
    await app.call(TASKS, { nonce });
    for (const body of ["{", {}, aTask({ profile_name: "nobodys" }), "x".repeat(2 ** 21)])
      expect(await refusalOf(await app.call(TASKS, { nonce, body }))).toBe(replayed);
  });

  test("is not used up by a call that fails authentication", async () => {
    const nonce = freshNonce();
    const wrong = signedRequest({ ...credentialsOf(ADA), private_key: "x" }, `${BASE}${TASKS}`, {
      nonce,
    });
    expect(await refusalOf(await app.fetch(wrong))).toBe(refused);
    expect((await app.call(TASKS, { nonce })).status).toBe(200);
  });

  test("is a client's own", async () => {
    const nonce = freshNonce();
    expect((await app.call(TASKS, { nonce })).status).toBe(200);
    expect((await app.call(TASKS, { nonce, as: CLIENTS.bob })).status).toBe(200);
  });

  test("a create and its replay at the same time make one task", async () => {
    const nonce = freshNonce();
    const targets = ["a.mp4", "b.mp4", "c.mp4"];
    const responses = await Promise.all(
      targets.map((target_url) =>
        app.call(TASKS, { nonce, body: aTask({ targets: [{ target_url }] }) }),
      ),
    );
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
    const list = (await (await app.call(TASKS)).json()) as { tasks: unknown[] };
    expect(list.tasks).toHaveLength(1);
  });
});
