import { expect, test } from "bun:test";
import { taskText } from "../../src/cli/text.ts";

test("taskText says of each target why it failed, but for the reason that the task has, too", () => {
  const error = { code: "OutputError", message: "It failed", detail: "Cannot write: it is full" };
  const failed = (at: number, why: typeof error) => ({
    target_url: `out/${at}.mp4`,
    target_status: "FAILED",
    error: why,
  });
  const text = taskText({
    task_id: "a",
    source: { source_url: "in.mp4" },
    profile_name: "p",
    targets: [failed(0, error), failed(1, { ...error, detail: "Cannot write: it is away" })],
    task_status: "FAILED",
    error,
    create_time: "2026-11-30T00:00:00Z",
  });
  const lines = text.split("\n").filter((line) => /target|error|Error/.test(line));
  expect(lines).toEqual([
    "  target   out/0.mp4  FAILED",
    "  target   out/1.mp4  FAILED",
    "           OutputError: Cannot write: it is away",
    "  error    OutputError: Cannot write: it is full",
  ]);
});
