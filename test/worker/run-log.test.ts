import { describe, expect, test } from "bun:test";
import type { LogText } from "../../src/task/task.ts";
import { RunLog } from "../../src/worker/run-log.ts";

describe("RunLog", () => {
  function aLog() {
    const saved: LogText[] = [];
    const log = new RunLog(async (text) => void saved.push(text));
    return { log, saved };
  }

  test("writes what was said once, and nothing if nothing new was", async () => {
    const { log, saved } = aLog();
    await log.save();
    log.line("a line");
    log.decide("a decision");
    await log.save();
    await log.save();
    expect(saved).toEqual([{ lines: ["a line"], decisions: ["a decision"] }]);
  });

  test("writes by itself while the run goes on", async () => {
    const { promise, resolve } = Promise.withResolvers<LogText>();
    new RunLog(async (text) => resolve(text), 1).line("a line");
    expect((await promise).lines).toEqual(["a line"]);
  });

  test("keeps the last 200 lines, without the addresses of ffmpeg's memory", async () => {
    const { log, saved } = aLog();
    for (let i = 1; i <= 201; i++) log.line(`[h264 @ 0x55d0c8a1b2c0] [error] block ${i}`);
    await log.save();
    const lines = saved[0]?.lines ?? [];
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([
      200,
      "[h264] [error] block 2",
      "[h264] [error] block 201",
    ]);
  });

  test("keeps not more than 64,000 characters, and not more than 8,000 of one entry", async () => {
    const { log, saved } = aLog();
    for (let i = 0; i < 10; i++) log.decide("x".repeat(9_000));
    await log.save();
    expect(saved[0]?.decisions.map(({ length }) => length)).toEqual(Array(8).fill(8_000));
  });
});
