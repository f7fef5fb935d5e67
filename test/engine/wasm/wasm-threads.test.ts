import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import type { ThreadRun } from "../../../src/engine/wasm/wasm-thread.ts";
import { WasmThreads } from "../../../src/engine/wasm/wasm-threads.ts";
import { coreThat } from "../../fixtures/wasm-core.ts";

// Threads start slowly on a busy machine.
setDefaultTimeout(60_000);

const never = new AbortController().signal;
const GRACE_MS = 1_000;

/** A core that tells how many runs its instance has had, this one included, and ends with the given code. */
const counting = (warmUp = "") =>
  coreThat(
    `this.runs = (this.runs ?? 0) + 1;
    this.print(String(this.runs));
    this.ret = 0`,
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
  if (program === "ffmpeg") await threads.run(run, never);
  else await threads.probe(source, (runHere) => runHere(run, never));
  return Number(told);
}

/** Runs ffprobe so often in one probe. */
const probeTimes = (threads: WasmThreads, times: number, source?: string) =>
  threads.probe(source, async (run) => {
    const told: string[] = [];
    const onStdout = (text: string) => told.push(text.trim());
    const mount = { files: { input: "/a" } };
    for (let time = 0; time < times; time += 1)
      await run({ program: "ffprobe", args: [], mount, onStdout }, never);
    return told;
  });

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
    const threads = new WasmThreads(await counting(), GRACE_MS);
    await threads.standBy(1);
    const failure = new Error("it is no film");
    const probe = threads.probe("/a", () => Promise.reject(failure));
    expect(await probe.catch((error: unknown) => error)).toBe(failure);
    expect(await runsIn(threads, "ffmpeg", "/a")).toBe(1);
    await threads.close();
  });

  test("does all of a probe in one thread, and keeps it where a run is to follow", async () => {
    const threads = new WasmThreads(await counting(), GRACE_MS);
    await threads.standBy(1);
    expect(await probeTimes(threads, 3)).toEqual(["1", "2", "3"]);
    expect(await runsIn(threads, "ffmpeg", "/a")).toBe(1);
    expect(await probeTimes(threads, 2, "/a")).toEqual(["1", "2"]);
    expect(await runsIn(threads, "ffmpeg", "/a")).toBe(3);
    await threads.close();
  });

  test("has none stand by that crashes before its first run, and runs all the same", async () => {
    const threads = new WasmThreads(await counting("throw new Error('out of bounds')"), GRACE_MS);
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
      this.print(link.split("/").at(-1));
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
