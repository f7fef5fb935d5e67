import { describe, expect, test } from "bun:test";
import { ERROR_CODES, retryOf } from "../../src/task/errors.ts";
import { retryDelayMs } from "../../src/worker/retry.ts";

describe("retryDelayMs", () => {
  test.each([
    [1, 2_000],
    [2, 4_000],
    [3, 8_000],
    [8, 256_000],
    [9, 300_000],
    [40, 300_000],
  ])("waits longer after each failure, up to five minutes (%d)", (failures, expected) => {
    expect(retryDelayMs("scratch_full", failures, 100)).toBe(expected);
  });

  test.each(ERROR_CODES.map((code) => [code] as const))("keeps to the class of %s", (code) => {
    const runs = [1, 2, 3, 4].filter((n) => retryDelayMs(code, n, 4) !== undefined).length;
    expect(runs).toBe({ never: 0, once: 1, backoff: 3 }[retryOf(code)]);
  });

  test("gives no second run where one attempt is all there is", () => {
    expect(retryDelayMs("encoder_killed", 1, 1)).toBeUndefined();
    expect(retryDelayMs("scratch_full", 1, 1)).toBeUndefined();
  });
});
