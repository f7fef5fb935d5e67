import { readFile } from "node:fs/promises";
import type { ByteSink, ByteSource, StreamedEngine } from "../../src/engine/engine.ts";
import type { Step } from "../../src/plan/plan.ts";
import { badSource } from "../fixtures/bad-sources.ts";
import { clip, logo } from "../fixtures/clips.ts";
import { filmOfHiddenEnd } from "../fixtures/edit-lists.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

const never = new AbortController().signal;

const MAP = ["-map", "0:v:0", "-map", "0:a:0?", "-c", "copy"];
const copyStep = (...args: readonly string[]): Step => ({
  name: "copy",
  args: ["-i", "input", ...args],
  writes: ["0/out.ts", "0/parts/%d.ts"],
  share: 1,
});
const TS = copyStep(...MAP, "-f", "mpegts", "0/out.ts");

async function sourceOf(path: string, failsAt = Number.POSITIVE_INFINITY): Promise<ByteSource> {
  const bytes = await readFile(path);
  const read = async (position: number, length: number) => {
    if (position >= failsAt) throw new Error("the source's own");
    return bytes.subarray(position, position + length);
  };
  return { sizeBytes: bytes.length, read };
}

/** Keeps what is only ever written on. */
function keepingSink(fail?: Error) {
  const files = new Map<string, Uint8Array>();
  const closed: string[] = [];
  const sink: ByteSink = {
    write: async (path, position, bytes) => {
      if (fail) throw fail;
      const before = files.get(path) ?? new Uint8Array();
      if (position !== before.length) throw new Error(`it goes back to ${position}`);
      files.set(path, Buffer.concat([before, bytes]));
    },
    close: async (path) => void closed.push(path),
    rename: async () => {},
    remove: async () => {},
  };
  return { files, closed, sink };
}

const quiet = { onProgress: () => {}, onLog: () => {} };

/** What holds for every engine that needs no files. */
export function streamedEngineContract(
  name: string,
  make: () => Promise<StreamedEngine>,
  { describe, test, expect }: Harness,
): void {
  describe(`${name} without files`, () => {
    test("says that what it writes leaves for good", async () => {
      expect((await make()).capabilities.streamsOutput).toBe(true);
    });

    test("probes a source, and what it has made of it", async () => {
      const engine = await make();
      const source = await sourceOf(await clip({ seconds: 2 }));
      const before = await engine.probe({ source, extension: ".mp4", side: "source" }, never);
      expect(before.video).toMatchObject({ codec: "h264", frames: 50 });
      const { files, closed, sink } = keepingSink();
      const ends: number[] = [];
      const onProgress = ({ outTimeSeconds }: { outTimeSeconds: number }) =>
        void ends.push(outTimeSeconds);
      await engine.run({ ...quiet, step: TS, source, sink, onProgress }, never);
      expect(closed).toEqual(["0/out.ts"]);
      expect(ends.at(-1)).toBeCloseTo(2, 0);
      const bytes = files.get("0/out.ts") ?? new Uint8Array();
      const made = {
        sizeBytes: bytes.length,
        read: async (at: number, size: number) => bytes.subarray(at, at + size),
      };
      const after = await engine.probe({ source: made, extension: ".ts", side: "output" }, never);
      expect(after).toMatchObject({ format: "mpegts", video: { codec: "h264" } });
    });

    test("reads what is given beside the source by the name that it has", async () => {
      const engine = await make();
      const picture = await sourceOf(await logo());
      const described = { source: picture, extension: "", side: "source" } as const;
      const media = await engine.probe({ ...described, as: ["png_pipe"] }, never);
      expect(media.video).toMatchObject({ codec: "png", width: 16, height: 8 });
      const { files, sink } = keepingSink();
      const both = ["-i", "input", "-f", "png_pipe", "-i", "side-0"];
      const graph = ["-filter_complex", "[0:v][1:v]overlay", "-c:v", "mpeg2video"];
      const args = [...both, ...graph, "-f", "mpegts", "0/out.ts"];
      const further = { "side-0": picture };
      const source = await sourceOf(await clip());
      await engine.run({ ...quiet, step: { ...TS, args }, source, further, sink }, never);
      expect(files.get("0/out.ts")?.length).toBeGreaterThan(10_000);
    });

    test("tells by the last packets what an edit list hides there", async () => {
      const engine = await make();
      const secondsOf = async (path: string) => {
        const request = {
          source: await sourceOf(path),
          extension: ".mp4",
          side: "source",
        } as const;
        return (await engine.probe({ ...request, packets: "last" }, never)).video?.packets
          ?.hiddenSeconds;
      };
      expect(await secondsOf(await filmOfHiddenEnd())).toBeGreaterThan(0);
      expect(await secondsOf(await clip({ seconds: 2 }))).toBeUndefined();
    });

    test("decodes what was kept of an output's end", async () => {
      const engine = await make();
      const source = await sourceOf(await clip({ seconds: 2, container: "ts" }));
      const look = { source, extension: ".ts", keyFramesOnly: false };
      const { video, audio } = await engine.readTail(look, never);
      expect(video).toMatchObject({ hasKey: true, frames: 50 });
      expect(video?.endSeconds).toBeCloseTo(1.4 + 2, 0);
      expect(audio?.frames).toBeGreaterThan(90);
    });

    test("closes each segment before it begins the next", async () => {
      const source = await sourceOf(await clip({ seconds: 3, audio: false, args: ["-g", "25"] }));
      const { files, closed, sink } = keepingSink();
      const split = ["-f", "segment", "-segment_time", "1", "0/parts/%d.ts"];
      const step = copyStep("-map", "0:v:0", "-c", "copy", ...split);
      await (await make()).run({ ...quiet, step, source, sink }, never);
      expect(closed).toEqual(["0/parts/0.ts", "0/parts/1.ts", "0/parts/2.ts"]);
      expect([...files.keys()]).toEqual(closed);
    });

    test("blames a source that is no film, and a manifest", async () => {
      const engine = await make();
      const blame = async (path: string) => {
        const source = await sourceOf(path);
        return (await taskErrorOf(engine.probe({ source, extension: "", side: "source" }, never)))
          .code;
      };
      expect(await blame(await badSource("text"))).toBe("source_not_media");
      expect(await blame(await badSource("HLS playlist"))).toBe("input_not_supported");
    });

    test("fails as its source or its sink does", async () => {
      const engine = await make();
      const path = await clip({ seconds: 2, width: 640, height: 360 });
      const cut = await sourceOf(path, 300_000);
      const reading = engine.run(
        { ...quiet, step: TS, source: cut, sink: keepingSink().sink },
        never,
      );
      expect(await reading.catch((error: Error) => error.message)).toBe("the source's own");
      const fault = new Error("the sink's own");
      const { sink } = keepingSink(fault);
      const writing = engine.run({ ...quiet, step: TS, source: await sourceOf(path), sink }, never);
      expect(await writing.catch((error: unknown) => error)).toBe(fault);
    });

    test("ends with the signal's reason while its source does not answer", async () => {
      const engine = await make();
      const controller = new AbortController();
      const reason = new Error("the caller's own");
      const source: ByteSource = {
        sizeBytes: 1_000_000,
        read: () => {
          controller.abort(reason);
          return Promise.withResolvers<never>().promise;
        },
      };
      const { sink } = keepingSink();
      const run = engine.run({ ...quiet, step: TS, source, sink }, controller.signal);
      expect(await run.catch((error: unknown) => error)).toBe(reason);
    });
  });
}
