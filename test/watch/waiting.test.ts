import { expect, test } from "bun:test";
import { TaskError } from "../../src/task/errors.ts";
import { Waiting } from "../../src/watch/waiting.ts";

const REFUSAL = new TaskError("access_denied", "Cannot create task");

test("a refused file waits twice as long each time, five minutes at most, and not once it is another", () => {
  const waiting = new Waiting("/media/in", 100_000);
  const untilMs = [100_000, 300_000, 600_000, 900_000];
  let nowMs = 0;
  for (const until of untilMs) {
    waiting.refused("a.mov", "1", REFUSAL, nowMs);
    expect(waiting.waits("a.mov", "1", until - 1)).toBe(true);
    expect(waiting.waits("a.mov", "1", until)).toBe(false);
    nowMs = until;
  }
  waiting.refused("a.mov", "2", REFUSAL, nowMs);
  expect(waiting.waits("a.mov", "1", nowMs)).toBe(false);
  expect(waiting.waits("a.mov", "2", nowMs + 99_999)).toBe(true);
  expect(waiting.waits("a.mov", "2", nowMs + 100_000)).toBe(false);
  waiting.made("a.mov");
  expect(waiting.waits("a.mov", "2", nowMs)).toBe(false);
});
