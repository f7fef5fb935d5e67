import { describe, expect, test } from "bun:test";
import { appOfEachTest, CLIENTS, created, refusalOf, TASKS } from "../fixtures/http-app.ts";

const app = appOfEachTest();

describe("the keys of a task", () => {
  const keyOf = (id: string, key: number, as = CLIENTS.ada) =>
    app.call(`${TASKS}/${id}/keys/${key}`, { as });

  test("are answered to its own client alone, the same each time, and others of each number", async () => {
    const id = await created(app);
    const first = await (await keyOf(id, 0)).json();
    expect(first).toEqual({
      ...{ key: 0, value: expect.stringMatching(/^[0-9a-f]{32}$/) },
      key_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(await (await keyOf(id, 0)).json()).toEqual(first);
    expect(await (await keyOf(id, 999_999)).json()).not.toEqual(first);
    expect(await refusalOf(await keyOf(id, 0, CLIENTS.bob))).toBe("404 NoSuchTask");
  });
});

describe("the key of a profile", () => {
  const KEY = "00112233445566778899aabbccddeeff";
  const register = (encryption: object) =>
    app.call("/api/v1/profile", {
      body: {
        profile_name: "closed",
        qlties: [{ container: "m3u8", bitrate: 1, audio_bitrate: 1, encryption }],
      },
    });

  test("is told of, but never told", async () => {
    const answers = [
      await register({ key_url: "/keys/one", key: KEY }),
      await app.call("/api/v1/profile/closed"),
    ];
    for (const answer of answers) {
      const text = await answer.text();
      expect(JSON.parse(text).qlties[0].encryption).toEqual({
        ...{ method: "aes-128", key_url: "/keys/one", is_key_given: true },
      });
      expect(text).not.toContain(KEY);
    }
  });

  test.each([
    ["a short key", { key_url: "/keys/one", key: KEY.slice(2) }, "qlties[0].encryption.key"],
    ["a key of letters", { key_url: "/keys/one", key: "x".repeat(32) }, "qlties[0].encryption.key"],
    ["an address with a quote", { key_url: 'a"b{task_id}' }, "qlties[0].encryption.key_url"],
    [
      "a long id",
      { key_url: "/keys/one", method: "cbcs", key: KEY, key_id: `${KEY}00` },
      "qlties[0].encryption.key_id",
    ],
    [
      "a format of two lines",
      { key_url: "/{task_id}", method: "cbcs", key_format: "a\nb" },
      "qlties[0].encryption.key_format",
    ],
    ["one address for all tasks", { key_url: "/keys/one" }, "qlties[0].encryption.key_url"],
  ])("is refused by its own field: %s", async (_, encryption, path) => {
    const { error } = (await (await register(encryption)).json()) as {
      readonly error: { readonly code: string; readonly details: readonly { path: string }[] };
    };
    expect(error.code).toBe("InvalidParameterException");
    expect(error.details.map((detail) => detail.path)).toEqual([path]);
  });
});
