import { describe, expect, test } from "bun:test";
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
import { freshNonce, type SignedCallOptions, signedRequest } from "../fixtures/signed-client.ts";

const MIB = 1024 * 1024;
const SLOW = { ...ADA, requestsPerSecond: 1 };
const tooMany = "429 TooManyRequests";
const unavailable = "503 ServiceUnavailable";

/** A body that never ends, and whether somebody has begun to read it. */
function endlessBody() {
  const seen = {
    isRead: false,
    controller: undefined as ReadableStreamDefaultController | undefined,
  };
  const body = new ReadableStream(
    {
      pull: (controller) => {
        seen.isRead = true;
        seen.controller = controller;
        return new Promise(() => {});
      },
    },
    { highWaterMark: 0 },
  );
  return { body, seen };
}

/** A signed create whose body comes by itself; it says that it has a length, as long as none is read. */
function streaming(body: ReadableStream, options: SignedCallOptions, length: number, as = ADA) {
  const signed = signedRequest(credentialsOf(as), `${BASE}${TASKS}`, { ...options, body: "" });
  const headers = new Headers(signed.headers);
  headers.set("Content-Length", String(length));
  return new Request(signed.url, { method: "POST", headers, body });
}

describe("a client that calls too often", () => {
  test("is told to come back in a second, in its language", async () => {
    const app = await anApp();
    await app.ports.clients.seed([SLOW]);
    expect((await app.call(TASKS)).status).toBe(200);
    const refused = await app.call(TASKS, { headers: { "Accept-Language": "zh-CN" } });
    expect(refused.headers.get("Retry-After")).toBe("1");
    const { error } = (await refused.json()) as { error: { code: string; message: string } };
    expect([refused.status, error.code, error.message]).toEqual([
      429,
      "TooManyRequests",
      `请求过于频繁（Cannot answer client "${SLOW.clientCode}": it makes more than 1 calls a second）`,
    ]);
  });

  test("has not used its nonce, and leaves others their calls", async () => {
    const app = await anApp({ requestsPerSecond: 2 });
    const nonces = Array.from({ length: 5 }, freshNonce);
    expect((await app.call(TASKS, { as: CLIENTS.bob })).status).toBe(200);
    const answers = await Promise.all(nonces.map((nonce) => app.call(TASKS, { nonce })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429, 429, 429]);
    expect((await app.call(TASKS, { as: CLIENTS.bob })).status).toBe(200);
    const again = await anApp({ clients: app.ports.clients });
    const [nonce = ""] = nonces.slice(-1);
    expect((await again.call(TASKS, { nonce })).status).toBe(200);
  });

  test("is not whoever replays its calls", async () => {
    const app = await anApp();
    await app.ports.clients.seed([{ ...ADA, requestsPerSecond: 2 }]);
    const nonce = freshNonce();
    expect((await app.call(TASKS, { nonce })).status).toBe(200);
    for (let replay = 0; replay < 10; replay += 1)
      expect(await refusalOf(await app.call(TASKS, { nonce }))).toBe("401 RequestReplayed");
    expect((await app.call(TASKS)).status).toBe(200);
    expect(await refusalOf(await app.call(TASKS))).toBe(tooMany);
  });

  test("is not whoever lacks its key", async () => {
    const app = await anApp();
    await app.ports.clients.seed([SLOW]);
    for (let call = 0; call < 5; call += 1)
      expect((await app.call(TASKS, { as: { ...SLOW, privateKey: "guessed" } })).status).toBe(401);
    expect((await app.call(TASKS)).status).toBe(200);
  });
});

