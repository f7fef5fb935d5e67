import { describe, expect, test } from "bun:test";
import { giveBack } from "../../src/lib/give-back.ts";

describe("giveBack", () => {
  test("leaves nothing of bytes that are all of their memory", () => {
    const bytes = new Uint8Array(8);
    giveBack(bytes);
    expect([bytes.length, bytes.buffer.byteLength]).toEqual([0, 0]);
  });

  test("leaves alone what others may read", () => {
    const whole = new Uint8Array(8).fill(7);
    giveBack(whole.subarray(2, 4));
    giveBack(new Uint8Array(new SharedArrayBuffer(8)));
    expect(whole).toEqual(new Uint8Array(8).fill(7));
  });
});
