import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type KeepLimits, KeptEncodes } from "../../../src/worker/file/kept-encodes.ts";
import type { Verified } from "../../../src/worker/output/verify-products.ts";
import { tempFolder } from "../../fixtures/clips.ts";

// A busy disk takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const LIMITS: KeepLimits = { keepMs: 60_000, bytesMax: 1_000 };
const aTaskId = (): string => crypto.randomUUID();

function aStore(limits: Partial<KeepLimits> = {}) {
  const root = join(tempFolder(), "kept");
  const clock = { nowMs: Date.now() };
  const kept = new KeptEncodes(root, { ...LIMITS, ...limits }, () => clock.nowMs);
  return { root, clock, kept };
}

/** A product in a work folder: a file, or a set of two segments. */
function aProduct(folder: string, targets: readonly number[], isSet = false): Verified {
  const entry = join(folder, isSet ? "output-1.m3u8" : "output-0.mp4");
  writeFileSync(entry, "x".repeat(100));
  const segments = join(folder, "output-1");
  if (isSet) {
    mkdirSync(segments);
    for (const name of ["0.ts", "1.ts"]) writeFileSync(join(segments, name), "y".repeat(50));
  }
  return {
    targets,
    finished: { entry, ...(isSet && { segments }) },
    output: { sizeBytes: isSet ? 200 : 100, durationSeconds: 1, container: "mp4", bitrateBps: 800 },
  };
}

/** Notes a product of so many targets for a task, and keeps it. */
async function keepOne(kept: KeptEncodes, taskId = aTaskId()): Promise<string> {
  const folder = tempFolder();
  await kept.note(taskId, folder, [aProduct(folder, [0])]);
  await kept.keep(folder);
  return taskId;
}

describe("KeptEncodes", () => {
  test("gives back what was kept, once, and leaves the rest of the work folder", async () => {
    const { root, kept } = aStore();
    const [taskId, folder, later] = [aTaskId(), tempFolder(), tempFolder()];
    writeFileSync(join(folder, "source.mp4"), "not ours to keep");
    const products = [aProduct(folder, [0, 2]), aProduct(folder, [1], true)];
    await kept.note(taskId, folder, products);
    await kept.keep(folder);
    expect(readdirSync(folder).sort()).toEqual(["products.json", "source.mp4"]);
    const found = await kept.take(taskId, later);
    expect(found.map(({ targets, output }) => ({ targets, output }))).toEqual(
      products.map(({ targets, output }) => ({ targets, output })),
    );
    expect(readFileSync(found[0]?.finished.entry ?? "", "utf8")).toBe("x".repeat(100));
    expect(readdirSync(found[1]?.finished.segments ?? "")).toEqual(["0.ts", "1.ts"]);
    expect(await kept.take(taskId, tempFolder())).toEqual([]);
    expect(readdirSync(root)).toEqual([]);
  });

  test("keeps what it gave back a second time", async () => {
    const { kept } = aStore();
    const taskId = await keepOne(kept);
    const folder = tempFolder();
    await kept.take(taskId, folder);
    await kept.keep(folder);
    expect(await kept.take(taskId, tempFolder())).toHaveLength(1);
  });

  test("keeps what a target still wants alone", async () => {
    const { root, kept } = aStore();
    const [taskId, folder] = [aTaskId(), tempFolder()];
    await kept.note(taskId, folder, [aProduct(folder, [0, 2]), aProduct(folder, [1], true)]);
    await kept.keep(folder, (target) => target === 1);
    expect(existsSync(join(folder, "output-0.mp4"))).toBe(true);
    expect((await kept.take(taskId, tempFolder())).map(({ targets }) => targets)).toEqual([[1]]);
    expect(readdirSync(root)).toEqual([]);
  });

  test("rescues what was noted in the work folders of a dead instance", async () => {
    const { kept } = aStore();
    const scratch = tempFolder();
    const taskId = aTaskId();
    const folder = join(scratch, `${taskId}-1`);
    mkdirSync(folder);
    mkdirSync(join(scratch, "another"));
    writeFileSync(join(scratch, "instance.lock"), "");
    await kept.note(taskId, folder, [aProduct(folder, [0])]);
    await kept.rescue(scratch);
    expect(await kept.take(taskId, tempFolder())).toHaveLength(1);
  });

  const damages: readonly (readonly [string, (folder: string) => void])[] = [
    ["a file is shorter", (folder) => writeFileSync(join(folder, "0", "output-0.mp4"), "x")],
    ["its note is cut", (folder) => writeFileSync(join(folder, "products.json"), "{")],
    [
      "its note leads elsewhere",
      (folder) => {
        const note = readFileSync(join(folder, "products.json"), "utf8");
        const elsewhere = note.replace("0/output-0.mp4", "../../output-0.mp4");
        writeFileSync(join(folder, "products.json"), elsewhere);
      },
    ],
  ];
  test.each(damages)("gives nothing where %s", async (_, damage) => {
    const { root, kept } = aStore();
    const taskId = await keepOne(kept);
    damage(join(root, taskId));
    expect(await kept.take(taskId, tempFolder())).toEqual([]);
  });

  test("forgets what was made for tasks that have ended otherwise than by a failure", async () => {
    const { root, kept } = aStore();
    const [over, wanted] = [await keepOne(kept), await keepOne(kept)];
    const asked: unknown[] = [];
    const ended = async (ids: readonly string[], but?: string) => {
      asked.push([ids.toSorted(), but]);
      return [over];
    };
    await kept.forget({ ended });
    expect(asked).toEqual([[[over, wanted].toSorted(), "FAILED"]]);
    expect(readdirSync(root)).toEqual([wanted]);
  });

  test("removes what is too old, and what a crash left half made", async () => {
    const { root, clock, kept } = aStore();
    const taskId = await keepOne(kept);
    mkdirSync(join(root, `.${aTaskId()}`));
    clock.nowMs += LIMITS.keepMs - 5_000;
    await kept.sweep();
    expect(readdirSync(root)).toContain(taskId);
    clock.nowMs += 700_000;
    await kept.sweep();
    expect(readdirSync(root)).toEqual([]);
  });

  test("removes the oldest of what is too much", async () => {
    const { root, kept } = aStore({ bytesMax: 250 });
    const [first, second] = [await keepOne(kept), await keepOne(kept)];
    utimesSync(join(root, first), 1, Date.now() / 1000 - 20);
    utimesSync(join(root, second), 1, Date.now() / 1000 - 10);
    const third = await keepOne(kept);
    expect(readdirSync(root).sort()).toEqual([second, third].sort());
  });

  test("keeps nothing when it is off", async () => {
    const { root, kept } = aStore({ keepMs: 0 });
    const taskId = await keepOne(kept);
    expect(await kept.take(taskId, tempFolder())).toEqual([]);
    expect(existsSync(root)).toBe(false);
  });
});
