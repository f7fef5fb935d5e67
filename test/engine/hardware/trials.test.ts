import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFile } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { searchDevice, type TrialRun } from "../../../src/engine/hardware/trials.ts";
import { HARDWARE_FAMILIES, type HardwareFamily } from "../../../src/plan/device/hardware.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { fakeDevice } from "../../fixtures/fake-device.ts";
import { boundsHere, childrenRunning, openNative } from "../../fixtures/native-engine.ts";
import { eventually } from "../../fixtures/service.ts";

setDefaultTimeout(60_000);

const run = promisify(execFile);
const signal = new AbortController().signal;

/** The packets of a trial as `framecrc` writes them. */
const packets = (count: number): TrialRun => ({
  stdout: [
    "#software: Lavf59.27.100",
    "#tb 0: 1/25",
    ...Array.from({ length: count }, (_, at) => `0, ${at}, ${at}, 1, 4711, 0x4f0c2d1e`),
  ].join("\n"),
});

const FAULT: TrialRun = { fault: "Cannot load libcuda.so.1" };

/** Searches where encoders run as they are told to, and which were tried. */
async function search(
  listed: readonly string[],
  run: (args: string) => TrialRun,
  wanted: "auto" | HardwareFamily = "auto",
  device = "",
) {
  const tried: string[] = [];
  const found = await searchDevice(
    {
      ...{ wanted, device, listed },
      run: async (args) => {
        tried.push(args.join(" "));
        return run(args.join(" "));
      },
    },
    signal,
  );
  return { found, tried };
}

describe("searchDevice", () => {
  test("takes the first family that encodes anything, with what it encodes", async () => {
    const listed = ["h264_nvenc", "h264_vaapi", "hevc_vaapi", "av1_vaapi", "h264_amf"];
    const { found } = await search(listed, (args) =>
      args.includes("nvenc") || args.includes("av1_") ? FAULT : packets(26),
    );
    expect(found).toEqual({
      family: "vaapi",
      encoders: {
        h264: { family: "vaapi", name: "h264_vaapi", hasBFrames: true },
        h265: { family: "vaapi", name: "hevc_vaapi", hasBFrames: true },
      },
    });
  });

  test("tries without B-frames what fails with them", async () => {
    const { found, tried } = await search(["hevc_nvenc"], (args) =>
      args.includes("-bf 2") ? FAULT : packets(26),
    );
    expect(found).toMatchObject({ encoders: { h265: { hasBFrames: false } } });
    expect(tried).toHaveLength(2);
  });

  test("does not believe an encoder that ends well and has made too little", async () => {
    const { found } = await search(["h264_qsv"], () => packets(25));
    expect(found).toBe(
      "this ffmpeg has no encoder of nvenc; h264_qsv fails: it made 25 of 26 pictures; this ffmpeg has no encoder of vaapi; this ffmpeg has no encoder of videotoolbox; this ffmpeg has no encoder of amf",
    );
  });

  test("tries nothing but what is wanted, on the device that is named", async () => {
    const listed = ["h264_nvenc", "h264_vaapi"];
    const path = "/dev/dri/renderD129";
    const { found, tried } = await search(listed, () => packets(26), "vaapi", path);
    expect(found).toMatchObject({ family: "vaapi", device: path });
    expect(tried).toEqual([
      expect.stringContaining(`-init_hw_device vaapi=device:${path} -filter_hw_device device`),
    ]);
  });

  test("names an encoder that is not listed", async () => {
    expect((await search([], () => packets(26), "amf")).found).toBe(
      "this ffmpeg has no encoder of amf",
    );
  });
});

