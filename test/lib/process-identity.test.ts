import { describe, expect, test } from "bun:test";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { hasEnded, isAlive, processIdentity } from "../../src/lib/process-identity.ts";

describe("processIdentity", () => {
  test("is the same for the same process, also written down and read again", () => {
    const identity = processIdentity(process.pid);
    expect(identity?.pid).toBe(process.pid);
    expect(processIdentity(process.pid)).toEqual(identity);
    expect(isAlive(JSON.parse(JSON.stringify(identity)))).toBe(true);
  });

  test("is nothing for a pid that nobody has", async () => {
    const child = spawn("true");
    await once(child, "close");
    expect(processIdentity(child.pid ?? 0)).toBeUndefined();
  });
});

describe("isAlive", () => {
  test("tells a process from a later one with its pid", () => {
    const startTime = "another time";
    expect(isAlive({ pid: process.pid, startTime })).toBe(false);
  });

  test("takes a killed process for gone", async () => {
    const child = spawn("sleep", ["600"]);
    const identity = processIdentity(child.pid ?? 0);
    if (!identity) throw new Error("it has just begun");
    expect([isAlive(identity), hasEnded(identity)]).toEqual([true, false]);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect([isAlive(identity), hasEnded(identity)]).toEqual([false, true]);
  });
});

describe("hasEnded", () => {
  test("does not take a process for gone that it has no file descriptor left to look at", () => {
    const module = join(import.meta.dir, "../../src/lib/process-identity.ts");
    const script = `
      import { openSync } from "node:fs";
      import { hasEnded, processIdentity } from ${JSON.stringify(module)};
      const parent = processIdentity(process.ppid);
      let lacks;
      while (!lacks) try { openSync("/dev/null"); } catch (error) { lacks = error.code; }
      console.log(lacks, hasEnded(parent));`;
    const args = ["--nofile=128", process.execPath, "-e", script];
    expect(execFileSync("prlimit", args, { encoding: "utf8" })).toBe("EMFILE false\n");
  });
});
