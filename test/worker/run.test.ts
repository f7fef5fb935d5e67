import { describe, expect, test } from "bun:test";
import type { Work } from "../../src/queue/queue.ts";
import { TaskError } from "../../src/task/errors.ts";
import type { Progress, TargetResult } from "../../src/task/task.ts";
import { Run } from "../../src/worker/run.ts";
import type { RunPorts } from "../../src/worker/run-ports.ts";

const WORK = {
  claim: { taskId: "01987654-3210-7abc-8def-0123456789ab", attempt: 3 },
  task: {
    id: "01987654-3210-7abc-8def-0123456789ab",
    sourceUrl: "in.mp4",
    targets: [{ url: "a.mp4" }, { url: "b.mp4" }],
  },
  assignments: [],
  failures: 1,
} as unknown as Work;

const cancelled = new TaskError("cancelled", "The task was cancelled by its client");
const lost = new TaskError("lease_lost", "Cannot go on: the lease ran out");

/** A run whose store keeps what it is told, and answers as it is said. */
function aRun(
  answers: { readonly mayPublish?: TaskError; readonly saveProgress?: TaskError } = {},
) {
  const targets: [number, TargetResult][] = [];
  const progress: Progress[] = [];
  const time = { nowMs: 10_000 };
  const answer = async (error: TaskError | undefined): Promise<void> => {
    if (error) throw error;
  };
  const store = {
    mayPublish: () => answer(answers.mayPublish),
    saveTarget: async (_: unknown, index: number, result: TargetResult) => {
      targets.push([index, result]);
    },
    saveProgress: (_: unknown, each: Progress) => {
      progress.push(each);
      return answer(answers.saveProgress);
    },
  };
  const insist: RunPorts["insist"] = (write) => write();
  const ports = { store, insist, now: () => time.nowMs } as unknown as RunPorts;
  return { run: new Run(WORK, ports), targets, progress, time };
}

describe("Run", () => {
  test("gives back all that it held, also where one cannot be closed", async () => {
    const { run } = aRun();
    const closed: string[] = [];
    run.atEnd(async () => {
      closed.push("first");
      throw new Error("EIO");
    });
    run.atEnd(async () => void closed.push("second"));
    await run.end();
    await run.end();
    expect(closed).toEqual(["first", "second"]);
  });

  test("names what one attempt makes apart, and what all attempts of a live set make alike", () => {
    const { run } = aRun();
    expect([run.tag, run.setTag]).toEqual(["0123456789ab-3", "0123456789ab-set"]);
    expect(run.segmentPrefix(4)).toBe("pontus.0123456789ab-set.3-4");
  });

  test("may publish while it is not stopped and its claim holds", async () => {
    const { run } = aRun();
    await run.mayPublish();
    run.abort(cancelled);
    await expect(run.mayPublish()).rejects.toBe(cancelled);
    await expect(aRun({ mayPublish: lost }).run.mayPublish()).rejects.toBe(lost);
  });

  test("may close a live set after it was stopped or cancelled, but not without its lease", async () => {
    const { run } = aRun({ mayPublish: cancelled });
    run.abort(cancelled);
    await run.mayTidy();
    await expect(aRun({ mayPublish: lost }).run.mayTidy()).rejects.toBe(lost);
  });

  test("is the newest until its lease is lost for certain", async () => {
    const busy = new TaskError("service_unavailable", "Cannot read: the database is busy");
    const answers = [undefined, cancelled, busy, lost].map((mayPublish) =>
      aRun(mayPublish && { mayPublish }).run.isNewest(),
    );
    expect(await Promise.all(answers)).toEqual([true, true, true, false]);
  });

  test("records the failure of a target, and gives failures in the order of the targets", async () => {
    const { run, targets } = aRun();
    const [first, second] = ["first", "second"].map((why) => new TaskError("target_full", why));
    await run.failTarget(1, second);
    await run.failTarget(0, first);
    const failure = { code: "target_full", detail: "second" };
    expect(targets[0]).toEqual([1, { status: "FAILED", failure }] as never);
    expect(run.failuresInOrder).toEqual([first, second] as TaskError[]);
    expect(run.failures.has(1)).toBe(true);
  });

  test("does not take what concerns the whole task for the failure of a target", async () => {
    const { run, targets } = aRun();
    await expect(run.failTarget(0, lost)).rejects.toBe(lost);
    run.abort(cancelled);
    await expect(run.failTarget(0, new Error("aborted"))).rejects.toBe(cancelled);
    expect([targets, run.failuresInOrder]).toEqual([[], []]);
  });

  test("records progress once a second, and each new phase at once", () => {
    const { run, progress, time } = aRun();
    const report = (phase: Progress["phase"], outTimeSeconds: number) =>
      run.onProgress({ phase, outTimeSeconds, speed: 1, fps: 25 });
    report("FETCHING", 0);
    report("TRANSCODING", 1);
    report("TRANSCODING", 2);
    time.nowMs += 1_000;
    report("TRANSCODING", 3);
    expect(progress.map(({ outTimeSeconds }) => outTimeSeconds)).toEqual([0, 1, 3]);
  });

  test("stops where progress cannot be recorded as the lease is lost", async () => {
    const { run } = aRun({ saveProgress: lost });
    run.onProgress({ phase: "FETCHING", outTimeSeconds: 0, speed: 0, fps: 0 });
    await Promise.resolve();
    await Promise.resolve();
    expect(run.signal.reason).toBe(lost);
  });
});
