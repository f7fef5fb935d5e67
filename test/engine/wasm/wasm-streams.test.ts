import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { ByteSink, ByteSource } from "../../../src/engine/engine.ts";
import { loadCore, type WasmCore } from "../../../src/engine/wasm/wasm-core.ts";
import type { Streams } from "../../../src/engine/wasm/wasm-streams.ts";
import { type ThreadRun, WasmThread } from "../../../src/engine/wasm/wasm-thread.ts";
import { clip, tempFolder } from "../../fixtures/clips.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const never = new AbortController().signal;

let core: WasmCore;

beforeAll(async () => {
  core = await loadCore({});
});

/** A file, read through asynchronous calls. */
async function fileSource(path: string): Promise<ByteSource> {
  const bytes = await readFile(path);
  const read = async (position: number, length: number) => {
    await wait(0);
    return bytes.subarray(position, position + length);
  };
  return { sizeBytes: bytes.length, read };
}

/** Keeps what it gets, and notes each call. */
function memorySink() {
  const files = new Map<string, Uint8Array>();
  const calls: string[] = [];
  const sink: ByteSink = {
    write: async (path, position, bytes) => {
      const before = files.get(path) ?? new Uint8Array();
      const after = new Uint8Array(Math.max(before.length, position + bytes.length));
      after.set(before);
      after.set(bytes, position);
      files.set(path, after);
      if (calls.at(-1) !== `write ${path}`) calls.push(`write ${path}`);
    },
    close: async (path, sizeBytes) => {
      calls.push(`close ${path}`);
      expect(files.get(path)?.length ?? 0).toBe(sizeBytes);
    },
    rename: async (path, to) => {
      calls.push(`rename ${path} ${to}`);
      files.set(to, files.get(path) ?? new Uint8Array());
      files.delete(path);
    },
    remove: async (path) => {
      calls.push(`remove ${path}`);
      files.delete(path);
    },
  };
  return { files, calls, sink };
}

async function runIn(
  mount: Streams,
  args: readonly string[],
  signal = never,
  more: Partial<ThreadRun> = {},
): Promise<{ code?: number; stderr: string }> {
  const thread = await WasmThread.start(core);
  const all = ["-v", "error", "-nostdin", ...args];
  const run = { program: "ffmpeg", args: all, mount, onStdout: () => {}, ...more } as const;
  try {
    return await thread.run(run, 2_000, signal);
  } finally {
    await thread.end();
    expect(thread.isLeaked).toBe(false);
  }
}

const framesOf = (bytes: Uint8Array | undefined): number => {
  const path = join(tempFolder(), "made");
  writeFileSync(path, bytes ?? "");
  const count = ["-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0"];
  const args = ["-v", "error", "-select_streams", "v", ...count, path];
  return Number.parseInt(execFileSync("ffprobe", args, { encoding: "utf8" }), 10);
};

const RAW = ["-map", "0:v", "-f", "rawvideo", "-pix_fmt", "yuv420p"];

