import { describe, expect, test } from "bun:test";
import { elementHeadOf } from "../../../src/probe/bytes/ebml.ts";

const headOf = (hex: string) => elementHeadOf(Buffer.from(hex, "hex"));

describe("elementHeadOf", () => {
  test.each([
    ["a short one", "ae85", { id: 0xae, headBytes: 2, bytes: 5 }],
    [
      "one whose size takes more bytes",
      "1654ae6b4123",
      { id: 0x1654ae6b, headBytes: 6, bytes: 291 },
    ],
    [
      "an unknown size",
      "1f43b675ff",
      { id: 0x1f43b675, headBytes: 5, bytes: Number.POSITIVE_INFINITY },
    ],
  ])("reads %s", (_, hex, head) => {
    expect(headOf(hex)).toEqual(head);
  });

  test.each([
    ["nothing", ""],
    ["an id that is cut off", "1654"],
    ["a size that is cut off", "ae40"],
    ["an id of five bytes", "0854ae6b0181"],
    ["a size of nine bytes", `ae00${"00".repeat(9)}`],
  ])("finds none in %s", (_, hex) => {
    expect(headOf(hex)).toBeUndefined();
  });
});
