import { expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Engine, RunRequest } from "../../../src/engine/engine.ts";
import type { Reach } from "../../../src/lib/reach.ts";
import type { ReadFile } from "../../../src/plan/sliced.ts";
import type { HelpedPart, SliceQueue, StepKey } from "../../../src/slices/slices.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import type { Failure } from "../../../src/task/task.ts";
import { Helper } from "../../../src/worker/parts/helper.ts";
import { SliceStore } from "../../../src/worker/parts/slice-store.ts";
import type { Worker } from "../../../src/worker/worker.ts";
import { aStorage, filesOf } from "../../fixtures/file-storage.ts";
import { eventually } from "../../fixtures/service.ts";
import { workerBench } from "../../fixtures/worker-bench.ts";

setDefaultTimeout(30_000);

const REACH: Reach = { source: { hosts: ["films.example"] }, target: {} };
const PART: HelpedPart = {
  key: { taskId: "7", digest: "d1" },
  index: 0,
  token: "0.0",
  workerId: "helper",
  run: { args: [], writes: ["0/a.ts"] },
  held: { id: "e", retryCount: 0 },
  sourceUrl: "https://films.example/a.mp4",
  source: { sizeBytes: 5, version: '"a"' },
  reach: REACH,
};

const NOTHING: readonly ReadFile[] = [];

/** A helper that is given one slice, of a source in this version, by an encoder that writes it and then goes on without end. */
async function aHelper({ version = '"a"', isEndless = true, counts = true, reads = NOTHING } = {}) {
  const { storage, root, scratch } = await aStorage();
  const told = {
    failures: [] as Failure[],
    reaches: [] as unknown[],
    made: 0,
    open: 0,
    isEncoding: false,
    read: [] as string[],
  };
  const given = [{ ...PART, run: { ...PART.run, ...(reads.length > 0 && { reads }) } }];
  let isAvoided = (_: StepKey): boolean => false;
  const queue: Partial<SliceQueue> = {
    take: async (_, avoided) => {
      isAvoided = avoided;
      return given.shift();
    },
    beat: async () => true,
    complete: async () => {
      told.made += 1;
      return counts;
    },
    fail: async (_, failure) => void told.failures.push(failure),
  };
  const source = {
    read: async () => {
      told.open += 1;
      return {
        sizeBytes: 5,
        extension: ".mp4",
        version,
        read: async () => new Uint8Array(5),
        close: () => {
          told.open -= 1;
        },
      };
    },
  };
  const run = async ({ folder, step }: RunRequest, signal: AbortSignal): Promise<void> => {
    const path = join(folder, step.writes[0] ?? "");
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "pictures");
    for (const one of reads) told.read.push(await readFile(join(folder, one.path), "utf8"));
    told.isEncoding = true;
    if (!isEndless) return;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    signal.throwIfAborted();
  };
  const engine = { name: "native", capabilities: { version: "7.1" }, run } as unknown as Engine;
  const urlOf = (name: string) => pathToFileURL(join(root, name)).href;
  const remove = (url: string) => rm(fileURLToPath(url), { force: true });
  const slicing = {
    queue: queue as SliceQueue,
    store: new SliceStore({ urlOf, storage, remove }),
    workerId: "helper",
    count: () => {},
    minSeconds: 6,
    sliceSeconds: 3,
  };
  const helper = new Helper({
    slicing,
    engine,
    storageOf: (url, side, reach) => {
      told.reaches.push([url, side, reach]);
      return source as unknown as Storage;
    },
    scratch,
  });
  const isFree = () => eventually(async () => (helper.running === 0 ? true : undefined));
  return { helper, told, root, scratch, isFree, isAvoided: () => isAvoided(PART.key) };
}

test("a slice is made of the source as the task's client may reach it, and stored", async () => {
  const { helper, told, root, scratch, isFree } = await aHelper({ isEndless: false });
  expect(await helper.take(() => {})).toBe(true);
  await isFree();
  expect(told).toMatchObject({ made: 1, open: 0, failures: [] });
  expect(told.reaches).toEqual([[PART.sourceUrl, "source", REACH]]);
  expect(await filesOf(root)).toEqual(["7-d1-0-0.0-0.part"]);
  expect(await readdir(scratch)).toEqual([]);
  expect(await helper.take(() => {})).toBe(false);
});

/** A file that a slice of two passes reads. */
const READ: ReadFile = {
  path: "0/pass-slice0--0.log",
  sizeBytes: 5,
  sha256: createHash("sha256").update("stats").digest("hex"),
};

test("what a first pass has found of a slice is fetched from the store before it is made", async () => {
  const { helper, told, root, isFree } = await aHelper({ isEndless: false, reads: [READ] });
  await writeFile(join(root, "7-d1-0-reads-0.part"), "stats");
  await helper.take(() => {});
  await isFree();
  expect(told).toMatchObject({ made: 1, failures: [], read: ["stats"] });
});

test("a slice is not made if what it reads is not in the store as it was stored", async () => {
  const { helper, told, root, isFree } = await aHelper({ isEndless: false, reads: [READ] });
  await writeFile(join(root, "7-d1-0-reads-0.part"), "spoilt");
  await helper.take(() => {});
  await isFree();
  expect(told).toMatchObject({ isEncoding: false, made: 0, open: 0 });
  expect(told.failures).toMatchObject([{ code: "source_unreachable" }]);
});

test("of another file than the task's worker reads no slice is made, and its step is avoided", async () => {
  const { helper, told, root, isFree, isAvoided } = await aHelper({ version: '"b"' });
  await helper.take(() => {});
  await isFree();
  expect(told).toMatchObject({ isEncoding: false, made: 0, open: 0 });
  expect(told.failures).toMatchObject([{ code: "source_unreachable" }]);
  expect(isAvoided()).toBe(true);
  expect(await filesOf(root)).toEqual([]);
});

test("of a slice that is another worker's by now, nothing is left in the store", async () => {
  const { helper, told, root, isFree } = await aHelper({ isEndless: false, counts: false });
  await helper.take(() => {});
  await isFree();
  expect(told).toMatchObject({ made: 1, failures: [{ code: "lease_lost" }] });
  expect(await filesOf(root)).toEqual([]);
});

test.each<[string, (worker: Worker, helper: Helper) => unknown, Failure["code"]]>([
  ["is drained at once", (worker) => worker.handBack(), "shutdown"],
  ["is stopped", (worker) => worker.stop(), "shutdown"],
  ["has a full disk", (worker) => worker.makeRoom(), "scratch_full"],
  ["hears of a cancel", (_, helper) => helper.cancel("7"), "cancelled"],
])(
  "a worker that %s hands the slice back that it makes, and leaves nothing of it",
  async (_, end, code) => {
    const { helper, told, root, scratch } = await aHelper();
    const { worker } = await workerBench({ deps: { helper } });
    await eventually(async () => told.isEncoding || undefined);
    expect({ helping: helper.running, isIdle: worker.isIdle }).toEqual({
      helping: 1,
      isIdle: false,
    });
    helper.cancel("another task");
    await end(worker, helper);
    await eventually(async () => worker.isIdle || undefined);
    expect(told).toMatchObject({ made: 0, open: 0, failures: [{ code }] });
    expect([...(await filesOf(root)), ...(await readdir(scratch))]).toEqual([]);
  },
);
