import { describe, expect, test } from "bun:test";
import { messageOf, problemOf, taskMessageOf } from "../../src/http/problem.ts";
import { contractCode, ERROR_CODES, TaskError } from "../../src/task/errors.ts";

/** Section 3 of the contract, and what was added since. */
const CONTRACT: Readonly<Record<string, number>> = {
  InvalidParameterException: 400,
  MalformedJSON: 400,
  ProfileNotEmpty: 400,
  InputNotSupported: 400,
  OutputNotSupported: 400,
  AuthenticationFailed: 401,
  RequestExpired: 401,
  RequestReplayed: 401,
  AccessDenied: 403,
  NoSuchTask: 404,
  NoSuchProfile: 404,
  NoSuchClient: 404,
  NoSuchMedia: 404,
  InvalidVersion: 404,
  NoSuchResource: 404,
  MethodNotAllowed: 405,
  TaskConflict: 409,
  ProfileExists: 409,
  ClientExists: 409,
  UploadConflict: 409,
  IdempotencyConflict: 409,
  RequestTooLarge: 413,
  UnsupportedMediaType: 415,
  InvalidRange: 416,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  InsufficientStorage: 507,
};

describe("problemOf", () => {
  test("has each code of the contract with its status, and no other", () => {
    const found = ERROR_CODES.map(problemOf).map(({ code, status }) => [code, status] as const);
    expect(Object.fromEntries(found)).toEqual(CONTRACT);
    for (const [code, status] of found) expect(status).toBe(CONTRACT[code] ?? 0);
  });

  test.each(ERROR_CODES)("%s has a sentence in both languages", (code) => {
    const { en, zh } = problemOf(code);
    expect(en).toMatch(/^[A-Z].*\.$/);
    expect(zh).toMatch(/^\P{Script=Latin}|^API/u);
  });
});

describe("messageOf", () => {
  test.each(["internal", "authentication_failed", "lease_lost"] as const)(
    "tells nothing of the inside of %s",
    (code) => {
      const error = new TaskError(code, "the inside");
      expect(messageOf(error, "en")).not.toContain("inside");
      expect(messageOf(error, "zh")).not.toContain("inside");
    },
  );

  test("tells what is wrong where the caller can mend it", () => {
    const error = new TaskError("access_denied", "Cannot read it: it is outside");
    expect(messageOf(error, "en")).toBe("Cannot read it: it is outside");
    expect(messageOf(error, "zh")).toBe("没有权限执行此操作（Cannot read it: it is outside）");
  });
});

describe("taskMessageOf", () => {
  test("has the document's sentences", () => {
    const codes = [...new Set(ERROR_CODES.map(contractCode))].sort();
    expect(codes.map((code) => `${code}: ${taskMessageOf(code, "en")}`)).toEqual([
      "InputNotSupported: The input format is not supported.",
      "InternalError: Internal error happened.",
      "InvalidInputData: The input data is invalid. Please check your input data.",
      "OutputNotSupported: The output format is not supported.",
      "ParameterError: The input parameter is invalid. Please check it.",
      "TimeOut: Task time out.",
      "Unknown: Unknown error.",
    ]);
    expect(codes.map((code) => taskMessageOf(code, "zh"))).toEqual([
      "输入的数据格式不支持",
      "内部错误",
      "无效的输入数据，请检查您的输入视频是否是有效",
      "输出的数据格式不支持",
      "输入参数错误，请检查输入参数",
      "任务超时",
      "未知错误",
    ]);
  });
});
