import { expect, test } from "bun:test";
import type { Telling } from "../../src/task/delivery.ts";
import { afterFailure, type Failure } from "../../src/webhooks/again.ts";

const HOUR_MS = 3_600_000;
const event = { taskId: "t", sequence: 1, timeMs: 0, status: "PENDING", attempt: 0 } as const;

/** In how many ms it is tried again, so long after the event, with no chance. */
function pauseAfter(
  tries: number,
  failure: Partial<Failure> = {},
  {
    type = "created",
    afterMs = 0,
    chance = 0.5,
  }: { type?: Telling["event"]["type"]; afterMs?: number; chance?: number } = {},
): number | undefined {
  const telling = { tries, sinceMs: 1_000, event: { ...event, type } };
  const nowMs = 1_000 + afterMs;
  const result = afterFailure(telling, { detail: "no", ...failure }, nowMs, chance);
  expect(result.state).toBe(result.againMs === undefined ? "FAILED" : "PENDING");
  expect(result.detail).toBe("no");
  return result.againMs === undefined ? undefined : result.againMs - nowMs;
}

test("pauses double from 5 s to 10 min", () => {
  const pauses = Array.from({ length: 10 }, (_, tries) => pauseAfter(tries));
  expect(pauses.map((ms) => (ms ?? 0) / 1000)).toEqual([
    5, 10, 20, 40, 80, 160, 320, 600, 600, 600,
  ]);
  expect(pauseAfter(2_000)).toBe(600_000);
});

test("pauses are up to a quarter shorter or longer", () => {
  expect([0, 1].map((chance) => pauseAfter(0, {}, { chance }))).toEqual([3_750, 6_250]);
});

test("the last try is made when 24 hours are over, and there is none after it", () => {
  expect(pauseAfter(9, {}, { afterMs: 24 * HOUR_MS - 1 })).toBe(1);
  expect(pauseAfter(9, {}, { afterMs: 24 * HOUR_MS })).toBeUndefined();
  expect(pauseAfter(9, { retryAfterMs: 48 * HOUR_MS }, { afterMs: 23 * HOUR_MS })).toBe(HOUR_MS);
});

test("a receiver may ask for a longer pause, and for no more", () => {
  expect(pauseAfter(0, { retryAfterMs: 60_000, httpStatus: 429 })).toBe(60_000);
  expect(pauseAfter(0, { retryAfterMs: 1, httpStatus: 503 })).toBe(5_000);
  expect(pauseAfter(0, { httpStatus: 410 })).toBeUndefined();
});

test("progress is not told again", () => {
  expect(pauseAfter(0, {}, { type: "progress" })).toBeUndefined();
});
