import { expect, test } from "bun:test";
import type { ErrorCode } from "../../src/task/errors.ts";
import { leftTargets } from "../../src/task/leftovers.ts";
import { delivered, rowIn, type State } from "./rows.ts";

const urlsAfter = (state: State, code: ErrorCode): readonly string[] => {
  const row = state === "SUCCESS" ? delivered(rowIn(state)) : rowIn(state);
  const attempts = row.attempts.map((attempt) => ({ ...attempt, failure: { code, detail: "x" } }));
  return leftTargets({ ...row, attempts }).map(({ url }) => url);
};

test("leftTargets are those that were not delivered of a task that has ended, and may have left something", () => {
  const undelivered = ["file:///media/b.m3u8"];
  expect(urlsAfter("FAILED", "worker_lost")).toEqual(undelivered);
  expect(urlsAfter("CANCELLED", "target_unreachable")).toEqual(undelivered);
  expect(urlsAfter("FAILED", "source_missing")).toEqual([]);
  expect(urlsAfter("WAITING", "worker_lost")).toEqual([]);
  expect(urlsAfter("SUCCESS", "worker_lost")).toEqual([]);
});
