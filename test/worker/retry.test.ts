import { describe, expect, test } from "bun:test";
import { ERROR_CODES, type ErrorCode, retryOf } from "../../src/task/errors.ts";
import { type FailedRun, retryDelayMs } from "../../src/worker/retry.ts";

const LIMITS = { attemptsMax: 4, retryMaxMs: 3_600_000 };
const SECOND = 1_000;

/** A run that has failed behind others with these causes, which began at 0 and ended a second apart; it ends later by so much. */
function after(codes: readonly ErrorCode[], laterMs = SECOND, id = "task"): FailedRun {
  const attempts = codes.map((code, at) => ({
    attempt: at + 1,
    startMs: at * SECOND,
    endMs: (at + 1) * SECOND,
    engine: "native" as const,
    failure: { code, detail: "Cannot go on" },
  }));
  const own = { attempt: codes.length + 1, startMs: codes.length * SECOND, engine: "native" };
  return {
    task: { id, attempt: own.attempt, attempts: [...attempts, own as never] },
    failures: codes.filter((code) => code !== "shutdown").length,
    nowMs: codes.length * SECOND + laterMs,
  };
}

/** A stop of the service is no failed run. */
const FAILING = ERROR_CODES.filter((code) => code !== "shutdown");

const many = (code: ErrorCode, count: number): readonly ErrorCode[] => Array(count).fill(code);

describe("retryDelayMs", () => {
  test.each([
    [0, 2_000],
    [1, 4_000],
    [2, 8_000],
    [7, 256_000],
    [9, 1_024_000],
  ])("doubles with each failure, give or take a quarter (%d before)", (before, expected) => {
    const delays = Array.from({ length: 50 }, (_, at) => {
      const run = after(many("scratch_full", before), SECOND, `task-${at}`);
      return retryDelayMs("scratch_full", run, LIMITS) ?? 0;
    });
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(expected * 0.75);
    expect(Math.max(...delays)).toBeLessThanOrEqual(expected * 1.25);
    expect(new Set(delays).size).toBeGreaterThan(40);
  });

  test("is at most half an hour, and the same whenever it is asked for", () => {
    const run = after(many("scratch_full", 30));
    const limits = { attemptsMax: 100, retryMaxMs: 0 };
    expect(retryDelayMs("scratch_full", run, limits)).toBe(1_800_000);
    const early = after(["scratch_full"]);
    const first = retryDelayMs("scratch_full", early, LIMITS);
    expect(retryDelayMs("scratch_full", early, LIMITS)).toBe(first);
  });

  test.each(FAILING.map((code) => [code] as const))("keeps to the class of %s", (code) => {
    const limits = { ...LIMITS, retryMaxMs: 0 };
    const isRunAgain = (before: number) =>
      retryDelayMs(code, after(many(code, before)), limits) !== undefined;
    const runs = [0, 1, 2, 3, 4].filter(isRunAgain).length;
    expect(runs).toBe({ never: 0, once: 1, counted: 3, backoff: 3 }[retryOf(code)]);
  });

  test("goes on beyond the number of runs while the cause may pass, with a last run when the time is over", () => {
    const codes = many("target_unreachable", 9);
    const at = (laterMs: number) =>
      retryDelayMs("target_unreachable", after(codes, laterMs), LIMITS);
    // Nine failures took nine seconds, and the first of them ended after one.
    const passed = 8 * SECOND;
    expect(at(SECOND)).toBeGreaterThan(700_000);
    expect(at(LIMITS.retryMaxMs - passed - 5_000)).toBe(5_000);
    expect(at(LIMITS.retryMaxMs - passed)).toBeUndefined();
  });

  test("ends in the same time where the clock was set back meanwhile", () => {
    const run = after(many("target_unreachable", 9));
    const yearMs = 365 * 86_400_000;
    const attempts = run.task.attempts.map(({ endMs = 0, ...attempt }, at) => ({
      ...attempt,
      endMs: at < 5 ? endMs + yearMs : endMs,
    }));
    const at = (nowMs: number) =>
      retryDelayMs(
        "target_unreachable",
        { ...run, task: { ...run.task, attempts }, nowMs },
        LIMITS,
      );
    expect(at(9 * SECOND + LIMITS.retryMaxMs / 2)).toBeNumber();
    expect(at(9 * SECOND + LIMITS.retryMaxMs)).toBeUndefined();
  });

  test("counts only what does not pass by itself, where runs are counted", () => {
    const passing = many("target_unreachable", 9);
    expect(retryDelayMs("encoder_stalled", after(passing), LIMITS)).toBeNumber();
    expect(retryDelayMs("output_wrong", after(passing), LIMITS)).toBeNumber();
    const worn = after([...passing, ...many("worker_lost", 3)]);
    expect(retryDelayMs("encoder_stalled", worn, LIMITS)).toBeUndefined();
    expect(retryDelayMs("output_wrong", worn, LIMITS)).toBeUndefined();
    expect(retryDelayMs("target_unreachable", worn, LIMITS)).toBeNumber();
  });

  test("forgets what was before a retry of the caller, and what a stop of the service ended", () => {
    const run = after([...many("encoder_stalled", 3), "shutdown", "encoder_stalled"]);
    expect(retryDelayMs("encoder_stalled", { ...run, failures: 1 }, LIMITS)).toBeNumber();
    expect(retryDelayMs("encoder_stalled", run, LIMITS)).toBeUndefined();
  });

  test("gives no second run where one attempt is all there is", () => {
    const limits = { ...LIMITS, attemptsMax: 1 };
    expect(retryDelayMs("encoder_killed", after([]), limits)).toBeUndefined();
    expect(retryDelayMs("scratch_full", after([]), limits)).toBeUndefined();
  });
});
