import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "../fixtures/service.ts";
import { workerBench } from "../fixtures/worker-bench.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

describe("Worker on a disk that gets full", () => {
  test("takes up no task while it may not, and then does", async () => {
    const may = { claim: false };
    let asked = 0;
    const mayClaim = () => {
      asked += 1;
      return may.claim;
    };
    const bench = await workerBench({ deps: { mayClaim } });
    const id = await bench.add();
    const before = asked;
    bench.pass(0);
    await eventually(() => asked > before || undefined);
    expect(await bench.task(id)).toMatchObject({ status: "PENDING", attempt: 0 });
    may.claim = true;
    bench.pass(0);
    (await bench.nextRun()).letGo();
    await bench.until(id, "SUCCESS");
  });

  test("ends the newest run where the disk is nearly full, and its task waits without a slot", async () => {
    const bench = await workerBench({ options: { slots: 2 } });
    const older = await bench.add();
    const first = await bench.nextRun();
    const newer = await bench.add();
    await bench.nextRun();
    bench.worker.makeRoom();
    const task = await bench.until(newer, "PENDING");
    expect(task.attempts[0]?.failure).toMatchObject({ code: "scratch_full" });
    await eventually(() => (bench.worker.running === 1 ? true : undefined));
    first.letGo();
    await bench.until(older, "SUCCESS");
    // There is nothing left to end.
    bench.worker.makeRoom();
  });

  test("refuses what does not fit on the disk before an encoder starts", async () => {
    const disk = { roomIn: async () => 10, roomToFetch: async () => 10 };
    const bench = await workerBench({ deps: { disk } });
    const id = await bench.add();
    const task = await bench.until(id, ({ attempts }) => attempts[0]?.failure !== undefined);
    expect(task.attempts[0]?.failure).toEqual({
      code: "scratch_full",
      detail: expect.stringMatching(
        /^Cannot write the output: the scratch disk is full, \S+ MiB are needed and 0.0 MiB may be used$/,
      ),
    });
  });

  test.each([
    ["of a fleet leaves the queue to others for a while", []],
    ["alone goes on", undefined],
  ])("that has no room for a task, %s", async (_, abilities) => {
    const room = { bytes: 10 };
    const disk = { roomIn: async () => room.bytes, roomToFetch: async () => room.bytes };
    let asked = 0;
    const mayClaim = () => {
      asked += 1;
      return true;
    };
    const options = abilities && { abilities };
    const bench = await workerBench({ deps: { disk, mayClaim }, ...(options && { options }) });
    const id = await bench.add();
    await bench.until(id, ({ attempts }) => attempts[0]?.failure?.code === "scratch_full");
    const before = asked;
    room.bytes = Number.POSITIVE_INFINITY;
    bench.pass(2_500);
    if (abilities) {
      await eventually(() => asked > before || undefined);
      expect(await bench.task(id)).toMatchObject({ status: "PENDING", attempt: 1 });
    } else {
      (await bench.nextRun()).letGo();
      await bench.until(id, "SUCCESS");
    }
  });

  test("ends a run that writes far more than is planned", async () => {
    const bench = await workerBench();
    const id = await bench.add();
    const { request, signal } = await bench.nextRun();
    // A file that takes no space is as large as any.
    await writeFile(join(request.folder, "out.mp4"), "");
    await truncate(join(request.folder, "out.mp4"), 2 ** 40);
    await eventually(() => signal.aborted || undefined);
    const task = await bench.until(id, ({ attempts }) => attempts[0]?.failure !== undefined);
    expect(task.attempts[0]?.failure).toEqual({
      code: "output_wrong",
      detail: expect.stringMatching(
        /^Cannot write the output: its run wrote 1048576.\d MiB, and at most \S+ MiB are planned for it \(of the source "\S+\/in\.mp4"\)$/,
      ),
    });
  });
});
