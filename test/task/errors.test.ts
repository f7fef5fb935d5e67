import { describe, expect, test } from "bun:test";
import { TaskError, toTaskError } from "../../src/task/errors.ts";

const systemError = (code: string) => Object.assign(new Error(`${code}: no`), { code });

describe("toTaskError", () => {
  test.each([
    ["EMFILE", "host_failing"],
    ["ENFILE", "host_failing"],
    ["ENOMEM", "host_failing"],
    ["EIO", "host_failing"],
    ["ENOSPC", "scratch_full"],
    ["EDQUOT", "scratch_full"],
    ["EPROTO", "internal"],
  ] as const)("calls a foreign %s %s and keeps its cause", (errno, code) => {
    const cause = systemError(errno);
    expect(toTaskError(cause)).toMatchObject({ code, cause });
  });

  test("finds what the host lacks behind an internal error, and leaves others as they are", () => {
    const cause = systemError("EMFILE");
    const inside = new TaskError("internal", "Cannot read the finished output: no", { cause });
    expect(toTaskError(inside)).toMatchObject({ code: "host_failing", cause: inside });
    const judged = new TaskError("target_unwritable", "Cannot write: no", { cause });
    expect(toTaskError(judged)).toBe(judged);
    const plain = new TaskError("internal", "Cannot go on: a bug");
    expect(toTaskError(plain)).toBe(plain);
  });
});
