import { describe, expect, test } from "bun:test";
import { once } from "../../src/lib/once.ts";

describe("once()", () => {
  test("does the thing when it is first asked for, and never again", () => {
    let count = 0;
    const next = once(() => ++count);
    expect(count).toBe(0);
    expect([next(), next(), count]).toEqual([1, 1, 1]);
  });

  test("remembers that there is nothing, and a failure", async () => {
    let count = 0;
    const nothing = once((): undefined => {
      count += 1;
    });
    nothing();
    nothing();
    expect(count).toBe(1);
    const failing = once(() => Promise.reject(new Error(`failed ${++count}`)));
    await expect(failing()).rejects.toThrow("failed 2");
    await expect(failing()).rejects.toThrow("failed 2");
  });
});
