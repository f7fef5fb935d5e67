import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Engine } from "../../../src/engine/engine.ts";
import type { Expectation } from "../../../src/plan/plan.ts";
import { judgeKeptTail } from "../../../src/plan/verify/verify-tail.ts";
import type { Tail } from "../../../src/probe/tail.ts";
import { type EndFile, KeptEnd } from "../../../src/worker/output/kept-end.ts";
import { clip } from "../../fixtures/clips.ts";
import { openWasm } from "../../fixtures/wasm-engine.ts";
import { aMedia } from "../../plan/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const KEPT_BYTES = 256 << 10;
const HEAD_BYTES = 64 << 10;
const SECONDS = 12;
const FRAGMENTED = ["-movflags", "+frag_keyframe+empty_moov+delay_moov+default_base_moof"];
const MADE = ["-g", "25", "-b:v", "600k"];

let engine: Engine | undefined;

beforeAll(async () => {
  engine = await openWasm();
});
afterAll(() => engine?.close());

/** What is kept of files that are written one behind the other. */
function keep(files: readonly (readonly [string, Buffer])[], isSet: boolean): EndFile | undefined {
  const end = new KeptEnd(KEPT_BYTES);
  for (const [name, bytes] of files)
    for (let at = 0; at < bytes.length; at += 10_001)
      end.write(name, bytes.subarray(at, at + 10_001), isSet);
  const head = files[0]?.[1].subarray(0, HEAD_BYTES) ?? Buffer.alloc(0);
  return end.file({ head, seconds: SECONDS }, isSet);
}

async function tailOf({ bytes, extension }: EndFile): Promise<Tail | undefined> {
  const source = {
    sizeBytes: bytes.length,
    read: async (at: number, length: number) => bytes.subarray(at, at + length),
  };
  const request = { source, extension, keyFramesOnly: false };
  return engine?.streamed?.readTail(request, new AbortController().signal);
}

async function film(container: string, args: readonly string[] = []): Promise<Buffer> {
  return readFileSync(await clip({ seconds: SECONDS, container, args: [...MADE, ...args] }));
}

describe("the kept end of a product", () => {
  test.each([
    ["ts", []],
    ["mp4", FRAGMENTED],
    ["mkv", ["-live", "1", "-cluster_time_limit", "500"]],
  ] as const)(
    "is a file of its last seconds, though not all was kept: %s",
    async (container, args) => {
      const bytes = await film(container, args);
      expect(bytes.length).toBeGreaterThan(KEPT_BYTES + HEAD_BYTES);
      const file = keep([[`0/out.${container}`, bytes]], false);
      expect(file?.bytes.length).toBeLessThan(bytes.length * 0.6);
      expect(file?.isTimed).toBe(true);
      const tail = file && (await tailOf(file));
      const start = container === "ts" ? 1.4 : 0;
      for (const stream of [tail?.video, tail?.audio]) {
        expect(stream?.hasKey).toBe(true);
        expect(stream?.frames).toBeGreaterThan(20);
        expect(Math.abs((stream?.endSeconds ?? 0) - start - SECONDS)).toBeLessThan(0.3);
      }
    },
  );

  test("is the sound alone of formats whose frames are found from anywhere", async () => {
    const args = ["-b:a", "320k"];
    const sound = {
      seconds: SECONDS,
      video: false,
      audio: "libmp3lame",
      container: "mp3",
    } as const;
    const file = keep([["0/out.mp3", readFileSync(await clip({ ...sound, args }))]], false);
    expect(file?.isTimed).toBe(false);
    expect((file && (await tailOf(file)))?.audio?.frames).toBeGreaterThan(100);
  });

  test("is all of a file that is short", async () => {
    const bytes = Buffer.from("short");
    expect(keep([["0/out.flv", bytes]], false)?.bytes).toEqual(bytes);
  });

  test("is nothing where a format cannot be cut so", async () => {
    expect(keep([["0/out.flv", Buffer.alloc(900_000)]], false)).toBeUndefined();
  });

  test.each(["mpegts", "fmp4"])("is of a set the last two files: %s", async (kind) => {
    const args = [...MADE, "-hls_time", "2", "-hls_segment_type", kind, "-hls_list_size", "0"];
    const folder = dirname(await clip({ seconds: SECONDS, container: "m3u8", args }));
    const names = readdirSync(folder).filter((name) => /\.(?:ts|m4s)$/.test(name));
    const number = (name: string) => Number(/(\d+)\.\w+$/.exec(name)?.[1]);
    const order = names.toSorted((a, b) => number(a) - number(b));
    const all = [...(kind === "fmp4" ? ["init.mp4"] : []), ...order];
    const files = all.map((name) => [name, readFileSync(join(folder, name))] as const);
    const file = keep(files, true);
    const tail = file && (await tailOf(file));
    expect(tail?.video?.frames).toBeGreaterThanOrEqual(50);
    expect(tail?.video?.frames).toBeLessThan(110);
  });
});

describe("judgeKeptTail", () => {
  const expected: Expectation = {
    durationToleranceSeconds: 0.5,
    video: { codec: "h264", sameAsSource: false },
  };
  const made = aMedia({ durationSeconds: SECONDS, startSeconds: 0 });
  const seen = { packets: 25, hasKey: true, endSeconds: 12, frames: 25, lastFrameSeconds: 11.96 };

  test("takes an end that can be decoded", () => {
    expect(() => judgeKeptTail(expected, made, { video: seen }, true)).not.toThrow();
  });

  test("refuses one that cannot, or that is not there", () => {
    const broken = { video: { ...seen, frames: 0, lastFrameSeconds: Number.NEGATIVE_INFINITY } };
    expect(() => judgeKeptTail(expected, made, broken, true)).toThrow("cannot be decoded");
    const short = { video: { ...seen, endSeconds: 6, lastFrameSeconds: 5.96 } };
    expect(() => judgeKeptTail(expected, made, short, true)).toThrow("should at 12 s");
    expect(() => judgeKeptTail(expected, made, short, false)).not.toThrow();
  });

  test("says nothing where no key frame was kept", () => {
    const none = { video: { ...seen, hasKey: false, frames: 0 } };
    expect(() => judgeKeptTail(expected, made, none, true)).not.toThrow();
  });

  test("sees that the end of a stream is noise", async () => {
    const bytes = await film("ts");
    for (let at = Math.floor(bytes.length * 0.9); at < bytes.length - 376; at += 188)
      bytes.fill(at % 251, at + 12, at + 188);
    const file = keep([["0/out.ts", bytes]], false);
    const tail = (file && (await tailOf(file))) ?? {};
    const sent = { ...made, format: "mpegts", startSeconds: 1.4 };
    expect(() => judgeKeptTail(expected, sent, tail, true)).toThrow();
  });
});
