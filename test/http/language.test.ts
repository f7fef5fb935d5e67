import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { languageOf } from "../../src/http/language.ts";
import { anApp, TASKS } from "../fixtures/http-app.ts";

describe("languageOf", () => {
  test.each([
    [null, "en"],
    ["", "en"],
    ["zh", "zh"],
    ["zh-CN", "zh"],
    ["ZH-Hant-TW", "zh"],
    ["en", "en"],
    ["*", "en"],
    ["fr", "en"],
    ["fr, zh;q=0.5", "zh"],
    ["zh-CN,zh;q=0.9,en;q=0.8", "zh"],
    ["en-US,en;q=0.9,zh;q=0.8", "en"],
    ["en;q=0.8, zh;q=0.9", "zh"],
    ["en, zh", "en"],
    ["zh, en", "zh"],
    ["zh;q=0", "en"],
    ["zh;q=0, *", "en"],
    ["zh;q=0.4, *;q=0.5", "en"],
    ["zh;q=wrong", "en"],
    ["zh;q=2", "en"],
    ["zhuang", "en"],
  ] as const)("%p is %s", (header, language) => {
    expect(languageOf(header)).toBe(language);
  });

  test("takes any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(["en", "zh"]).toContain(languageOf(`zh${text}`));
      }),
    );
  });
});

describe("messages in Chinese", () => {
  const refusal = async (path: string, body?: unknown) => {
    const { call } = await anApp();
    const response = await call(path, { body, headers: { "Accept-Language": "zh-CN" } });
    const { error } = (await response.json()) as {
      error: { message: string; details?: { path: string; message: string }[] };
    };
    return error;
  };

  test("a refused call has its general sentence", async () => {
    expect((await refusal(`${TASKS}/x`)).message).toBe("任务不存在");
  });

  test("a cause that the caller must know follows in brackets", async () => {
    const { message } = await refusal(TASKS, {
      source: { source_url: "rtmp://h/a" },
      targets: [{ target_url: "b" }],
    });
    expect(message).toStartWith("输入的数据格式不支持（");
    expect(message).toContain('"rtmp"');
  });

  test("bad fields are told in Chinese, ours and the schema library's", async () => {
    const { message, details } = await refusal(TASKS, {
      source: { source_url: "a\0" },
      targets: [],
    });
    expect(message).toBe("请求消息体中存在无效字段，请检查");
    expect(details?.map(({ path }) => path)).toEqual(["source.source_url", "targets"]);
    for (const detail of details ?? []) expect(detail.message).toMatch(/\p{Script=Han}/u);
  });
});
