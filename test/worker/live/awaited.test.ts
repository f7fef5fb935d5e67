import { expect, setDefaultTimeout, test } from "bun:test";
import type { Task } from "../../../src/task/task.ts";
import { AWAY, liveBench } from "../../fixtures/live-bench.ts";
import { aMedia } from "../../plan/builders.ts";

// A source is waited for some seconds before its task says so.
setDefaultTimeout(60_000);

const TARGET = "rtmp://127.0.0.1/live/out";
const isTold = ({ warnings = [] }: Task): boolean =>
  warnings.some(({ code }) => code === "source_awaited");

test("a live task says while nobody publishes its source, and no longer once it has come or is given up", async () => {
  const bench = await liveBench("video_flv_transmux", () => [{ url: TARGET, key: TARGET }], AWAY);
  const { warnings } = await bench.until(bench.id, isTold);
  expect(warnings).toEqual([
    {
      code: "source_awaited",
      message:
        'Nobody publishes the source "rtmp://127.0.0.1/live/***" now (nobody answers): it is waited for',
    },
  ]);
  bench.source.found = aMedia();
  const run = await bench.nextLiveRun();
  await bench.until(bench.id, (task) => !isTold(task));
  run.request.onProgress({ outTimeSeconds: 1, frames: 25, speed: 1, fps: 25, droppedFrames: 0 });
  bench.source.found = AWAY;
  run.letGo();
  await bench.until(bench.id, isTold);
  bench.goAway();
  const ended = await bench.until(bench.id, ({ endMs }) => endMs !== undefined);
  expect(isTold(ended)).toBeFalse();
});
