import { describe, expect, test } from "bun:test";
import { once, onceLoaded } from "../../src/lib/once.ts";

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

describe("onceLoaded()", () => {
  test("loads for all who ask, and again after a load that failed", async () => {
    let count = 0;
    const loaded = onceLoaded(async () => {
      count += 1;
      if (count === 1) throw new Error("too many open files");
      return count;
    });
    const first = await Promise.allSettled([loaded(), loaded()]);
    expect(first.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(count).toBe(1);
    expect(await Promise.all([loaded(), loaded()])).toEqual([2, 2]);
    expect(await loaded()).toBe(2);
  });
});
