import { copyFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Engine, EngineProgress, RunRequest } from "../../src/engine/engine.ts";
import type { Step } from "../../src/plan/plan.ts";
import type { ErrorCode, TaskError } from "../../src/task/errors.ts";
import { type BadSource, badSource } from "../fixtures/bad-sources.ts";
import { clip, cues, logo, tempFolder } from "../fixtures/clips.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

/** An engine, and a way to look behind it. */
export type EngineBench = {
  readonly engine: Engine;
  /** How many processes or threads of its runs there are now. */
  readonly running: () => number;
};

type Make = () => Promise<EngineBench>;

/** A signal that is never aborted. */
export const never = new AbortController().signal;

const MAP = ["-map", "0:v:0", "-map", "0:a:0?"];
const CODECS = ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"];

/** A step that encodes everything to `0/out.mp4`; more output options as given. */
export const encodeStep = (...options: readonly string[]): Step => ({
  name: "encode",
  args: ["-i", "input", ...MAP, ...CODECS, ...options, "0/out.mp4"],
  writes: ["0/out.mp4"],
  share: 1,
});

/** A step that would go on for ever: the input again and again, in real time. */
const endlessStep: Step = {
  name: "encode",
  args: ["-re", "-stream_loop", "-1", "-i", "input", ...MAP, ...CODECS, "-f", "mpegts", "out.ts"],
  writes: ["out.ts"],
  share: 1,
};

/** A request to run a step on a source in a fresh work folder. */
export const aRun = (
  inputPath: string,
  step: Step = encodeStep(),
  more: Partial<RunRequest> = {},
): RunRequest => ({
  step,
  folder: tempFolder(),
  inputPath,
  onProgress: () => {},
  onLog: () => {},
  ...more,
});

/** Starts the endless step and resolves once it gets on; `ended` settles with the run. */
export async function startEndless(
  engine: Engine,
  signal: AbortSignal,
): Promise<{ readonly folder: string; readonly ended: Promise<void> }> {
  const begun = Promise.withResolvers<void>();
  const onProgress = (progress: EngineProgress) => {
    if (progress.frames > 0) begun.resolve();
  };
  const request = aRun(await clip(), endlessStep, { onProgress });
  const ended = engine.run(request, signal);
  await Promise.race([begun.promise, ended]);
  return { folder: request.folder, ended };
}

/** What holds for every engine. */
export function engineContract(name: string, make: Make, harness: Harness): void {
  harness.describe(name, () => {
    probing(make, harness);
    refusing(make, harness);
    running(make, harness);
    stopping(make, harness);
  });
}

function probing(make: Make, { describe, test, expect }: Harness): void {
  describe("probe()", () => {
    test("tells what a file holds", async () => {
      const { engine } = await make();
      const path = await clip({ seconds: 2, rate: "30000/1001" });
      const media = await engine.probe({ path, side: "source" }, never);
      expect(media).toMatchObject({
        format: "mov,mp4,m4a,3gp,3g2,mj2",
        sizeBytes: (await stat(path)).size,
        video: {
          index: 0,
          codec: "h264",
          width: 320,
          height: 180,
          pixelFormat: "yuv420p",
          sampleAspect: { num: 1, den: 1 },
          rotation: 0,
          framerate: { num: 30_000, den: 1_001 },
          isVariableRate: false,
          isInterlaced: false,
          frames: 60,
        },
        audio: { index: 1, codec: "aac", channels: 1, samplerateHz: 48_000 },
      });
      expect(media.durationSeconds).toBeCloseTo(2, 1);
      expect(media.video?.packets).toBeUndefined();
    });

    test("counts packets in time order, in the file's own time", async () => {
      const { engine } = await make();
      // With B-frames, whose packets stand out of order; an MPEG-TS starts at 1.4 s.
      const args = ["-preset", "veryfast", "-bf", "3"];
      const path = await clip({ seconds: 2, container: "ts", args });
      const media = await engine.probe({ path, side: "source", packets: true }, never);
      const { packets, startSeconds } = media.video ?? {};
      expect(packets?.count).toBe(50);
      expect(packets?.firstSeconds).toBeCloseTo(startSeconds ?? 0, 3);
      expect(packets?.lastSeconds).toBeCloseTo((startSeconds ?? 0) + 1.96, 3);
      expect(packets?.gapSecondsMax).toBeCloseTo(0.04, 3);
      expect(media.audio?.packets?.count).toBeGreaterThan(90);
    });

    test("blames an output that cannot be read on us", async () => {
      const { engine } = await make();
      for (const kind of ["empty", "text", "missing"] as const) {
        const path = await badSource(kind);
        const { code } = await taskErrorOf(engine.probe({ path, side: "output" }, never));
        expect([kind, code]).toEqual([kind, "output_wrong"]);
      }
    });
  });
}

