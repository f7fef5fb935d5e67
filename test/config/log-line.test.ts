import { describe, expect, test } from "bun:test";
import type { LogRecord } from "@logtape/logtape";
import { jsonLine, textLine } from "../../src/config/log-line.ts";

const aRecord = (record: Partial<LogRecord> = {}): LogRecord => ({
  category: ["pontus", "worker"],
  level: "info",
  message: ["Task ", "t-1", " begins"],
  rawMessage: "Task {taskId} begins",
  timestamp: Date.UTC(2015, 4, 19, 12, 28, 39, 7),
  properties: { taskId: "t-1" },
  ...record,
});

const anError = () => {
  const cause = new TypeError("inner http://u:hunter2@h/");
  return Object.assign(new Error("rtmp://u:hunter2@h/x is gone", { cause }), { code: "ENOENT" });
};

describe("jsonLine", () => {
  test("holds time, level, logger, message and the properties, on one line", () => {
    const line = jsonLine(aRecord({ properties: { taskId: "t-1", count: 2, note: "a\nb" } }));
    expect(line).toEndWith("\n");
    expect(line.trim()).not.toContain("\n");
    expect(JSON.parse(line)).toEqual({
      time: "2015-05-19T12:28:39.007Z",
      level: "info",
      logger: "pontus.worker",
      message: "Task t-1 begins",
      taskId: "t-1",
      count: 2,
      note: "a\nb",
    });
  });

  test("does not let a property take the place of the line's own fields", () => {
    const line = JSON.parse(jsonLine(aRecord({ properties: { level: "x", message: "y" } })));
    expect(line).toMatchObject({ level: "info", level_: "x", message_: "y" });
  });

  test("tells an error with its code, stack and cause", () => {
    const { error } = JSON.parse(jsonLine(aRecord({ properties: { error: anError() } })));
    expect(error).toMatchObject({
      name: "Error",
      message: "rtmp://***@h/x is gone",
      code: "ENOENT",
      cause: { name: "TypeError", message: "inner http://***@h/" },
    });
    expect(error.stack).toContain("log-line.test.ts");
  });

  test.each([
    ["a circle", () => Object.assign({}, { self: null as unknown })],
    ["a bigint", () => 12n],
    ["a map", () => new Map([["a", 1]])],
    ["bytes", () => new Uint8Array(3)],
    ["a function", () => () => 1],
    ["nothing", () => undefined],
    ["a lone surrogate", () => "\ud800"],
  ])("writes %s as JSON", (_, make) => {
    const value = make();
    if (value && typeof value === "object" && "self" in value) value.self = value;
    expect(() => JSON.parse(jsonLine(aRecord({ properties: { value } })))).not.toThrow();
  });

  test("cuts a text that has no end", () => {
    expect(jsonLine(aRecord({ properties: { line: "x".repeat(1e6) } })).length).toBeLessThan(9000);
  });
});

describe("secrets", () => {
  const properties = {
    url: "http://u:hunter2@h/a?token=hunter2",
    list: ["srt://u:hunter2@h"],
    client: { privateKey: "hunter2", private_key: "hunter2", password: "hunter2" },
    headers: { apiCheckSum: "hunter2", Authorization: "hunter2", cookie: "hunter2" },
    error: anError(),
  };
  const record = aRecord({
    message: [
      "Read ",
      "http://u:hunter2@h/",
      " of ",
      { private_key: "hunter2" },
      ", ",
      anError(),
      "",
    ],
    rawMessage: "Read {url} of {client}, {error}",
    properties,
  });

  test.each([
    ["jsonLine", jsonLine(record)],
    ["textLine", textLine(record, true)],
    ["textLine without a message", textLine({ ...record, rawMessage: "" }, false)],
  ])("never appear in %s", (_, line) => {
    expect(line).not.toContain("hunter2");
    expect(line).toContain("***");
  });
});

describe("textLine", () => {
  test("is readable, and tells only the properties that the message does not", () => {
    const record = aRecord({ properties: { taskId: "t-1", count: 2, note: "two words" } });
    expect(textLine(record, false)).toBe(
      '2015-05-19 12:28:39.007 INF pontus.worker: Task t-1 begins count=2 note="two words"\n',
    );
  });

  test("puts the stack of an error below it", () => {
    const record = aRecord({ properties: { error: anError() }, rawMessage: "Failed: {error}" });
    const [first, second, third] = textLine(record, false).split("\n");
    expect(first).toEndWith("Task t-1 begins");
    expect(second).toBe("    Error: rtmp://***@h/x is gone");
    expect(third).toStartWith("        at ");
  });

  test.each([false, true])(
    "lets no value break the line or move the cursor (colours: %p)",
    (isColoured) => {
      const line = textLine(aRecord({ message: ["", "a\nb\x1b[2J\u202e\u009bx", ""] }), isColoured);
      const plain = line.replace("\x1b[32mINF\x1b[0m", "INF");
      expect(plain).toEndWith(": a\\u000ab\\u001b[2J\\u202e\\u009bx\n");
    },
  );
});
