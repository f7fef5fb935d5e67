import { describe, expect, test } from "bun:test";
import { readFully } from "../../src/lib/read-fully.ts";

/** Ten bytes that come three at a time, as far as there are any. */
const source = (there = 10) => ({
  sizeBytes: 10,
  read: async (position: number, length: number) =>
    Uint8Array.from({ length: 10 }, (_, at) => at)
      .subarray(0, there)
      .subarray(position, position + Math.min(length, 3)),
});

describe("readFully", () => {
  test.each([
    [0, 10, 10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    [4, 5, 10, [4, 5, 6, 7, 8]],
    [8, 5, 10, [8, 9]],
    [12, 5, 10, []],
    // Of what became shorter.
    [2, 8, 6, [2, 3, 4, 5]],
  ])("gives from %d on %d bytes of what has %d", async (position, length, there, bytes) => {
    expect([...(await readFully(source(there), position, length))]).toEqual(bytes);
  });
});
