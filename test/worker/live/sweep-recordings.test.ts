import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { recordingsOf, sweepRecordings } from "../../../src/worker/live/sweep-recordings.ts";
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

  test("takes away all that an ended task has recorded, also after a retry of its caller", async () => {
    const bench = sqliteBench();
    const root = tempFolder();
    const id = await createTask(bench);
    const first = recordingsOf((await claimTask(bench)).task);
    await bench.queue.takeOver("worker-1");
    const second = await claimTask(bench);
    const again = recordingsOf(second.task);
    await bench.tasks.finish(second.claim, { status: "FAILED", failure: aFailure });
    await bench.tasks.retry("ada", id);
    bench.clock.nowMs += 1_000;
    const third = await claimTask(bench);
    const after = recordingsOf(third.task);
    expect([first, again, after]).toEqual([id, id, `${id}.3`]);
    const folders = [record(root, first), record(root, after)];
    await sweepRecordings(root, bench.tasks);
    expect(folders.map(existsSync)).toEqual([true, true]);
    await bench.tasks.finish(third.claim, { status: "FAILED", failure: aFailure });
    await sweepRecordings(root, bench.tasks);
    expect(folders.map(existsSync)).toEqual([false, false]);
  });

  test("does nothing where nothing was ever recorded", async () => {
    await sweepRecordings(join(tempFolder(), "none"), sqliteBench().tasks);
  });
});
