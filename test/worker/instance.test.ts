import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../../src/engine/engine.ts";
import { recoverDead, registerInstance } from "../../src/worker/instance.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { filesOf } from "../fixtures/file-storage.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";
import { claimTask, createTask } from "../fixtures/store-bench.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** An engine that has left nothing running. */
const engine = { endOrphans: async () => 0 } as unknown as Engine;

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
    const self = await registerInstance(root);
    await recoverDead(root, self, { engine, queue: bench.queue, kept });
    expect(existsSync(dead)).toBe(false);
    expect(await bench.queue.depth()).toEqual({ pending: 1, running: 0 });
    await self.release();
    expect(await filesOf(root)).toEqual([]);
  });

  test("leaves one that lives alone", async () => {
    const root = tempFolder();
    const bench = sqliteBench();
    const [other, self] = [await registerInstance(root), await registerInstance(root)];
    await createTask(bench);
    await claimTask(bench, other.id);
    await recoverDead(root, self, { engine, queue: bench.queue, kept });
    expect(existsSync(other.scratch)).toBe(true);
    expect(await bench.queue.depth()).toEqual({ pending: 0, running: 1 });
    await other.release();
    await self.release();
  });
});