function refusing(make: Make, { describe, test, expect }: Harness): void {
  describe("probe() of a source that cannot be used", () => {
    const cases: readonly (readonly [BadSource, ErrorCode])[] = [
      ["missing", "source_missing"],
      ["text", "source_not_media"],
      ["empty", "source_not_media"],
      ["random", "source_not_media"],
      ["no index", "source_not_media"],
      ["picture", "input_not_supported"],
      ["still", "input_not_supported"],
      ["HLS playlist", "input_not_supported"],
      ["concat list", "input_not_supported"],
      ["unknown codec", "input_not_supported"],
      ["encrypted", "input_not_supported"],
      ["zero duration", "source_damaged"],
      ["pixel bomb", "picture_too_large"],
    ];
    test.each(cases)("%s is %s", async (kind, code) => {
      const { engine } = await make();
      const path = await badSource(kind);
      const error = await taskErrorOf(engine.probe({ path, side: "source" }, never));
      expect(error.code).toBe(code);
      expect(error.message).toMatch(/^Cannot read the source: .*[^.]$/);
      expect(error.message).not.toContain(path);
    });
  });
}

function running(make: Make, { describe, test, expect }: Harness): void {
  describe("run()", () => {
    test("makes the step's files, and tells its progress, which never goes back", async () => {
      const { engine, running } = await make();
      const told: EngineProgress[] = [];
      const onProgress = (progress: EngineProgress) => {
        told.push(progress);
      };
      const request = aRun(await clip({ seconds: 2 }), encodeStep(), { onProgress });
      await engine.run(request, never);
      const path = join(request.folder, "0/out.mp4");
      const made = await engine.probe({ path, side: "output" }, never);
      expect(made.video).toMatchObject({ codec: "h264", frames: 50 });
      const times = told.map(({ outTimeSeconds }) => outTimeSeconds);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(told.at(-1)?.frames).toBe(50);
      expect(times.at(-1)).toBeCloseTo(2, 0);
      expect(running()).toBe(0);
    });

    test("lets a later step read what an earlier one made", async () => {
      const { engine } = await make();
      const request = aRun(await clip());
      await engine.run(request, never);
      const args = ["-i", "0/out.mp4", "-c", "copy", "-f", "matroska", "1/out.mkv"];
      const step: Step = { name: "copy", args, writes: ["1/out.mkv"], share: 1 };
      await engine.run({ ...request, step }, never);
      const path = join(request.folder, "1/out.mkv");
      expect(await engine.probe({ path, side: "output" }, never)).toMatchObject({
        format: "matroska,webm",
      });
    });

    test("reads what is given beside the source by the names that it has, and describes it as what it may be", async () => {
      const { engine } = await make();
      const [picture, text] = [await logo(), await cues()];
      const as = ["png_pipe"];
      const media = await engine.probe({ path: picture, side: "source", as }, never);
      expect(media).toMatchObject({
        format: "png_pipe",
        video: { codec: "png", width: 16, height: 8 },
      });
      const told = await engine.probe({ path: text, side: "source", as: ["srt", "ass"] }, never);
      expect(told).toMatchObject({ format: "srt", streams: [{ kind: "subtitle" }] });
      const refused = engine.probe({ path: await clip(), side: "source", as }, never);
      expect((await taskErrorOf(refused)).message).toMatch(/^Cannot read the source: /);
      const graph = ["-filter_complex", "[0:v][1:v]overlay[v]", "-map", "[v]", "-map", "2:s"];
      const inputs = ["-i", "input", "-f", "png_pipe", "-i", "side-0", "-f", "srt", "-i", "side-1"];
      const args = [...inputs, ...graph, "-c:v", "libx264", "-c:s", "srt", "0/out.mkv"];
      const step: Step = { name: "encode", args, writes: ["0/out.mkv"], share: 1 };
      const further = { "side-0": picture, "side-1": text };
      const request = aRun(await clip(), step, { further });
      await engine.run(request, never);
      const path = join(request.folder, "0/out.mkv");
      const made = await engine.probe({ path, side: "output" }, never);
      expect(made.streams.map(({ kind }) => kind)).toEqual(["video", "subtitle"]);
      const lacking = engine.run(aRun(await clip(), step), never);
      expect(await taskErrorOf(lacking)).toBeInstanceOf(Error);
    });

    test("limits the pictures of what is read beside the source as those of the source", async () => {
      const { engine } = await make();
      const bomb = await badSource("pixel bomb");
      const args = ["-i", "input", "-f", "mov", "-i", "side-0", ...MAP, "-map", "1:v"];
      const step = { ...encodeStep(), args: [...args, ...CODECS, "0/out.mp4"] };
      const run = aRun(await clip(), step, { further: { "side-0": bomb } });

      expect(await taskErrorOf(engine.run(run, never))).toMatchObject({
        message: expect.stringContaining("16000x16000"),
      });
    });

    test("leaves the source as it is, also where it lies in the work folder", async () => {
      const { engine } = await make();
      const folder = tempFolder();
      const inputPath = join(folder, "input");
      copyFileSync(await clip(), inputPath);
      const { size } = await stat(inputPath);
      await engine.run(aRun(inputPath, encodeStep(), { folder }), never);
      expect((await stat(inputPath)).size).toBe(size);
    });

    test.each([
      ["an encoder that is not there", ["-c:v", "nosuch"], "encoder_missing"],
      ["an option that is not there", ["-nosuch", "1"], "option_invalid"],
      ["a size that the encoder cannot have", ["-vf", "scale=321:181"], "option_invalid"],
      ["a stream that is not there", ["-map", "0:s:0"], "input_not_supported"],
      ["a format that is not there", ["-f", "nosuch"], "output_not_supported"],
      ["a codec that the container cannot hold", ["-f", "webm"], "output_not_supported"],
    ] as const)("fails for %s", async (_, options, code) => {
      const { engine, running } = await make();
      const request = aRun(await clip(), encodeStep(...options));
      const error: TaskError = await taskErrorOf(engine.run(request, never));
      expect([error.code, error.message]).toEqual([
        code,
        expect.stringMatching(/^Cannot .*: .*[^.]$/),
      ]);
      expect(running()).toBe(0);
    });
  });
}

function stopping(make: Make, { describe, test, expect }: Harness): void {
  describe("abort", () => {
    test("ends a run with the signal's reason and leaves nothing running", async () => {
      const { engine, running } = await make();
      const controller = new AbortController();
      const { ended } = await startEndless(engine, controller.signal);
      expect(running()).toBe(1);
      const reason = new Error("the caller's own");
      controller.abort(reason);
      expect(await ended.catch((error: unknown) => error)).toBe(reason);
      expect(running()).toBe(0);
    });

    test("before the beginning starts nothing", async () => {
      const { engine, running } = await make();
      const reason = new Error("the caller's own");
      const signal = AbortSignal.abort(reason);
      const path = await clip();
      const calls = [
        engine.run(aRun(path), signal),
        engine.probe({ path, side: "source" }, signal),
      ];
      for (const call of calls) expect(await call.catch((error: unknown) => error)).toBe(reason);
      expect(running()).toBe(0);
    });
  });
}
