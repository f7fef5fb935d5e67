import { describe, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { copyFile, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Engine } from "../../../src/engine/engine.ts";
import { assignRenditions } from "../../../src/profile/assign.ts";
import { type Qlty, toRendition } from "../../../src/profile/qlty.ts";
import { TaskError } from "../../../src/task/errors.ts";
import type { Task } from "../../../src/task/task.ts";
import { clip, ffmpeg } from "../../fixtures/clips.ts";
import { openNative } from "../../fixtures/native-engine.ts";
import { openWasm } from "../../fixtures/wasm-engine.ts";
import { workerBench } from "../../fixtures/worker-bench.ts";
import { aProfile } from "../../profile/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

/** A small film that moves, so that a picture held against its neighbour is far from equal. */
const film = () => clip({ width: 160, height: 90, seconds: 3, args: ["-crf", "10"] });

/** The same with few bits. */
const coarse = () => clip({ width: 160, height: 90, seconds: 2, args: ["-crf", "45"] });

const GROUP: Qlty = { container: "mp4", rc_mode: "quality", quality: 50, audio_format: "none" };

type Options = {
  readonly source?: () => Promise<string>;
  readonly clip?: NonNullable<Task["clip"]>;
  readonly engine?: Engine;
  /** The targets, if they are fewer than the groups. */
  readonly targets?: readonly string[];
  /** The source is taken twice, one after the other. */
  readonly isTwice?: true;
};

/** Runs a task of these groups; the task, and the files of its targets. */
async function made(groups: readonly Partial<Qlty>[], options: Options = {}) {
  const { source = film, engine = await openNative(), clip: cut } = options;
  const bench = await workerBench({ deps: { engine } });
  const original = await source();
  const input = join(bench.root, `source-${basename(original)}`);
  await copyFile(original, input);
  const renditions = groups.map((group) => toRendition({ ...GROUP, ...group }));
  const names = options.targets ?? renditions.map(({ container }, at) => `${at}.${container}`);
  const paths = names.map((name) => join(bench.root, name));
  const id = await bench.add({
    sourceUrl: input,
    targets: paths.map((url) => ({ url, key: `file:${url}` })),
    assignments: assignRenditions(
      aProfile(...renditions),
      paths.map(() => undefined),
    ),
    ...(cut && { clip: cut }),
    ...(options.isTwice && { extras: { sources: [{ url: input }, { url: input }] } }),
  });
  const task = await bench.until(id, ({ endMs }) => endMs !== undefined);
  expect([task.status, task.failure]).toEqual(["SUCCESS", undefined]);
  return { task, paths, original };
}

const codes = ({ warnings = [] }: Task) => warnings.map(({ code }) => code);
const outputs = ({ targets }: Task) => targets.map(({ output }) => output);

/** The SSIM of a whole file, as ffmpeg has it. */
async function ssimOf(path: string, source: string): Promise<number> {
  const args = ["-v", "info", "-i", path, "-i", source, "-lavfi", "ssim", "-f", "null", "-"];
  return Number(/All:([\d.]+)/.exec(await ffmpeg(args))?.[1]);
}

describe("measure_quality", () => {
  test("tells how close outputs come to the source, in whatever container and size", async () => {
    const measured = { measure_quality: true, quality: 95 } as const;
    const { task, paths, original } = await made([
      ...[{ ...measured }, { ...measured, container: "mkv" }, { ...measured, container: "mpegts" }],
      ...([
        { ...measured, framerate: "15" },
        { ...measured, height: 64 },
      ] as const),
      { ...measured, rc_mode: "cbr", bitrate: 400_000, quality: undefined },
      {},
    ] as readonly Partial<Qlty>[]);
    expect(task.warnings).toBeUndefined();
    const qualities = outputs(task).map((output) => output?.quality);
    const whole = await ssimOf(paths[0] ?? "", original);
    expect(Math.abs((qualities[0]?.value ?? 0) - whole)).toBeLessThan(0.005);
    // If pictures were held against others than their own, values would be below 0.9.
    for (const quality of qualities.slice(0, 6)) {
      expect(quality).toMatchObject({ metric: "ssim", frames: expect.any(Number) });
      expect(quality?.lowest).toBeWithin(0.97, 1);
    }
    expect(qualities.map((quality) => quality?.quality)).toEqual([
      ...[95, 95, 95, 95, 95, undefined, undefined],
    ]);
    expect(qualities[6]).toBeUndefined();
  });

  test("measures what is deinterlaced as it was encoded, with the pictures before", async () => {
    const interlaced = () =>
      clip({ width: 160, height: 96, seconds: 3, args: ["-crf", "10", "-flags", "+ilme+ildct"] });
    const measured = { measure_quality: true, quality: 95 } as const;
    const { task } = await made([measured, { ...measured, deinterlace: "bob" }], {
      source: interlaced,
    });
    // Without those, the first picture of a part is below 0.95.
    for (const output of outputs(task)) expect(output?.quality?.lowest).toBeWithin(0.97, 1);
  });

  test("measures a part of a clip, and of a source without an index", async () => {
    const transport = () => clip({ width: 160, height: 90, seconds: 3, container: "ts" });
    const sound = { audio_format: "aac", audio_bitrate: 64_000 } as const;
    const measured = { measure_quality: true, quality: 95, ...sound } as const;
    const { task } = await made([measured, { ...measured, container: "mpegts" }], {
      ...{ source: transport, clip: { startSeconds: 1.3 } },
    });
    for (const output of outputs(task)) expect(output?.quality?.lowest).toBeWithin(0.97, 1);
  });

  test("measures each rendition of a set, and a plain set", async () => {
    const group = { container: "cmaf", measure_quality: true, gop_size: 25 } as const;
    const set = await made(
      [
        { ...group, quality: 95 },
        { ...group, quality: 20 },
      ],
      { targets: ["set.m3u8"], source: () => clip({ width: 160, height: 90, seconds: 16 }) },
    );
    const [output] = outputs(set.task);
    expect(output?.quality).toBeUndefined();
    const [fine, rough] = output?.renditions?.map(({ quality }) => quality) ?? [];
    expect(fine?.lowest).toBeWithin(0.97, 1);
    expect(rough?.value).toBeLessThan(0.9);
    expect([fine?.quality, rough?.quality]).toEqual([95, 20]);
    const plain = await made([{ container: "m3u8", quality: 95, measure_quality: true }]);
    expect(outputs(plain.task)[0]?.quality?.lowest).toBeWithin(0.97, 1);
  });

  test("measures and encodes once more in WebAssembly as well", async () => {
    const engine = await openWasm();
    onTestFinished(() => engine.close());
    const target = { metric: "ssim", min: 0.97 } as const;
    const { task } = await made([{ quality: 40, quality_target: target }], { engine });
    const quality = outputs(task)[0]?.quality;
    expect(quality?.first?.value).toBeLessThan(0.97);
    expect(quality?.value).toBeWithin(0.97, 1);
  });

  test("delivers what it cannot measure, and warns", async () => {
    const run =
      (engine: Engine): Engine["run"] =>
      async (request, signal) => {
        if (request.step.args.includes("-filter_complex"))
          throw new TaskError("unknown", "Cannot encode: ffmpeg ended with 1");
        await engine.run(request, signal);
      };
    const blind = (engine: Engine): Engine =>
      new Proxy(engine, {
        get: (target, name) => {
          if (name === "run") return run(target);
          const own = Reflect.get(target, name, target);
          return typeof own === "function" ? own.bind(target) : own;
        },
      });
    const { task } = await made([{ measure_quality: true }], { engine: blind(await openNative()) });
    expect(codes(task)).toEqual(["quality_unmeasured"]);
    expect(outputs(task)[0]).not.toHaveProperty("quality");
  });
});

describe("quality_target", () => {
  test("encodes once more, with a higher quality, what comes to less", async () => {
    const target = { metric: "ssim", min: 0.98 } as const;
    const { task, paths, original } = await made([
      { quality: 40, quality_target: target },
      { quality: 95, quality_target: target },
    ]);
    expect(task.warnings).toBeUndefined();
    const [raised, first] = outputs(task).map((output) => output?.quality);
    expect(raised?.first).toEqual({ quality: 40, value: expect.any(Number) });
    expect(raised?.first?.value).toBeLessThan(0.98);
    expect(raised?.value).toBeWithin(0.98, 1);
    expect(raised?.quality).toBeWithin(41, 101);
    expect(await ssimOf(paths[0] ?? "", original)).toBeWithin(0.975, 1);
    expect(first).not.toHaveProperty("first");
  });

  test("encodes once more what is made of joined sources", async () => {
    const target = { metric: "ssim", min: 0.97 } as const;
    const { task } = await made([{ quality: 40, quality_target: target }], { isTwice: true });
    expect(task.warnings).toBeUndefined();
    const [output] = outputs(task);
    expect(output?.durationSeconds).toBeWithin(5.9, 6.1);
    expect(output?.quality?.first?.value).toBeLessThan(0.97);
    expect(output?.quality?.value).toBeWithin(0.97, 1);
  });

  test("delivers what is still below, and says so", async () => {
    const target = { metric: "ssim", min: 0.98 } as const;
    const { task } = await made([
      { quality: 40, bitrate: 20_000, quality_target: target },
      { quality: 100, bitrate: 20_000, quality_target: target },
    ]);
    expect(codes(task)).toEqual(["quality_missed", "quality_missed"]);
    const [raised, best] = outputs(task).map((output) => output?.quality);
    expect(raised?.first?.quality).toBe(40);
    expect(best).not.toHaveProperty("first");
  });

  test("raises the renditions of a set that come to less", async () => {
    const group = { container: "cmaf", quality_target: { metric: "ssim", min: 0.97 } } as const;
    const { task } = await made(
      [
        { ...group, quality: 95 },
        { ...group, quality: 30, height: 64 },
      ],
      { targets: ["set.m3u8"] },
    );
    const renditions = outputs(task)[0]?.renditions ?? [];
    const [fine, raised] = renditions.map(({ quality }) => quality);
    expect(fine).not.toHaveProperty("first");
    expect(raised?.first?.quality).toBe(30);
    expect(raised?.value).toBeWithin(0.97, 1);
  });
});

describe("skip_if_larger", () => {
  test("keeps the source's picture in place of an encode that is larger than the source", async () => {
    const { task, paths, original } = await made(
      [
        { quality: 100, skip_if_larger: true, measure_quality: true, format: "h265" },
        { quality: 20, skip_if_larger: true },
      ],
      { source: coarse },
    );
    expect(codes(task)).toEqual(["source_kept"]);
    const [kept, encoded] = outputs(task);
    expect(kept?.video?.codec).toBe("h264");
    expect(kept).not.toHaveProperty("quality");
    expect(kept?.sizeBytes).toBeLessThan((await readFile(original)).length);
    expect(await ssimOf(paths[0] ?? "", original)).toBe(1);
    expect(encoded?.video?.codec).toBe("h264");
  });

  test("delivers the encode where the picture cannot be kept, and says why", async () => {
    const wanted = { quality: 100, skip_if_larger: true } as const;
    const { task } = await made(
      [
        { ...wanted, container: "webm" },
        { ...wanted, rc_mode: "cbr", bitrate: 4_000_000, quality: undefined },
      ],
      { source: coarse, clip: { startSeconds: 0.2 } },
    );
    expect(codes(task)).toEqual(["output_larger", "output_larger"]);
    expect(task.warnings?.[0]?.message).toContain("a clip is cut exactly where it was asked for");
    expect(outputs(task).map((output) => output?.video?.codec)).toEqual(["vp9", "h264"]);
  });

  test("keeps no picture that would not be what players take", async () => {
    const interlaced = () =>
      clip({ width: 160, height: 96, seconds: 2, args: ["-crf", "45", "-flags", "+ilme+ildct"] });
    const wanted = { quality: 100, skip_if_larger: true } as const;
    const { task } = await made([wanted, { ...wanted, use_progressive: false }], {
      source: interlaced,
    });
    expect(codes(task).toSorted()).toEqual(["output_larger", "source_kept"]);
    const [larger] = task.warnings?.filter(({ code }) => code === "output_larger") ?? [];
    expect(larger?.message).toStartWith("Output 0 has ");
    expect(larger?.message).toEndWith("the picture is interlaced");
  });
});
