import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TaskError } from "../../../src/task/errors.ts";
import {
  deliverProducts,
  keepTargets,
  prepareTargets,
} from "../../../src/worker/output/deliver-targets.ts";
import type { Run } from "../../../src/worker/run.ts";
import { runOf, startRun } from "../../fixtures/bench-run.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { aStorage, filesOf } from "../../fixtures/file-storage.ts";
import { sqliteBench } from "../../fixtures/sqlite-bench.ts";
import { anOutput, claimTask, type StoreBench } from "../../fixtures/store-bench.ts";
import { aRendition } from "../../profile/builders.ts";

// A disk on a busy machine may take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** A run over real stores and folders, whose targets are files of these names; `../` lies outside. */
async function aRun(...names: readonly string[]) {
  const bench = sqliteBench();
  const { storage, root, scratch } = await aStorage();
  const targets = names.map((name) => ({
    url: join(root, name),
    key: `file:${join(root, name)}`,
  }));
  const run = await startRun(bench, { targets }, { storage });
  const statuses = async () =>
    (await bench.tasks.get("ada", run.task.id)).targets.map(({ status }) => status);
  return { bench, run, root, scratch, statuses };
}

/** A product of these bytes for targets. */
async function aProduct(scratch: string, text: string, targets: readonly number[]) {
  const entry = join(scratch, `${text}.mp4`);
  await writeFile(entry, text);
  return { targets, finished: { entry }, output: { ...anOutput, sizeBytes: text.length } };
}

/** Takes the claim of a run away, as another instance does once its lease has run out. */
const takeAway = ({ queue }: StoreBench) => queue.takeOver("worker-1");

const codesOf = ({ failures }: Run) => [...failures].map(([at, { code }]) => [at, code]);

describe("prepareTargets", () => {
  test("finds out which can be written, and records what stands in the way of others", async () => {
    const { run, statuses } = await aRun("a.mp4", "../other/b.mp4", "new/c.mp4");
    expect([...(await prepareTargets(run))].sort()).toEqual([0, 2]);
    expect(await statuses()).toEqual(["RUNNING", "FAILED", "RUNNING"]);
    expect(codesOf(run)).toEqual([[1, "access_denied"]]);
  });

  test("leaves alone what an earlier run has delivered, and what is of a kind that is not asked", async () => {
    const bench = sqliteBench();
    const { storage, root } = await aStorage();
    const urls = [join(root, "a.mp4"), "rtmp://127.0.0.1/live/b", join(root, "c.mp4")];
    const targets = urls.map((url) => ({ url, key: url }));
    const first = await startRun(bench, { targets }, { storage });
    await first.saveTarget(0, { status: "SUCCESS", output: anOutput });
    await takeAway(bench);
    const run = runOf(bench, await claimTask(bench, "worker-2"), { storage });
    const wanted = await prepareTargets(run, (kind) => kind !== "live");
    expect([...wanted]).toEqual([2]);
    const task = await bench.tasks.get("ada", run.task.id);
    expect(task.targets.map(({ status }) => status)).toEqual(["SUCCESS", "PENDING", "RUNNING"]);
  });

  test("goes up with what concerns the whole task", async () => {
    const { bench, run } = await aRun("a.mp4", "../other/b.mp4");
    await takeAway(bench);
    expect((await taskErrorOf(prepareTargets(run))).code).toBe("lease_lost");
  });

  test("records nothing of a run that was stopped", async () => {
    const { run, statuses } = await aRun("../other/a.mp4");
    const reason = new TaskError("cancelled", "Cannot go on: it was cancelled");
    run.abort(reason);
    expect(await taskErrorOf(prepareTargets(run))).toBe(reason);
    expect(await statuses()).toEqual(["PENDING"]);
  });
});

describe("deliverProducts", () => {
  test("gives each target its product, and records what it got", async () => {
    const { bench, run, root, scratch } = await aRun("a.mp4", "b.mp4", "c.mp4");
    await deliverProducts(run, [
      await aProduct(scratch, "one", [0, 2]),
      await aProduct(scratch, "three", [1]),
    ]);
    const read = (name: string) => readFile(join(root, name), "utf8");
    expect(await Promise.all(["a.mp4", "b.mp4", "c.mp4"].map(read))).toEqual([
      "one",
      "three",
      "one",
    ]);
    const { targets } = await bench.tasks.get("ada", run.task.id);
    expect(targets.map(({ output }) => output?.sizeBytes)).toEqual([3, 5, 3]);
    expect(run.failures.size).toBe(0);
  });

  test("does not stop the others where one cannot be written", async () => {
    const { run, root, scratch, statuses } = await aRun(
      "a.mp4",
      "../other/b.mp4",
      "c.mp4",
      "d.mp4",
    );
    await mkdir(join(root, "c.mp4"));
    await deliverProducts(run, [await aProduct(scratch, "one", [0, 1, 2, 3])]);
    expect(await statuses()).toEqual(["SUCCESS", "FAILED", "FAILED", "SUCCESS"]);
    expect(run.failuresInOrder.map(({ code }) => code)).toEqual([
      "access_denied",
      "target_unwritable",
    ]);
    expect(await filesOf(root)).toEqual(["a.mp4", "d.mp4"]);
  });

  test.each(["lease_lost", "cancelled"] as const)(
    "publishes nothing where it is %s",
    async (code) => {
      const { bench, run, root, scratch, statuses } = await aRun("a.mp4", "b.mp4");
      if (code === "cancelled") await bench.tasks.cancel("ada", run.task.id);
      else await takeAway(bench);
      const product = await aProduct(scratch, "one", [0, 1]);
      expect((await taskErrorOf(deliverProducts(run, [product]))).code).toBe(code);
      expect(await filesOf(root)).toEqual([]);
      expect(await statuses()).not.toContain("SUCCESS");
      expect(run.failures.size).toBe(0);
    },
  );

  test("ends with the reason of a run that was stopped, when every delivery has ended", async () => {
    const { run, root, scratch } = await aRun("a.mp4", "../other/b.mp4");
    const reason = new TaskError("shutdown", "Cannot finish: it stops");
    run.abort(reason);
    const product = await aProduct(scratch, "one", [0, 1]);
    expect(await taskErrorOf(deliverProducts(run, [product]))).toBe(reason);
    expect(await filesOf(root)).toEqual([]);
  });
});

describe("keepTargets", () => {
  test("leaves out what feeds none of the wanted targets", () => {
    const [all, none] = [
      { rendition: aRendition(), targets: [0, 1, 2] },
      { rendition: aRendition(), targets: [1] },
    ];
    expect(keepTargets([all, none], new Set([0, 2]))).toEqual([{ ...all, targets: [0, 2] }]);
  });
});
