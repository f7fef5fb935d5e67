import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sweepRecordings } from "../../../src/worker/live/sweep-recordings.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { sqliteBench } from "../../fixtures/sqlite-bench.ts";
import { aFailure, claimTask, createTask, startTask } from "../../fixtures/store-bench.ts";

// A busy disk takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** What a task has recorded so far. */
function record(root: string, taskId: string): string {
  const folder = join(root, taskId, "recording-0");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "part-0.mp4"), "film");
  return join(root, taskId);
}

describe("sweepRecordings", () => {
  test("takes away what a task has recorded that was cancelled between two runs, and no other's", async () => {
    const bench = sqliteBench();
    const root = tempFolder();
    const id = await createTask(bench);
    const { claim } = await claimTask(bench);
    await bench.queue.giveBack(claim, { failure: aFailure, notBeforeMs: 0, counts: true });
    await bench.tasks.cancel("ada", id);
    const cancelled = record(root, id);
    const running = record(root, (await startTask(bench)).claim.taskId);
    const waiting = record(root, await createTask(bench));
    const unknown = record(root, "lost+found");
    await sweepRecordings(root, bench.tasks);
    expect([cancelled, running, waiting, unknown].map(existsSync)).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });

  test("does nothing where nothing was ever recorded", async () => {
    await sweepRecordings(join(tempFolder(), "none"), sqliteBench().tasks);
  });
});
