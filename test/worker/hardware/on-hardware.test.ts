import { describe, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import type { Engine, RunRequest } from "../../../src/engine/engine.ts";
import type { HardwareFamily } from "../../../src/plan/device/hardware.ts";
import { assignRenditions } from "../../../src/profile/assign.ts";
import type { Rendition } from "../../../src/profile/profile.ts";
import { type Qlty, toRendition } from "../../../src/profile/qlty.ts";
import type { Damage } from "../../../src/task/damage.ts";
import { TaskError } from "../../../src/task/errors.ts";
import type { Task } from "../../../src/task/task.ts";
import type { Warning } from "../../../src/task/warnings.ts";
import { capabilitiesOf, runStepOn } from "../../../src/worker/hardware/on-hardware.ts";
import { never } from "../../contract/engine.ts";
import { clip, ffmpeg } from "../../fixtures/clips.ts";
import { type FakeDevice, fakeDevice } from "../../fixtures/fake-device.ts";
import { boundsHere, openNative } from "../../fixtures/native-engine.ts";
import { workerBench } from "../../fixtures/worker-bench.ts";
import { aCapabilities } from "../../plan/builders.ts";
import { aProfile } from "../../profile/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

const GROUP: Qlty = {
  container: "mp4",
  width: 320,
  height: 180,
  bitrate: 300_000,
  audio_format: "none",
};

/** A worker whose engine has a device that is none. */
async function deviceBench(device: FakeDevice, sessionsMax = 8, wanted: HardwareFamily = "nvenc") {
  const hardware = { wanted, device: "", sessionsMax, onFound: () => {} };
  const bounds = await boundsHere();
  const engine = await openNative({ ffmpeg: device.ffmpeg, hardware, bounds });
  onTestFinished(() => engine.close());
  const bench = await workerBench({ deps: { engine } });
  const source = join(bench.root, "source.mp4");
  await copyFile(await clip({ width: 320, height: 180, seconds: 2 }), source);
  const renditionsOf = (groups: readonly Partial<Qlty>[]) =>
    groups.map((group) => toRendition({ ...GROUP, ...group }));
  const pathOf = (container: string) => join(bench.root, `${crypto.randomUUID()}.${container}`);
  const made = async (renditions: readonly Rendition[], paths: readonly string[]) => {
    const id = await bench.add({
      sourceUrl: source,
      targets: paths.map((url) => ({ url, key: `file:${url}` })),
      assignments: assignRenditions(
        aProfile(...renditions),
        paths.map(() => undefined),
      ),
    });
    const task = await bench.until(id, ({ endMs }) => endMs !== undefined);
    expect([task.status, task.failure]).toEqual(["SUCCESS", undefined]);
    return { task, paths };
  };
  /** Each group is for a target of its own. */
  const run = (...groups: readonly Partial<Qlty>[]) => {
    const renditions = renditionsOf(groups);
    return made(
      renditions,
      renditions.map(({ container }) => pathOf(container)),
    );
  };
  /** All groups make one set. */
  const runSet = (...groups: readonly Partial<Qlty>[]) =>
    made(renditionsOf(groups.map((group) => ({ ...group, container: "m3u8" }))), [pathOf("m3u8")]);
  return { run, runSet, engine, source };
}

/** How many pictures of a stream of an output can be decoded, and how close they are to its source. */
async function judge(
  path: string,
  source: string,
  at = 0,
): Promise<{ readonly frames: number; readonly ssim: number }> {
  const graph = `[0:v:${at}]scale=320:180[made];[made][1:v:0]ssim`;
  const args = ["-v", "info", "-i", path, "-i", source, "-lavfi", graph, "-f", "null", "-"];
  const told = await ffmpeg(args);
  const [, frames = "0"] = /.*frame= *(\d+)/s.exec(told) ?? [];
  return { frames: Number(frames), ssim: Number(/All:([\d.]+)/.exec(told)?.[1]) };
}

/** Runs a step that is planned for a device, by an engine whose runs end as they are told to. */
const stepOn = (...ends: readonly (TaskError | undefined)[]) => stepWithin(never, ...ends);

async function stepWithin(signal: AbortSignal, ...ends: readonly (TaskError | undefined)[]) {
  const [warnings, told, damages, ran]: [Warning[], string[], Damage[], (readonly string[])[]] = [
    [],
    [],
    [],
    [],
  ];
  const outcome: string[] = [];
  const damage = { isTold: true, speakers: [], failures: {}, isFilled: false };
  const engine = {
    hardware: {
      take: () => ({
        worked: () => outcome.push("worked"),
        failed: () => outcome.push("failed"),
        end: () => outcome.push("end"),
      }),
    },
    run: async ({ step, onDamage }: RunRequest) => {
      ran.push(step.args);
      onDamage?.(damage);
      const end = ends[ran.length - 1];
      if (end) throw end;
    },
  } as unknown as Engine;
  const hardware = { family: "nvenc", sessions: 1, software: ["software"] } as const;
  const step = { name: "encode", args: ["device"], writes: [], share: 1, hardware } as const;
  const request = { step, folder: "/", inputPath: "/in", onProgress: () => {}, onLog: () => {} };
  const error = await runStepOn(
    {
      engine,
      warn: async (more) => void warnings.push(...more),
      decide: (line) => void told.push(line),
    },
    { ...request, onDamage: (one) => void damages.push(one) },
    signal,
  ).catch((thrown: unknown) => thrown);
  return { error, ran: ran.flat(), outcome, damages, warnings, told };
}

describe("runStepOn", () => {
  const damaged = new TaskError("source_damaged", "Cannot read the source: it is cut off");
  const unknown = new TaskError("unknown", "Cannot encode: it fails");
  const full = new TaskError("scratch_full", "Cannot write the output: the scratch disk is full");

  test("does not blame the device where software fails as well", async () => {
    const { error, ran, outcome, warnings } = await stepOn(unknown, damaged);
    expect(error).toBe(damaged);
    expect(ran).toEqual(["device", "software"]);
    expect(outcome).toEqual(["end"]);
    expect(warnings).toEqual([]);
  });

  test("does not try again what has nothing to do with who encodes", async () => {
    const { error, ran, outcome } = await stepOn(full);
    expect(error).toBe(full);
    expect(ran).toEqual(["device"]);
    expect(outcome).toEqual(["end"]);
  });

  test.each(["encoder_stalled", "encoder_killed", "source_damaged"] as const)(
    "tries again in software where the device may be why: %s",
    async (code) => {
      const { error, ran, warnings } = await stepOn(
        new TaskError(code, "Cannot encode"),
        undefined,
      );
      expect(error).toBeUndefined();
      expect(ran).toEqual(["device", "software"]);
      expect(warnings.map(({ code }) => code)).toEqual(["hardware_failed"]);
    },
  );

  test("begins nothing once more after an abort", async () => {
    const { error, ran, outcome } = await stepWithin(AbortSignal.abort(), unknown);
    expect(error).toBe(unknown);
    expect(ran).toEqual(["device"]);
    expect(outcome).toEqual(["end"]);
  });

  test("counts the damage of a source once", async () => {
    expect((await stepOn(undefined)).damages).toHaveLength(1);
    expect((await stepOn(unknown, undefined)).damages).toHaveLength(1);
  });

  test("tells the device how it went, and gives its sessions back before software begins", async () => {
    expect((await stepOn(undefined)).outcome).toEqual(["worked", "end"]);
    expect((await stepOn(unknown, undefined)).outcome).toEqual(["end", "failed"]);
  });
});

test("a task of which a run has failed is planned in software", async () => {
  const hardware = { family: "nvenc", encoders: {} } as const;
  const capabilities = aCapabilities();
  const engine = { capabilities, hardware: { found: async () => hardware } } as unknown as Engine;
  const first = await capabilitiesOf({ engine, failedRuns: 0, signal: never });
  expect(first).toEqual({ ...capabilities, hardware });
  expect(await capabilitiesOf({ engine, failedRuns: 1, signal: never })).toBe(capabilities);
});

const codes = ({ warnings = [] }: Task) => warnings.map(({ code }) => code);
const encodes = (device: FakeDevice) => device.runs().filter((args) => !args.includes("framecrc"));

describe("a run on a device", () => {
  test("makes a whole film by it, without a warning", async () => {
    const device = fakeDevice();
    const { run, engine, source } = await deviceBench(device);
    const { task, paths } = await run({});
    expect(codes(task)).toEqual([]);
    expect(encodes(device)).toHaveLength(1);
    // Drivers reserve far more addresses than any limit of software allows.
    expect(new Set(device.addressSpaces())).toEqual(new Set(["unlimited"]));
    const { frames, ssim } = await judge(paths[0] as string, source);
    expect(frames).toBe(50);
    expect(ssim).toBeGreaterThan(0.9);
    expect(engine.hardware?.state).toMatchObject({
      used: 0,
      steps: { made: 1, failed: 0, busy: 0 },
    });
  });

  test.each(["dies midway", "refuses"] as const)(
    "is made once more in software, with a warning, if the device %s",
    async (fate) => {
      const device = fakeDevice();
      const { run, engine, source } = await deviceBench(device);
      device.be(fate);
      const { task, paths } = await run({}, { container: "m3u8" });
      expect(codes(task)).toEqual(["hardware_failed"]);
      expect(task.warnings?.[0]?.message).toMatch(/^The hardware encoder \(nvenc\) failed/);
      expect(task.attempts.length).toBeLessThanOrEqual(1);
      for (const path of paths) {
        const { frames, ssim } = await judge(path, source);
        expect(frames).toBe(50);
        expect(ssim).toBeGreaterThan(0.9);
      }
      // It is not used again before it was tried out.
      expect(engine.hardware?.state).toMatchObject({ isUsable: false, used: 0 });
      const before = encodes(device).length;
      expect(codes((await run({})).task)).toEqual([]);
      expect(encodes(device)).toHaveLength(before);
    },
  );

  test("makes a set of two sizes by vaapi, whose frames filters upload", async () => {
    const device = fakeDevice();
    const { runSet, source } = await deviceBench(device, 2, "vaapi");
    const small = { width: 256, height: 144, bitrate: 200_000 };
    const { task, paths } = await runSet({ measure_quality: true }, small);
    expect(codes(task)).toEqual([]);
    const [measured] = task.targets[0]?.output?.renditions ?? [];
    expect(measured?.quality?.value).toBeGreaterThan(0.8);
    const [args = ""] = encodes(device);
    expect(args).toContain("-c:v:1 h264_vaapi");
    expect(args.match(/format=nv12,hwupload/g)).toHaveLength(2);
    for (const at of [0, 1]) {
      const { frames, ssim } = await judge(paths[0] as string, source, at);
      expect(frames).toBe(50);
      expect(ssim).toBeGreaterThan(0.85);
    }
  });

  test("is made in software if its streams need more sessions than are free", async () => {
    const device = fakeDevice();
    const { run, engine } = await deviceBench(device, 2);
    const three = [{}, { bitrate: 200_000 }, { bitrate: 100_000 }];
    const { task } = await run(...three);
    expect(codes(task)).toEqual([]);
    expect(encodes(device)).toEqual([]);
    expect(engine.hardware?.state.steps).toEqual({ made: 0, failed: 0, busy: 1 });
    await run(...three.slice(1));
    expect(encodes(device)).toHaveLength(1);
  });

  test("stays in software where the trial fails", async () => {
    const device = fakeDevice();
    device.unplug();
    const { run, engine } = await deviceBench(device);
    const { task } = await run({});
    expect(codes(task)).toEqual([]);
    expect(encodes(device)).toEqual([]);
    expect(engine.hardware?.state.detail).toContain("Cannot load libcuda.so.1");
  });
});