describe("the trials of this machine's ffmpeg", () => {
  test("find no device although its encoders are listed, and say why", async () => {
    const hardware = { wanted: "auto", device: "", sessionsMax: 1, onFound: () => {} } as const;
    const engine = await openNative({ hardware });
    expect(engine.capabilities.encoders).toContain("h264_nvenc");
    expect(await engine.hardware?.found(signal)).toBeUndefined();
    const { detail } = engine.hardware?.state ?? {};
    expect(detail).toContain("h264_nvenc fails: Cannot load libcuda.so.1");
    expect(detail).toMatch(/h264_vaapi fails: \S/);
    await engine.close();
  });

  test.each(["none", "bwrap"] as const)(
    "find one that encodes as plans would have it, in the sandbox %s",
    async (sandbox) => {
      const device = fakeDevice();
      const hardware = { wanted: "nvenc", device: "", sessionsMax: 1, onFound: () => {} } as const;
      // A script of its own is not seen in a sandbox, where the real one fails.
      const options = sandbox === "none" ? { ffmpeg: device.ffmpeg } : {};
      const engine = await openNative({
        ...options,
        hardware,
        bounds: await boundsHere({}, sandbox),
      });
      const found = await engine.hardware?.found(signal);
      if (sandbox === "none")
        expect(Object.keys(found?.encoders ?? {}).toSorted()).toEqual(["h264", "h265"]);
      else expect(engine.hardware?.state.detail).toContain("Cannot load libcuda.so.1");
      await engine.close();
    },
  );
});

describe("the options of trials", () => {
  /** Options that every encoder has, as they are of libavcodec itself. */
  const COMMON = ["c", "b", "maxrate", "bufsize", "g", "bf", "flags"];
  const encoderOf = (args: readonly string[]) => args[args.indexOf("-c:v") + 1] ?? "";

  test("are known to all encoders that this ffmpeg lists", async () => {
    const engine = await openNative();
    const { encoders: listed } = engine.capabilities;
    const tried: (readonly string[])[] = [];
    for (const wanted of HARDWARE_FAMILIES) {
      const note = async (args: readonly string[]) => {
        tried.push(args);
        return FAULT;
      };
      await searchDevice({ wanted, device: "", listed, run: note }, signal);
    }
    const names = new Set(tried.map(encoderOf));
    for (const name of ["h264_nvenc", "hevc_nvenc", "h264_qsv", "hevc_qsv", "h264_vaapi"])
      expect(names).toContain(name);
    for (const args of tried) {
      const { stdout: help } = await run("ffmpeg", ["-h", `encoder=${encoderOf(args)}`]);
      const own = args.slice(args.indexOf("-c:v"), args.lastIndexOf("-f"));
      const options = own.flatMap((arg) => /^-([a-z][\w-]*)(?::v)?$/.exec(arg)?.[1] ?? []);
      const unknown = options.filter(
        (name) => !COMMON.includes(name) && !new RegExp(`^ {2}-${name} `, "m").test(help),
      );
      expect([encoderOf(args), unknown]).toEqual([encoderOf(args), []]);
    }
    await engine.close();
  });
});

describe("a trial that hangs", () => {
  test("holds up neither a start nor an end", async () => {
    const folder = tempFolder();
    const program = join(folder, "ffmpeg");
    const hang = 'case "$*" in *framecrc*) exec sleep 300 ;; esac\nexec ffmpeg "$@"\n';
    writeFileSync(program, `#!/bin/sh\n${hang}`);
    chmodSync(program, 0o755);
    const hardware = { wanted: "auto", device: "", sessionsMax: 1, onFound: () => {} } as const;
    const before = childrenRunning();
    const engine = await openNative({ ffmpeg: program, hardware });
    await engine.standBy(undefined);
    const begun = () => childrenRunning().filter((pid) => !before.includes(pid));
    expect(await eventually(() => (begun().length > 0 ? true : undefined))).toBe(true);
    expect(engine.hardware?.state).toMatchObject({ isUsable: false });
    expect(engine.hardware?.state.detail).toEndWith("it is being tried out");
    await engine.close();
    expect(begun()).toEqual([]);
  });
});
