import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { LiveRunRequest } from "../../../src/engine/engine.ts";
import { recordingFolder } from "../../../src/plan/live/plan-live.ts";
import type { TaskError } from "../../../src/task/errors.ts";
import type { Failure } from "../../../src/task/task.ts";
import { clip } from "../../fixtures/clips.ts";
import { AWAY, liveBench } from "../../fixtures/live-bench.ts";
import { eventually } from "../../fixtures/service.ts";
import { WORKER_ID, workerBench } from "../../fixtures/worker-bench.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const TARGET = "rtmp://127.0.0.1/live/out";
const FULL = "No space left on device";

/** A worker with a live task that goes to a live target and to a file, or only to the file. */
async function aLiveTask({
  found,
  profile = "video_mp4_160x120_200kbps",
  live = [TARGET],
}: {
  readonly found?: TaskError;
  readonly profile?: string;
  readonly live?: readonly string[];
} = {}) {
  const bench = await liveBench(
    profile,
    (root) => [...live, join(root, "recorded.mp4")].map((url) => ({ url, key: url })),
    found,
  );
  return { ...bench, file: join(bench.root, "recorded.mp4") };
}

/** Where a run records its part for the file. */
const partOf = ({ recordings, run }: LiveRunRequest) =>
  join(recordings, recordingFolder(0), `part-0000${run.part}.mp4`);

/** Has a run record a second of a real stream, and tells of it. */
async function record(request: LiveRunRequest, width = 160): Promise<void> {
  const args = ["-movflags", "+frag_keyframe+empty_moov", "-g", "5"];
  await mkdir(dirname(partOf(request)), { recursive: true });
  await copyFile(await clip({ width, height: 120, args }), partOf(request));
  request.onProgress({ outTimeSeconds: 1, frames: 25, speed: 1, fps: 25, droppedFrames: 0 });
}

describe("processLive", () => {
  test("sends to a live target while it comes, and delivers what it recorded at the end", async () => {
    const task = await aLiveTask();
    const run = await task.nextLiveRun();
    run.request.onTarget({ kind: "open", url: TARGET });
    await record(run.request);
    await task.until(task.id, ({ targets }) => targets[0]?.status === "RUNNING");
    expect(existsSync(task.file)).toBeFalse();

    task.endStream(run);
    // One joins the parts of the recording, one makes the file of them.
    (await task.nextRun()).letGo();
    (await task.nextRun()).letGo();
    const { targets } = await task.until(task.id, "SUCCESS");
    expect(targets).toMatchObject([
      { status: "SUCCESS" },
      { status: "SUCCESS", output: { container: "mp4", video: { codec: "h264", width: 160 } } },
    ]);
    expect(existsSync(task.file)).toBeTrue();
    // They are removed once the end of the task is recorded.
    const left = () => readdir(join(task.scratch, "recordings"));
    await eventually(async () => ((await left()).length === 0 ? true : undefined));
  });

  test("keeps what was recorded where a later run takes the task up", async () => {
    const task = await aLiveTask();
    const first = await task.nextLiveRun();
    await record(first.request);
    task.clock.nowMs += 5_000;
    await task.queue.takeOver(WORKER_ID);
    const second = await task.nextLiveRun();
    expect(first.signal.reason).toMatchObject({ code: "lease_lost" });
    expect(existsSync(partOf(first.request))).toBeTrue();
    expect(second.request.run).toMatchObject({ part: 1, offsetSeconds: 5 });
    expect(second.request.run.prefix).not.toBe(first.request.run.prefix);
  });

  test("delivers the file where the live target took nothing", async () => {
    const task = await aLiveTask();
    const run = await task.nextLiveRun();
    const why = "it is not trusted";
    run.request.onTarget({ kind: "failed", url: TARGET, why, isInVain: true });
    await record(run.request);
    task.endStream(run);
    (await task.nextRun()).letGo();
    (await task.nextRun()).letGo();
    const { targets, failure } = await task.until(task.id, "FAILED");
    expect(targets.map(({ status }) => status)).toEqual(["FAILED", "SUCCESS"]);
    expect(failure).toEqual({ code: "target_lost", detail: `Cannot send to the target: ${why}` });
  });

  test("fails where the source never came, with no file and no recording left", async () => {
    const task = await aLiveTask({ found: AWAY });
    // Only then has it looked for its source, and counts how long that is away.
    await task.until(task.id, ({ warnings = [] }) =>
      warnings.some(({ code }) => code === "source_awaited"),
    );
    task.goAway();
    const { failure, attempts } = await task.until(task.id, "FAILED");
    expect(failure?.code).toBe("source_never_came");
    expect(attempts).toHaveLength(1);
    expect(existsSync(task.file)).toBeFalse();
  });

  test("goes on to its live target where no more can be recorded, and delivers what was", async () => {
    const task = await aLiveTask();
    const run = await task.nextLiveRun();
    run.request.onTarget({ kind: "open", url: TARGET });
    await record(run.request);
    await task.until(task.id, ({ targets }) => targets[0]?.status === "RUNNING");
    run.request.onTarget({ kind: "unrecorded", path: partOf(run.request), why: FULL });
    expect(run.signal.aborted).toBeFalse();
    task.endStream(run);
    (await task.nextRun()).letGo();
    (await task.nextRun()).letGo();
    await task.until(task.id, "SUCCESS");
    expect(existsSync(task.file)).toBeTrue();
  });

  test("ends its run where all that it does is record, and that cannot be done", async () => {
    const task = await aLiveTask({ live: [] });
    const { request, signal } = await task.nextLiveRun();
    request.onTarget({ kind: "unrecorded", path: partOf(request), why: FULL });
    expect(signal.aborted).toBeTrue();
    const { attempts } = await task.until(task.id, "PENDING");
    const failure = { code: "scratch_full", detail: `Cannot record: ${FULL}` };
    expect(attempts[0]?.failure).toEqual(failure as Failure);
  });

  test("joins no copies of streams that differ", async () => {
    const task = await aLiveTask({ live: [], profile: "video_mp4_transmux" });
    const first = await task.nextLiveRun();
    await record(first.request);
    first.letGo();
    const second = await task.nextLiveRun();
    await record(second.request, 176);
    task.endStream(second);
    const { failure } = await task.until(task.id, "FAILED");
    expect(failure).toEqual({
      code: "output_not_supported",
      detail:
        'Cannot join the recording: h264 160x120 and aac 48000 1 became h264 176x120 and aac 48000 1 on the way, and it was copied (of the source "rtmp://127.0.0.1/live/***")',
    });
    expect(existsSync(task.file)).toBeFalse();
  });

  test("is refused where the engine reaches no network", async () => {
    const bench = await workerBench();
    const id = await bench.add({ sourceUrl: "rtmp://127.0.0.1/live/in" });
    const { failure } = await bench.until(id, "FAILED");
    expect(failure).toEqual({
      code: "input_not_supported",
      detail:
        'Cannot run a live task: the engine reaches no network (of the source "rtmp://127.0.0.1/live/***")',
    });
  });

  test("is given back when the service stops, with its recording kept", async () => {
    const task = await aLiveTask();
    const { request } = await task.nextLiveRun();
    await record(request);
    await task.worker.stop();
    expect((await task.task(task.id)).status).toBe("PENDING");
    expect(existsSync(partOf(request))).toBeTrue();
  });
});
