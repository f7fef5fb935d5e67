import { describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { isAlive, processIdentity } from "../../src/lib/process-identity.ts";

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
    expect(isAlive(identity)).toBe(true);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(isAlive(identity)).toBe(false);
  });
});