describe("the bodies of all calls", () => {
  test("are not read beyond their room, and give it back", async () => {
    const { fetch, call } = await anApp({ bodiesBytesMax: 2 * MIB });
    const held = endlessBody();
    const answer = fetch(streaming(held.body, {}, MIB));
    while (!held.seen.isRead) await Bun.sleep(1);
    // Of the same client there is no more room, of another there is; then all of it is taken.
    const refused = await call(TASKS, { body: aTask() });
    expect(refused.headers.get("Retry-After")).toBe("1");
    expect(await refusalOf(refused)).toBe(unavailable);
    const other = endlessBody();
    const second = fetch(streaming(other.body, {}, MIB, CLIENTS.bob));
    while (!other.seen.isRead) await Bun.sleep(1);
    expect(
      await refusalOf(await call(TASKS, { body: aTask(), as: CLIENTS.zoe, form: "hmac-sha256" })),
    ).toBe(unavailable);
    for (const { seen } of [held, other]) seen.controller?.error(new Error("gone"));
    expect((await answer).status).toBe(400);
    expect((await second).status).toBe(400);
    expect((await call(TASKS, { body: aTask() })).status).toBe(200);
  });

  test("count chunk by chunk where they have no length", async () => {
    const { fetch, call } = await anApp({ bodiesBytesMax: 1024, bodyBytesMax: MIB });
    const first = endlessBody();
    const answer = fetch(streaming(first.body, {}, 1024));
    while (!first.seen.isRead) await Bun.sleep(1);
    const signed = signedRequest(credentialsOf(CLIENTS.bob), `${BASE}${TASKS}`, { body: "" });
    const chunks = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode("{")),
    });
    const headers = new Headers(signed.headers);
    headers.delete("Content-Length");
    headers.set("Transfer-Encoding", "chunked");
    const chunked = await fetch(new Request(signed.url, { method: "POST", headers, body: chunks }));
    expect(await refusalOf(chunked)).toBe(unavailable);
    first.seen.controller?.error(new Error("gone"));
    await answer;
    expect((await call(TASKS, { body: aTask() })).status).toBe(200);
  });

  test.each([
    [
      "an unknown key",
      { ...ADA, publicKey: "pk-nobody" },
      "hmac-sha256",
      "401 AuthenticationFailed",
    ],
    [
      "another client's code",
      { ...ADA, clientCode: "bob" },
      "hmac-sha256",
      "401 AuthenticationFailed",
    ],
    ["a disabled client", CLIENTS.eve, "hmac-sha256", "401 AuthenticationFailed"],
    ["a wrong SHA1 sum", { ...ADA, privateKey: "guessed" }, "sha1", "401 AuthenticationFailed"],
  ] as const)(
    "are left unread of %s, and the connection is closed",
    async (_, as, form, refusal) => {
      const { fetch } = await anApp();
      const { body, seen } = endlessBody();
      const answer = await fetch(streaming(body, { form }, MIB, as));
      expect(answer.headers.get("Connection")).toBe("close");
      expect(await refusalOf(answer)).toBe(refusal);
      expect(seen.isRead).toBe(false);
    },
  );

  test("are left unread of a replay, and of what came too late", async () => {
    const { fetch, call } = await anApp();
    const nonce = freshNonce();
    expect((await call(TASKS, { nonce })).status).toBe(200);
    const [replayed, late] = [endlessBody(), endlessBody()];
    const replay = await fetch(streaming(replayed.body, { nonce }, MIB));
    expect(await refusalOf(replay)).toBe("401 RequestReplayed");
    const expired = await fetch(streaming(late.body, { execTime: "1000000000" }, MIB));
    expect(await refusalOf(expired)).toBe("401 RequestExpired");
    expect([replayed.seen.isRead, late.seen.isRead]).toEqual([false, false]);
  });
});

describe("the host of a request", () => {
  test("is one: with two, also the same ones, it is refused", async () => {
    const { fetch } = await anApp();
    for (const hosts of [
      ["a", "b"],
      ["a", "a"],
      ["", ""],
    ]) {
      const request = new Request(`${BASE}/healthz`);
      for (const host of hosts) request.headers.append("Host", host);
      const answer = await fetch(request);
      expect(answer.headers.get("Connection")).toBe("close");
      expect(await refusalOf(answer)).toBe("400 InvalidParameterException");
    }
  });
});