describe("a run without a disk", () => {
  test("probes and encodes a source that is read by asynchronous calls", async () => {
    const sources = { input: await fileSource(await clip({ seconds: 2 })) };
    const { files, sink } = memorySink();
    let told = "";
    const onStdout = (text: string) => {
      told += text;
    };
    const asked = ["-show_entries", "format=duration", "-of", "csv=p=0", "-i", "input"];
    const run = { program: "ffprobe", args: ["-v", "error", ...asked], onStdout } as const;
    expect(await runIn({ sources, sink }, [], never, run)).toEqual({ code: 0, stderr: "" });
    expect(Number(told)).toBeCloseTo(2, 1);
    const fragmented = ["-movflags", "frag_keyframe+empty_moov+default_base_moof"];
    const args = ["-i", "input", "-c:v", "libx264", "-preset", "ultrafast", ...fragmented];
    expect(await runIn({ sources, sink }, [...args, "out.mp4"])).toEqual({ code: 0, stderr: "" });
    expect(framesOf(files.get("out.mp4"))).toBe(50);
  });

  test("gives an index that is written into the beginning at the end", async () => {
    const sources = { input: await fileSource(await clip({ seconds: 2 })) };
    const { files, sink } = memorySink();
    await runIn({ sources, sink }, ["-i", "input", "-c", "copy", "out.mp4"]);
    expect(framesOf(files.get("out.mp4"))).toBe(50);
  });

  test("gives each segment of a set as it is closed, and the playlist after it", async () => {
    const source = await clip({ seconds: 3, audio: false, args: ["-g", "25"] });
    const sources = { input: await fileSource(source) };
    const { files, calls, sink } = memorySink();
    const hls = ["-f", "hls", "-hls_time", "1", "-hls_playlist_type", "vod"];
    const names = ["-hls_segment_filename", "set-%d.ts", "set.m3u8"];
    await runIn({ sources, sink }, ["-i", "input", "-c", "copy", ...hls, ...names]);
    expect([...files.keys()].toSorted()).toEqual(["set-0.ts", "set-1.ts", "set-2.ts", "set.m3u8"]);
    for (const index of [0, 1, 2]) expect(framesOf(files.get(`set-${index}.ts`))).toBe(25);
    const closed = calls.filter((call) => call.startsWith("close set-"));
    expect(closed).toEqual(["close set-0.ts", "close set-1.ts", "close set-2.ts"]);
    expect(calls.indexOf("close set-0.ts")).toBeLessThan(calls.indexOf("write set-1.ts"));
    expect(calls.at(-1)).toBe("close set.m3u8");
  });

  test("waits where the sink is slow, and loses nothing", async () => {
    const sources = {
      input: await fileSource(await clip({ seconds: 3, width: 640, height: 360 })),
    };
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    let taken = 0;
    let calls = 0;
    const work: { now: () => number } = { now: () => 0 };
    const sink: ByteSink = {
      ...memorySink().sink,
      close: async () => {},
      write: async (_, __, bytes) => {
        begun.resolve();
        await gate.promise;
        taken += bytes.length;
        calls += 1;
      },
    };
    const onStart = (now: () => number) => {
      work.now = now;
    };
    const run = runIn({ sources, sink }, ["-i", "input", ...RAW, "out.yuv"], never, { onStart });
    await begun.promise;
    // The core calls out no more once it waits.
    for (let before = -1; before !== work.now(); await wait(300)) before = work.now();
    const paused = work.now();
    gate.resolve();
    expect((await run).code).toBe(0);
    expect(work.now()).toBeGreaterThan(paused);
    expect(taken).toBe(75 * 640 * 360 * 1.5);
    expect(calls).toBeGreaterThan(75);
  });

  test.each(["source", "sink"])("fails as its %s does", async (which) => {
    const whole = await fileSource(await clip({ seconds: 2, width: 640, height: 360 }));
    const reason = new Error("the storage's own");
    const fail = () => Promise.reject(reason);
    const failing: ByteSource = {
      ...whole,
      read: (position, length) => (position > 0 ? fail() : whole.read(position, length)),
    };
    const input = which === "source" ? failing : whole;
    const sink = { ...memorySink().sink, ...(which === "sink" && { write: fail }) };
    const run = runIn({ sources: { input }, sink }, ["-i", "input", ...RAW, "out.yuv"]);
    expect(await run.catch((error: unknown) => error)).toBe(reason);
  });

  test.each(["source", "sink"])("is stopped while its %s does not answer", async (which) => {
    const whole = await fileSource(await clip());
    const controller = new AbortController();
    const reason = new Error("the caller's own");
    const hang = () => {
      controller.abort(reason);
      return Promise.withResolvers<never>().promise;
    };
    const input = which === "source" ? { ...whole, read: hang } : whole;
    const sink = { ...memorySink().sink, ...(which === "sink" && { write: hang }) };
    const args = ["-i", "input", ...RAW, "out.yuv"];
    const run = runIn({ sources: { input }, sink }, args, controller.signal);
    expect(await run.catch((error: unknown) => error)).toBe(reason);
  });

  test("cannot change its source, nor read what it wrote", async () => {
    const sources = {
      input: await fileSource(await clip()),
      other: await fileSource(await clip()),
    };
    const { files, sink } = memorySink();
    const over = await runIn({ sources, sink }, [
      "-y",
      "-i",
      "input",
      "-c",
      "copy",
      "-f",
      "mp4",
      "other",
    ]);
    expect(over.code).toBe(1);
    expect(over.stderr).toContain("Permission denied");
    const moved = ["-i", "input", "-c", "copy", "-movflags", "+faststart", "out.mp4"];
    expect((await runIn({ sources, sink }, moved)).stderr).toContain("out.mp4: Permission denied");
    expect([...files.keys()]).toEqual(["out.mp4"]);
  });
});
