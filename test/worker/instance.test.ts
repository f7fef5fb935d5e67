import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Engine } from "../../src/engine/engine.ts";
import { bunRuntime } from "../../src/runtime/bun.ts";
import { emptyDead, recoverDead, registerInstance } from "../../src/worker/instance.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { filesOf } from "../fixtures/file-storage.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";
import { claimTask, createTask, type StoreBench } from "../fixtures/store-bench.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const { holdFile } = bunRuntime;

/** An engine that has left nothing running. */
const engine = { endOrphans: async () => 0 } as unknown as Engine;

/** Leaves what a dead instance did: its folder, which is given, with half an output of a task that it holds. */
async function aDead(root: string, bench: StoreBench): Promise<string> {
  const dead = join(root, "dead");
  mkdirSync(join(dead, "task"), { recursive: true });
  writeFileSync(join(dead, "task", "out.mp4"), "half");
  await createTask(bench);
  await claimTask(bench, "dead");
  return dead;
}

describe("registerInstance", () => {
  test("is let go once, however often it is asked to be", async () => {
    let letGos = 0;
    const countingHold = () => () => {
      letGos += 1;
    };
    const self = await registerInstance(tempFolder(), countingHold);
    await Promise.all([self.release(), self.release()]);
    await self.release();
    expect(letGos).toBe(1);
  });
});

describe("emptyDead", () => {
  test("removes what an instance left that is gone, once its outputs are kept, and gives no task back", async () => {
    const root = tempFolder();
    const bench = sqliteBench();
    const dead = await aDead(root, bench);
    const other = await registerInstance(root, holdFile);
    writeFileSync(join(other.scratch, "out.mp4"), "half");
    const done: string[] = [];
    const kept = {
      rescue: async (folder: string) =>
        void done.push(`rescue ${existsSync(join(folder, "task"))}`),
    };
    const ending = { endOrphans: async () => done.push("end") };
    await emptyDead(root, { engine: ending, kept, holdFile });
    expect(done).toEqual(["end", "rescue true"]);
    expect(readdirSync(dead)).toEqual(["instance.lock"]);
    expect(readdirSync(other.scratch)).toContain("out.mp4");
    // What remains is enough to give its tasks back later.
    const self = await registerInstance(root, holdFile);
    await recoverDead(root, self, {
      engine,
      queue: bench.queue,
      kept: { rescue: async () => {} },
      holdFile,
    });
    expect(await bench.queue.depth()).toEqual({ pending: 1, running: 0 });
    for (const each of [self, other]) await each.release();
  });

  test("goes on with the next where one cannot be emptied, and where there is none", async () => {
    const root = tempFolder();
    for (const name of ["a", "b"]) {
      mkdirSync(join(root, name));
      writeFileSync(join(root, name, "out.mp4"), "half");
    }
    const kept = {
      rescue: async (folder: string) => {
        if (folder.endsWith("a")) throw new Error("it cannot be read");
      },
    };
    const ending = { endOrphans: async () => 0 };
    await emptyDead(root, { engine: ending, kept, holdFile });
    expect(readdirSync(join(root, "a"))).toContain("out.mp4");
    expect(readdirSync(join(root, "b"))).toEqual(["instance.lock"]);
    await emptyDead(join(root, "missing"), { engine: ending, kept, holdFile });
  });
});

describe("recoverDead", () => {
  const kept = { rescue: async () => {} };

  test("takes over what an instance held that is gone, and removes its scratch", async () => {
    const root = tempFolder();
    const bench = sqliteBench();
    const dead = await aDead(root, bench);
    const self = await registerInstance(root, holdFile);
    await recoverDead(root, self, { engine, queue: bench.queue, kept, holdFile });
    expect(existsSync(dead)).toBe(false);
    expect(await bench.queue.depth()).toEqual({ pending: 1, running: 0 });
    await self.release();
    expect(await filesOf(root)).toEqual([]);
  });

  test("leaves one that lives alone", async () => {
    const root = tempFolder();
    const bench = sqliteBench();
    const [other, self] = [
      await registerInstance(root, holdFile),
      await registerInstance(root, holdFile),
    ];
    await createTask(bench);
    await claimTask(bench, other.id);
    await recoverDead(root, self, { engine, queue: bench.queue, kept, holdFile });
    expect(existsSync(other.scratch)).toBe(true);
    expect(await bench.queue.depth()).toEqual({ pending: 0, running: 1 });
    await other.release();
    await self.release();
  });

  test("passes over one that another instance clears up at the same time", async () => {
    const root = tempFolder();
    const bench = sqliteBench();
    mkdirSync(join(root, "dead"));
    const self = await registerInstance(root, holdFile);
    const lateHold = (path: string) => {
      rmSync(dirname(path), { recursive: true });
      return holdFile(path);
    };
    await recoverDead(root, self, { engine, queue: bench.queue, kept, holdFile: lateHold });
    expect(existsSync(self.scratch)).toBe(true);
    await self.release();
  });

  test("clears the others up where one cannot be, and says how many tasks it gave back", async () => {
    const root = tempFolder();
    const bench = sqliteBench();
    for (const id of ["a", "b", "c"]) mkdirSync(join(root, id));
    await createTask(bench);
    await claimTask(bench, "c");
    const self = await registerInstance(root, holdFile);
    const parts = { engine, queue: bench.queue, kept, holdFile };
    const rescue = async (folder: string) => {
      if (folder === join(root, "a")) throw new Error("damaged");
    };
    const recovery = recoverDead(root, self, { ...parts, kept: { rescue } });
    await expect(recovery).rejects.toThrow("damaged");
    expect(readdirSync(root).toSorted()).toEqual(["a", self.id].toSorted());
    await createTask(bench);
    await claimTask(bench, "a");
    await claimTask(bench, "a");
    expect(await recoverDead(root, self, parts)).toBe(2);
    await self.release();
  });

  test("leaves one that is being made alone, and removes it when it is old", async () => {
    const root = tempFolder();
    const bench = sqliteBench();
    const nascent = join(root, ".half");
    mkdirSync(nascent);
    const self = await registerInstance(root, holdFile);
    const parts = { engine, queue: bench.queue, kept, holdFile };
    await recoverDead(root, self, parts);
    expect(existsSync(nascent)).toBe(true);
    utimesSync(nascent, new Date(), new Date(Date.now() - 3_600_000));
    await recoverDead(root, self, parts);
    expect(existsSync(nascent)).toBe(false);
    await self.release();
  });

  test("fails where the scratch of a dead instance cannot be held", async () => {
    const root = tempFolder();
    const bench = sqliteBench();
    mkdirSync(join(root, "dead", "instance.lock"), { recursive: true });
    const self = await registerInstance(root, holdFile);
    const recovery = recoverDead(root, self, { engine, queue: bench.queue, kept, holdFile });
    await expect(recovery).rejects.toThrow("EISDIR");
    expect(existsSync(join(root, "dead"))).toBe(true);
    await self.release();
  });
});
