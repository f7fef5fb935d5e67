import { describe, expect, test } from "bun:test";
import { sourceError, targetError } from "../../../src/storage/file/file-errors.ts";
import { TaskError } from "../../../src/task/errors.ts";

const systemError = (code: string) => Object.assign(new Error(`${code}: no`), { code });

describe("targetError", () => {
  test.each([
    ["ENOSPC", "target_full"],
    ["EDQUOT", "target_full"],
    ["ENOTDIR", "target_unwritable"],
    ["EISDIR", "target_unwritable"],
    ["EROFS", "target_unwritable"],
    ["EACCES", "target_unwritable"],
    ["EPERM", "target_unwritable"],
    ["ENAMETOOLONG", "target_unwritable"],
    ["ELOOP", "target_unwritable"],
    ["EIO", "target_unreachable"],
    ["ESTALE", "target_unreachable"],
    ["ETIMEDOUT", "target_unreachable"],
    ["EHOSTDOWN", "target_unreachable"],
    ["EPROTO", "internal"],
  ] as const)("calls %s %s and keeps its cause", (errno, code) => {
    const cause = systemError(errno);
    const error = targetError(cause, "a.mp4");
    expect([error.code, error.cause]).toEqual([code, cause]);
    expect(error.message).toStartWith('Cannot write the target "a.mp4": ');
  });

  test("leaves what was judged already as it is", () => {
    const error = new TaskError("access_denied", "no");
    expect(targetError(error, "a.mp4")).toBe(error);
  });
});

describe("sourceError", () => {
  test.each([
    ["ENOENT", "source_missing"],
    ["EACCES", "source_missing"],
    ["EIO", "source_unreachable"],
    ["ESTALE", "source_unreachable"],
    ["ETIMEDOUT", "source_unreachable"],
    ["EHOSTDOWN", "source_unreachable"],
    ["EPROTO", "internal"],
  ] as const)("calls %s %s", (errno, code) => {
    expect(sourceError(systemError(errno), "a.mp4", "a place").code).toBe(code);
  });
});
