import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { NativeEngine } from "../../../src/engine/native/native.ts";
import type { Allowance } from "../../../src/engine/process/bounds.ts";
import type { Load } from "../../../src/plan/plan.ts";
import { aRun, encodeStep, engineContract, never } from "../../contract/engine.ts";
import { clip, tempFolder } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { boundsHere, childrenRunning, openNative } from "../../fixtures/native-engine.ts";
import { eventually } from "../../fixtures/service.ts";

setDefaultTimeout(60_000);

/** The limits of a service that is configured with nothing. */
const usual = boundsHere();

engineContract(
  "NativeEngine within its limits",
  async () => ({
    engine: await openNative({ bounds: await usual }),
    running: () => childrenRunning().length,
  }),
  { describe, test, expect },
);

afterEach(() => {
  expect(childrenRunning()).toEqual([]);
});

const openWith = async (allowance: Partial<Allowance>): Promise<NativeEngine> =>
  openNative({ bounds: await boundsHere(allowance) });

/** The hard limits of a process, by their names. */
function limitsOf(pid: number): Readonly<Record<string, string>> {
  const lines = readFileSync(`/proc/${pid}/limits`, "utf8").split("\n").slice(1);
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, 25).trim(), line.slice(25).trim().split(/\s+/)[1] ?? ""]),
  );
}

/** Runs without end, and resolves with the limits of the process once there is one. */
async function limitsOfRun(
  engine: NativeEngine,
  load?: Load,
): Promise<Readonly<Record<string, string>>> {
  const controller = new AbortController();
  const begun = Promise.withResolvers<void>();
  const { args, ...step } = encodeStep();
  const endless = ["-re", "-stream_loop", "-1", ...args];
  const run = aRun(
    await clip(),
    { ...step, args: endless, ...(load && { load }) },
    { onProgress: () => begun.resolve() },
  );
  const ended = engine.run(run, controller.signal);
  await Promise.race([begun.promise, ended]);
  const [pid = 0] = childrenRunning();
  const limits = limitsOf(pid);
  controller.abort(new Error("enough"));
  await ended.catch(() => {});
  return limits;
}

describe("a run of ffmpeg", () => {
  test("that takes more memory than its limit is limit_reached, with the limit's name", async () => {
    const engine = await openWith({ memoryBytes: 700_000_000 });
    const step = encodeStep("-vf", "scale=12000:12000", "-c:v", "rawvideo", "-f", "nut");
    const error = await taskErrorOf(engine.run(aRun(await clip(), step), never));
    expect([error.code, error.message]).toEqual([
      "limit_reached",
      "Cannot encode: ffmpeg has reached its memory limit of 700000000 bytes",
    ]);
  });

  test("that takes more CPU time than its limit is limit_reached", async () => {
    const engine = await openWith({ cpuSeconds: 1 });
    const { step } = aRun(await clip());
    const args = ["-stream_loop", "-1", ...step.args.slice(0, -1), "-f", "null", "-"];
    const run = engine.run(aRun(await clip(), { ...step, args, writes: [] }), never);
    const error = await taskErrorOf(run);
    expect(error.code).toBe("limit_reached");
    // The length of a source that its size allows is added.
    expect(error.message).toMatch(
      /^Cannot encode: ffmpeg has reached its CPU time limit of [12] s$/,
    );
  });

  test("that writes a larger file than its limit is limit_reached", async () => {
    const engine = await openWith({ fileBytes: 1 });
    const step = encodeStep("-c:v", "rawvideo", "-f", "nut");
    const error = await taskErrorOf(engine.run(aRun(await clip(), step), never));
    expect(error.code).toBe("limit_reached");
    expect(error.message).toMatch(
      /^Cannot encode: ffmpeg has reached its file size limit of \d+ bytes$/,
    );
  });

  test("has all limits, which its plan raises", async () => {
    const allowance = { memoryBytes: 3e9, cpuSeconds: 100, fileBytes: 1e9 };
    const engine = await openWith(allowance);
    const load = {
      ...{ encodes: 0, pixels: 0, memoryBytes: 5e8 },
      ...{ pixelsPerSecond: 250_000, bitsPerSecond: 8e6, seconds: 1000 },
    };
    const limits = await limitsOfRun(engine, load);
    expect(limits).toMatchObject({
      "Max address space": String(3e9 + 5e8),
      "Max cpu time": String(100 + 1000 + 5),
      "Max core file size": "0",
      "Max open files": "4096",
    });
    // Twice the outputs and what it reads.
    const fileBytes = Number(limits["Max file size"]);
    expect(fileBytes).toBeGreaterThan(1e9 + 2 * 1e9);
    expect(fileBytes).toBeLessThan(1e9 + 2 * 1e9 + 1e8);
  });

  test("has none of those that are turned off", async () => {
    const engine = await openWith({ memoryBytes: 0, cpuSeconds: 0, fileBytes: 0 });
    const limits = await limitsOfRun(engine);
    const own = limitsOf(process.pid);
    for (const name of ["Max address space", "Max cpu time", "Max file size"])
      expect(limits[name]).toBe(own[name] ?? "");
  });
});

describe("a probe", () => {
  // Here a few pictures of the largest size are all the room that there is.
  const tight = { memoryBytes: 1 };
  const maxPixels = 1_000_000;

  test("of a source that takes more memory than its limit is source_too_costly", async () => {
    const engine = await openNative({ maxPixels, bounds: await boundsHere(tight) });
    const error = await taskErrorOf(engine.probe({ path: await clip(), side: "source" }, never));
    expect([error.code, error.message]).toEqual([
      "source_too_costly",
      "Cannot read the source: ffprobe has reached its memory limit of 24000001 bytes",
    ]);
  });

  test("of an output has room for the largest that can be made", async () => {
    const engine = await openNative({ maxPixels, bounds: await boundsHere(tight) });
    const media = await engine.probe({ path: await clip(), side: "output" }, never);
    expect(media.video?.codec).toBe("h264");
  });

  test("that stands by has the limits of one that does not", async () => {
    const folder = tempFolder();
    const engine = await openNative({ maxPixels, bounds: await boundsHere({ memoryBytes: 2e9 }) });
    await engine.standBy(folder);
    const [pid = 0] = childrenRunning();
    const limits = await eventually(() => {
      const found = limitsOf(pid);
      return found["Max address space"] === String(1e9 + 24e6) ? found : undefined;
    });
    expect(limits).toMatchObject({ "Max cpu time": "3605", "Max core file size": "0" });
    await engine.close();
  });
});
