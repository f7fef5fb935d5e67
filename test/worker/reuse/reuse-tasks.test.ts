import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { appendFile, readdir, readFile, rm, stat, truncate, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { NewTask } from "../../../src/store/store.ts";
import { TaskError } from "../../../src/task/errors.ts";
import type { Output } from "../../../src/task/task.ts";
import { UNWATCHED } from "../../../src/telemetry/telemetry.ts";
import { openResults, type ResultGrounds } from "../../../src/worker/reuse/open-results.ts";
import { AMPLE_DISK } from "../../fixtures/bench-run.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { eventually } from "../../fixtures/service.ts";
import { type WorkerBench, workerBench } from "../../fixtures/worker-bench.ts";
import { aRendition } from "../../profile/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** A worker that keeps results, and where. */
async function aBench(changes: Partial<ResultGrounds> = {}) {
  const results = join(tempFolder(), "results");
  const asked: string[] = [];
  const bench = await workerBench({
    deps: {
      results: await openResults(results, {
        ...{ bytesMax: 1 << 30, disk: AMPLE_DISK, isShared: false, version: "1" },
        telemetry: { ...UNWATCHED, resultAsked: (result) => asked.push(result) },
        ...changes,
      }),
    },
    options: { slots: 3 },
  });
  return { ...bench, results, asked };
}

type Bench = Awaited<ReturnType<typeof aBench>>;

/** A task whose picture has to be encoded. */
const add = ({ add: create }: WorkerBench, changes: Partial<NewTask> = {}): Promise<string> =>
  create({ assignments: [{ rendition: aRendition(60_000), targets: [0] }], ...changes });

/** What a task of a client has made, once it has. */
const outputOf = ({ tasks }: WorkerBench, id: string, client = "ada"): Promise<Output> =>
  eventually(async () => {
    const { status, targets } = await tasks.get(client, id);
    return status === "SUCCESS" ? targets[0]?.output : undefined;
  });

/** What a task has made that had to encode it. */
async function encoded(bench: WorkerBench, id: string, client?: string): Promise<Output> {
  (await bench.nextRun()).letGo();
  return outputOf(bench, id, client);
}

const target = ({ root }: WorkerBench, number: number): string => join(root, `out-${number}.mp4`);

/** How many pictures a player finds. */
function packetsOf(path: string): number {
  const what = [
    "-select_streams",
    "v:0",
    "-count_packets",
    "-show_entries",
    "stream=nb_read_packets",
  ];
  const told = execFileSync("ffprobe", ["-v", "error", ...what, "-of", "csv=p=0", path]);
  return Number.parseInt(told.toString(), 10);
}

const logOf = async ({ tasks }: WorkerBench, id: string): Promise<readonly string[]> =>
  (await tasks.logs("ada", id)).flatMap(({ decisions }) => decisions);

/** Waits until a task has said something. */
const until = (bench: WorkerBench, id: string, said: string) =>
  eventually(async () => (await logOf(bench, id)).includes(said) || undefined);

const WAITS = "Waits for another task that makes the same";

describe("A task that wants what another has made", () => {
  test("encodes nothing, and says so; its target is a file of its own", async () => {
    const bench = await aBench();
    const first = await encoded(bench, await add(bench));
    // No run of the encoder is let go for it.
    const second = await add(bench);
    expect(await outputOf(bench, second)).toEqual({ ...first, reused: true });
    expect(first.reused).toBeUndefined();
    expect(bench.asked).toEqual(["miss", "hit"]);
    expect(await logOf(bench, second)).toContain(
      "Uses what was made before of the same, and encodes nothing",
    );
    const made = await readFile(target(bench, 1));
    expect(made.equals(await readFile(target(bench, 2)))).toBe(true);
    // What is changed in place at a target is no part of what is kept.
    for (const number of [1, 2]) await appendFile(target(bench, number), "junk");
    await outputOf(bench, await add(bench));
    expect(made.equals(await readFile(target(bench, 3)))).toBe(true);
  });

  test("gets a set under names of its own, whole", async () => {
    const bench = await aBench();
    const urlOf = (name: string) => join(bench.root, `${name}.m3u8`);
    const asked = (name: string) => ({
      assignments: [{ rendition: aRendition(60_000, "m3u8"), targets: [0] }],
      targets: [{ url: urlOf(name), key: `file:${urlOf(name)}` }],
    });
    await encoded(bench, await add(bench, asked("one")));
    expect((await outputOf(bench, await add(bench, asked("two")))).reused).toBe(true);
    const pictures = packetsOf(join(bench.root, "in.mp4"));
    for (const name of ["one", "two"]) expect(packetsOf(urlOf(name))).toBe(pictures);
  });

  test("encodes it where the bytes, the plan or the client are others", async () => {
    const bench = await aBench();
    await encoded(bench, await add(bench));
    await encoded(bench, await add(bench, { clientCode: "grace" }), "grace");
    await encoded(
      bench,
      await add(bench, { assignments: [{ rendition: aRendition(70_000), targets: [0] }] }),
    );
    // Another file under the name, as old and as large.
    const source = join(bench.root, "in.mp4");
    const { atime, mtime } = await stat(source);
    const bytes = await readFile(source);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    await Bun.write(source, bytes);
    await utimes(source, atime, mtime);
    const output = await encoded(bench, await add(bench));
    expect(output.reused).toBeUndefined();
    expect(bench.asked).toEqual(["miss", "miss", "miss", "miss"]);
  });

  test("of another client encodes nothing where the operator says so", async () => {
    const bench = await aBench({ isShared: true });
    await encoded(bench, await add(bench, { clientCode: "grace" }), "grace");
    expect((await outputOf(bench, await add(bench))).reused).toBe(true);
  });

  test("encodes it anew where what was kept is spoilt, or gone", async () => {
    const bench = await aBench();
    await encoded(bench, await add(bench));
    const [key = ""] = await readdir(bench.results);
    const kept = join(bench.results, key, "out.mp4");
    const { size } = await stat(kept);
    await truncate(kept, size - 1);
    await truncate(kept, size);
    expect((await encoded(bench, await add(bench))).reused).toBeUndefined();
    expect((await outputOf(bench, await add(bench))).reused).toBe(true);
    await rm(bench.results, { recursive: true });
    expect((await encoded(bench, await add(bench))).reused).toBeUndefined();
    expect((await outputOf(bench, await add(bench))).reused).toBe(true);
  });

  test("encodes it where there was no room to keep it", async () => {
    const bench = await aBench({ bytesMax: 100 });
    await encoded(bench, await add(bench));
    expect((await encoded(bench, await add(bench))).reused).toBeUndefined();
    const room = { bytes: Number.POSITIVE_INFINITY };
    const full = await aBench({ disk: { roomIn: async () => room.bytes } });
    const id = await add(full);
    const run = await full.nextRun();
    // The disk fills up meanwhile.
    room.bytes = 100;
    run.letGo();
    await outputOf(full, id);
    expect((await encoded(full, await add(full))).reused).toBeUndefined();
  });

  test("encodes it where the source changed while it was encoded", async () => {
    const bench = await aBench();
    const id = await add(bench);
    const run = await bench.nextRun();
    const now = new Date();
    await utimes(join(bench.root, "in.mp4"), now, now);
    run.letGo();
    await outputOf(bench, id);
    expect((await encoded(bench, await add(bench))).reused).toBeUndefined();
  });
});

describe("A task that wants what another is making", () => {
  /** Two tasks: one that encodes, and one that waits for it. */
  async function twoTasks(bench: Bench) {
    const first = await add(bench);
    const run = await bench.nextRun();
    const second = await add(bench);
    await until(bench, second, WAITS);
    return { first, second, run };
  }

  test("waits for it, and encodes nothing", async () => {
    const bench = await aBench();
    const { first, second, run } = await twoTasks(bench);
    const third = await add(bench);
    await until(bench, third, WAITS);
    run.letGo();
    expect((await outputOf(bench, first)).reused).toBeUndefined();
    for (const id of [second, third]) expect((await outputOf(bench, id)).reused).toBe(true);
  });

  test("waits for it, and uses it, though all that is kept goes meanwhile", async () => {
    const bench = await aBench();
    await encoded(bench, await add(bench, { clientCode: "grace" }), "grace");
    const { first, second, run } = await twoTasks(bench);
    await rm(bench.results, { recursive: true });
    run.letGo();
    await outputOf(bench, first);
    expect((await outputOf(bench, second)).reused).toBe(true);
    expect(await readdir(bench.results)).toHaveLength(1);
  });

  test("encodes it itself where the other is cancelled, or fails", async () => {
    const bench = await aBench();
    const { first, second } = await twoTasks(bench);
    const third = await add(bench);
    await until(bench, third, WAITS);
    await bench.tasks.cancel("ada", first);
    bench.queue.announceCancel(first);
    await bench.until(first, "CANCELLED");
    (await bench.nextRun()).fail(new TaskError("source_damaged", "Cannot decode the source"));
    const ends = () => Promise.all([second, third].map((id) => bench.task(id)));
    await eventually(
      async () => (await ends()).some(({ status }) => status === "FAILED") || undefined,
    );
    (await bench.nextRun()).letGo();
    const made = await eventually(async () =>
      (await ends()).find(({ status }) => status === "SUCCESS"),
    );
    expect(made.targets[0]?.output).toMatchObject({ container: "mp4" });
    expect(made.targets[0]?.output?.reused).toBeUndefined();
  });

  test("is cancelled while it waits, and the other goes on", async () => {
    const bench = await aBench();
    const { first, second, run } = await twoTasks(bench);
    await bench.tasks.cancel("ada", second);
    bench.queue.announceCancel(second);
    await bench.until(second, "CANCELLED");
    run.letGo();
    expect((await outputOf(bench, first)).sizeBytes).toBeGreaterThan(0);
  });

  test("encodes it where nothing could be kept of the other", async () => {
    const bench = await aBench({ bytesMax: 0 });
    const { first, second, run } = await twoTasks(bench);
    run.letGo();
    await outputOf(bench, first);
    expect((await encoded(bench, second)).reused).toBeUndefined();
  });
});
