import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import type { ThreadRun } from "../../src/engine/wasm-thread.ts";
import { WasmThreads } from "../../src/engine/wasm-threads.ts";
import { coreThat } from "../fixtures/wasm-core.ts";

// Threads start slowly on a busy machine.
setDefaultTimeout(60_000);

const never = new AbortController().signal;
const GRACE_MS = 1_000;

/** A core that tells how many runs its instance has had, this one included, and ends with the given code. */
const counting = (code = 0, warmUp = "") =>
  coreThat(
    `this.runs = (this.runs ?? 0) + 1;
    this.logger({ type: "stdout", message: String(this.runs) });
    this.ret = ${code}`,
    warmUp,
  );

/** Runs a program, and gives the number that it tells. */
async function runsIn(
  threads: WasmThreads,
  program: ThreadRun["program"],
  source: string,
): Promise<number> {
  let told = "";
  const onStdout = (text: string) => {
    told += text;
  };
  const run = { program, args: [], mount: { files: { input: source } }, onStdout };
  await threads.run(run, never);
  return Number(told);
}

describe("WasmThreads", () => {
  test("runs a source in the thread that has probed it, and nothing more in that", async () => {
    const threads = new WasmThreads(await counting(), GRACE_MS);
    await threads.standBy(2);
    expect(await runsIn(threads, "ffprobe", "/a")).toBe(1);
    expect(await runsIn(threads, "ffmpeg", "/other")).toBe(1);
    expect(await runsIn(threads, "ffprobe", "/a")).toBe(1);
    expect(await runsIn(threads, "ffmpeg", "/a")).toBe(2);
    expect(await runsIn(threads, "ffmpeg", "/a")).toBe(2);
    expect(await runsIn(threads, "ffmpeg", "/a")).toBe(1);
    await threads.close();
  });

  test("keeps no more threads than stand by, the newest", async () => {
    const threads = new WasmThreads(await counting(), GRACE_MS);
    await threads.standBy(1);
    await runsIn(threads, "ffprobe", "/a");
    await runsIn(threads, "ffprobe", "/b");
    expect(await runsIn(threads, "ffmpeg", "/a")).toBe(1);
    expect(await runsIn(threads, "ffmpeg", "/b")).toBe(2);
    await threads.close();
  });

  test("keeps no thread whose probe failed", async () => {
    const threads = new WasmThreads(await counting(1), GRACE_MS);
    await threads.standBy(1);
    await runsIn(threads, "ffprobe", "/a");
    expect(await runsIn(threads, "ffmpeg", "/a")).toBe(1);
    await threads.close();
  });

  test("has none stand by that crashes before its first run, and runs all the same", async () => {
    const threads = new WasmThreads(
      await counting(0, "throw new Error('out of bounds')"),
      GRACE_MS,
    );
    await threads.standBy(1);
    expect(await runsIn(threads, "ffmpeg", "/a")).toBe(1);
    await threads.close();
    expect([threads.busy, threads.leaked]).toEqual([0, 0]);
  });

  test("keeps no thread where none stands by", async () => {
    const threads = new WasmThreads(await counting(), GRACE_MS);
    await runsIn(threads, "ffprobe", "/a");
    expect(await runsIn(threads, "ffmpeg", "/a")).toBe(1);
  });

  test("ends a thread that waits for the run of its source when it is closed", async () => {
    const core = await coreThat(`
      const link = process.getBuiltinModule("node:fs").readlinkSync("/proc/thread-self");
      this.logger({ type: "stdout", message: link.split("/").at(-1) });
      this.ret = 0`);
    const threads = new WasmThreads(core, GRACE_MS);
    await threads.standBy(1);
    const id = await runsIn(threads, "ffprobe", "/a");
    expect(existsSync(`/proc/self/task/${id}`)).toBe(true);
    await threads.close();
    while (existsSync(`/proc/self/task/${id}`))
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect([threads.busy, threads.leaked]).toEqual([0, 0]);
  });
});
