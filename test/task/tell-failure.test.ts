import { describe, expect, test } from "bun:test";
import { TaskError } from "../../src/task/errors.ts";
import { tellFailure } from "../../src/task/tell-failure.ts";

const told = (
  code: TaskError["code"],
  message: string,
  url = "https://ada:pw@cdn.example/in.mov?token=abc",
) => tellFailure(new TaskError(code, message), url);
const SHOWN = '"https://***@cdn.example/in.mov?token=***"';

describe("tellFailure", () => {
  test.each([
    [
      "source_damaged",
      "Cannot read the source: it is cut off",
      `Cannot read the source ${SHOWN}: it is cut off`,
    ],
    [
      "input_not_supported",
      "Cannot make a video: the source has none",
      `Cannot make a video: the source ${SHOWN} has none`,
    ],
    [
      "encoder_stalled",
      "Cannot encode: no progress for 60 s, at 12.5 s",
      `Cannot encode: no progress for 60 s, at 12.5 s (of the source ${SHOWN})`,
    ],
  ] as const)("names the source, secrets masked: %s %s", (code, message, sentence) => {
    expect(told(code, message)).toBe(sentence);
  });

  test.each([
    ["source_missing", 'Cannot read the source "a.mov": there is no such file'],
    ["target_full", 'Cannot write the target "b.mp4": the disk quota is used up'],
    ["access_denied", 'Cannot use the address "c.mp4": it lies outside the media roots'],
    ["cancelled", "The task was cancelled by its client"],
    ["scratch_full", "Cannot go on: the disk is full"],
  ] as const)(
    "leaves a sentence that names its thing, or is about this machine: %s",
    (code, message) => {
      expect(told(code, message)).toBe(message);
    },
  );

  test("cuts an address that is very long, and takes nothing in it for a pattern", () => {
    const sentence = told(
      "source_damaged",
      "Cannot read the source: noise",
      `$&${"x".repeat(9_000)}`,
    );
    expect(sentence).toBe(`Cannot read the source "$&${"x".repeat(198)}…": noise`);
  });
});
