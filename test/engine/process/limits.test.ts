import { describe, expect, test } from "bun:test";
import { limitHit, ownLimits, prlimitArgs } from "../../../src/engine/process/limits.ts";

const LIMITS = { memoryBytes: 1000.5, cpuSeconds: 60, fileBytes: 5000, openFiles: 64 };

describe("prlimitArgs", () => {
  test("sets each limit that is known, soft and hard, and allows no core file", () => {
    expect(prlimitArgs({ ...LIMITS, processes: 9 }, {})).toEqual([
      ...["--core=0:0", "--as=1001:1001", "--cpu=60:65", "--fsize=5000:5000"],
      ...["--nofile=64:64", "--nproc=9:9"],
    ]);
    expect(prlimitArgs({}, {})).toEqual(["--core=0:0"]);
  });

  test("sets none above those of this process, which only root could", () => {
    const own = { memoryBytes: 900, cpuSeconds: 62, fileBytes: 9000 };
    expect(prlimitArgs(LIMITS, own)).toEqual([
      ...["--core=0:0", "--as=900:900", "--cpu=60:62", "--fsize=5000:5000", "--nofile=64:64"],
    ]);
  });
});

describe("ownLimits", () => {
  test("reads those that are set, and only those", () => {
    const own = ownLimits();
    expect(own.openFiles).toBeGreaterThan(0);
    for (const limit of Object.values(own)) expect(limit).toBeInteger();
  });
});

describe("limitHit", () => {
  test.each([
    [{ signal: "SIGXCPU", stderr: "" }, "CPU time limit of 60 s"],
    [
      { code: 255, stderr: "[info] Exiting normally, received signal 24.\n" },
      "CPU time limit of 60 s",
    ],
    [{ signal: "SIGXFSZ", stderr: "" }, "file size limit of 5000 bytes"],
    [{ code: 1, stderr: "input: Cannot allocate memory\n" }, "memory limit of 1001 bytes"],
    [{ signal: "SIGABRT", stderr: "  what():  std::bad_alloc\n" }, "memory limit of 1001 bytes"],
  ])("%o is the %s", (exit, hit) => {
    expect(limitHit(exit, LIMITS)).toBe(hit);
    // Without a limit, something else is to blame.
    expect(limitHit(exit, {})).toBeUndefined();
  });

  test.each([
    { code: 0, stderr: "Cannot allocate memory\n" },
    { code: 255, stderr: "[info] Exiting normally, received signal 15.\n" },
    { code: 1, stderr: "input: Invalid data found\n" },
    { signal: "SIGKILL", stderr: "" },
  ])("%o is none", (exit) => {
    expect(limitHit(exit, LIMITS)).toBeUndefined();
  });
});
