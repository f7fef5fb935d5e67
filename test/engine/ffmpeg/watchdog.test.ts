import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cpuMsOf, type WatchOptions, watch } from "../../../src/engine/ffmpeg/watchdog.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { eventually } from "../../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const STALL_MS = 200;
const children: ChildProcess[] = [];

function startProgram(command: string, args: readonly string[]): number {
  const child = spawn(command, args, { stdio: "ignore" });
  children.push(child);
  return child.pid ?? 0;
}

const start = (script: string): number => startProgram(process.execPath, ["-e", script]);

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** Watches a process and tells when it was found stalled. */
function aWatch(pid: number, writes: WatchOptions["writes"] = []) {
  const stalled = Promise.withResolvers<void>();
  const state = { isStalled: false };
  const onStall = () => {
    state.isStalled = true;
    stalled.resolve();
  };
  const dog = watch({ work: () => cpuMsOf(pid), writes, stallTimeoutMs: STALL_MS, onStall });
  return { ...dog, state, stalled: stalled.promise };
}

const SLEEP = "setTimeout(() => {}, 600_000)";

describe("watch", () => {
  test("finds a process that sleeps, while one that computes has more time, but not for ever", async () => {
    const busy = aWatch(start("for (;;) Math.sqrt(2)"));
    // Long enough asleep: what a runtime's start costs does not count as work.
    const asleep = aWatch(start(SLEEP));
    await asleep.stalled;
    expect(busy.state.isStalled).toBe(false);
    await busy.stalled;
  });

  test("leaves a process alone whose file grows, though it tells nothing", async () => {
    const file = join(tempFolder(), "out.mp4");
    writeFileSync(file, "");
    const pid = start(SLEEP);
    const writing = aWatch(pid, [file]);
    const timer = setInterval(() => appendFileSync(file, "x"), STALL_MS / 10);
    const idle = aWatch(pid, [join(tempFolder(), "missing.mp4")]);
    await idle.stalled;
    expect(writing.state.isStalled).toBe(false);
    clearInterval(timer);
    await writing.stalled;
  });

  test("begins again at each move, and stops when it is told", async () => {
    const pid = start(SLEEP);
    const moving = aWatch(pid);
    const ended = aWatch(pid);
    ended.end();
    const timer = setInterval(moving.moved, STALL_MS / 10);
    const idle = aWatch(pid);
    await idle.stalled;
    expect([moving.state.isStalled, ended.state.isStalled]).toEqual([false, false]);
    clearInterval(timer);
    await moving.stalled;
    expect(ended.state.isStalled).toBe(false);
  });
});

test("cpuMsOf() counts what a process has started, as a sandbox does that itself does nothing", async () => {
  // The inner one ends with the outer one.
  const script = `sh -c 'while kill -0 "$PPID"; do :; done' & wait`;
  const pid = startProgram("sh", ["-c", script]);
  // Far more than the outer one takes to start.
  await eventually(() => (cpuMsOf(pid) > 200 ? true : undefined));
});
