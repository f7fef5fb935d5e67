import { expect, test } from "bun:test";
import type { TaskRow } from "../../src/task/row.ts";
import type { TaskEvent } from "../../src/task/task.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";
import { aFailure, anOutput, claimTask, createTask } from "../fixtures/store-bench.ts";

/** A bench, and what its listener was told: the type of each event, with the state of the row. */
function heard() {
  const told: string[] = [];
  const onChange = (row: TaskRow, events: readonly TaskEvent[]) => {
    for (const { type } of events) told.push(`${type} ${row.status}`);
  };
  return { bench: sqliteBench(":memory:", { onChange }), told };
}

test("every change of a task is told once, by the store and by the queue", async () => {
  const { bench, told } = heard();
  await createTask(bench);
  const { claim } = await claimTask(bench);
  await bench.tasks.saveTarget(claim, 0, { status: "SUCCESS", output: anOutput });
  await bench.queue.giveBack(claim, { failure: aFailure, notBeforeMs: 0, counts: true });
  const again = await claimTask(bench);
  await bench.tasks.finish(again.claim, { status: "SUCCESS" });
  expect(told).toEqual([
    ...["created PENDING", "started RUNNING", "target RUNNING", "given_back PENDING"],
    ...["started RUNNING", "ended SUCCESS"],
  ]);
});

test("what ends without a run is told, too: a cancel, and a worker that was lost", async () => {
  const { bench, told } = heard();
  const id = await createTask(bench);
  await bench.tasks.cancel("ada", id);
  await bench.tasks.retry("ada", id);
  await claimTask(bench, "dead");
  await bench.queue.takeOver("dead");
  expect(told).toEqual([
    ...["created PENDING", "target CANCELLED", "ended CANCELLED"],
    ...["retried PENDING", "started RUNNING", "given_back PENDING"],
  ]);
});

test("a change that is refused is not told", async () => {
  const { bench, told } = heard();
  const id = await createTask(bench);
  told.splice(0);
  await expect(bench.tasks.retry("ada", id)).rejects.toThrow("Cannot retry");
  expect(told).toEqual([]);
});
