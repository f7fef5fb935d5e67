import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { runSubprocess } from "../../../src/engine/process/subprocess.ts";
import { isAlive, processIdentity } from "../../../src/lib/process-identity.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";

setDefaultTimeout(60_000);

const never = new AbortController().signal;
const left: number[] = [];

afterEach(() => {
  for (const pid of left.splice(0)) process.kill(pid, "SIGKILL");
});

const run = (command: string, args: readonly string[], more = {}) =>
  runSubprocess({ command, args, graceMs: 5_000, onStdout: () => {}, ...more }, never);

describe("runSubprocess", () => {
  test("does not wait for a process that has left the group of a program and holds its pipes", async () => {
    let printed = "";
    const onStdout = (text: string) => {
      printed += text;
    };
    // It leaves, and the program ends: nobody closes the pipes for ten minutes.
    const script = `
      const { spawn } = require("node:child_process");
      const child = spawn("sleep", ["600"], { detached: true, stdio: "inherit" });
      process.stdout.write(String(child.pid));
      process.stderr.write("the last words");
      child.unref();
      process.exit(3);
    `;
    const exit = await run(process.execPath, ["-e", script], { onStdout });
    const holder = processIdentity(Number(printed));
    left.push(Number(printed));
    expect(exit).toMatchObject({ code: 3, stderr: "the last words\n" });
    expect(holder && isAlive(holder)).toBe(true);
  });

  test("hears all that a program wrote before its end, however busy the event loop is then", async () => {
    let size = 0;
    const onStdout = (text: string) => {
      size += text.length;
      // Longer than a pipe is listened to.
      if (size < 70_000) Bun.sleepSync(1_500);
    };
    const { code } = await run("head", ["-c", "200000", "/dev/zero"], { onStdout });
    expect([code, size]).toEqual([0, 200_000]);
  });

  test("keeps 2,000 characters of a line of a gigabyte, and little more in memory", async () => {
    const lines: string[] = [];
    Bun.gc(true);
    const before = process.memoryUsage().rss;
    let most = 0;
    const script = `
      const chunk = Buffer.alloc(1 << 20, "x");
      for (let i = 0; i < 1024; i++) require("node:fs").writeSync(2, chunk);
      process.exit(1);
    `;
    const watch = setInterval(() => {
      // What is waiting to be collected does not count.
      Bun.gc(true);
      most = Math.max(most, process.memoryUsage().rss - before);
    }, 20);
    const onStderrLine = (line: string) => lines.push(line);
    const exit = await run(process.execPath, ["-e", script], { onStderrLine });
    clearInterval(watch);
    expect(lines).toEqual(["x".repeat(2_000)]);
    expect(exit).toEqual({ code: 1, stderr: `${lines[0]}\n` });
    // An order of magnitude below what came.
    expect(most).toBeLessThan(200 << 20);
  });

  test("says of a program that is not there that it is not, also behind what limits it", async () => {
    const bounds = { limits: {}, seen: { writes: [], reads: [] } };
    for (const confinement of [{}, { own: {} }]) {
      const error = await taskErrorOf(
        run("no-such-program", [], { within: { confinement, bounds } }),
      );
      expect([error.code, error.message]).toEqual([
        "encoder_missing",
        'Cannot start "no-such-program": it is not here',
      ]);
    }
  });
});
