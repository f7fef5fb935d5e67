import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Engine } from "../../src/engine/engine.ts";
import { bunRuntime } from "../../src/runtime/bun.ts";
import { recoverDead, registerInstance } from "../../src/worker/instance.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { filesOf } from "../fixtures/file-storage.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";
import { claimTask, createTask } from "../fixtures/store-bench.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const { holdFile } = bunRuntime;

/** An engine that has left nothing running. */
const engine = { endOrphans: async () => 0 } as unknown as Engine;

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

describe("recoverDead", () => {
  const kept = { rescue: async () => {} };

  test("takes over what an instance held that is gone, and removes its scratch", async () => {
    const root = tempFolder();
    const bench = sqliteBench();
    const dead = join(root, "dead");
    mkdirSync(join(dead, "task"), { recursive: true });
    writeFileSync(join(dead, "task", "out.mp4"), "half");
    await createTask(bench);
    await claimTask(bench, "dead");
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
