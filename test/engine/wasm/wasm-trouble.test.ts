import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chooseEngine } from "../../../src/engine/choose.ts";
import type { Step } from "../../../src/plan/plan.ts";
import { aRun, encodeStep, never, startEndless } from "../../contract/engine.ts";
import { clip, tempFolder } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { mountTmpfs } from "../../fixtures/mounts.ts";
import { nativeOptions } from "../../fixtures/native-engine.ts";
import { DENO_PROGRAM, denoTask } from "../../fixtures/runtimes.ts";
import { openWasm, wasmOptions } from "../../fixtures/wasm-engine.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const shared = openWasm();

afterEach(async () => {
  const { busyThreads, leakedThreads } = await shared;
  expect({ busyThreads, leakedThreads }).toEqual({ busyThreads: 0, leakedThreads: 0 });
});

describe("WasmEngine.open", () => {
  test("tells what the core can do, without what does not work in it", async () => {
    const { capabilities } = await shared;
    expect(capabilities).toMatchObject({ engine: "wasm", version: "5.1.4", threads: 1 });
    const { encoders, muxers, filters } = capabilities;
    for (const name of ["libx264", "libvpx-vp9", "mpeg2video", "aac", "libmp3lame", "libopus"])
      expect(encoders).toContain(name);
    for (const name of ["mp4", "hls", "flv", "webm", "mpegts"]) expect(muxers).toContain(name);
    expect(filters).toContain("scale");
    // The core lists it, and it hangs.
    expect(encoders).not.toContain("libx265");
  });
});

describe("WasmEngine.run()", () => {
  test("that takes more memory than the core may have is limit_reached", async () => {
    const engine = await shared;
    // A picture of this size and depth takes four gigabytes.
    const raw = ["-c:v", "rawvideo", "-pix_fmt", "gbrapf32le", "-f", "nut"];
    const step = encodeStep("-vf", "scale=16000:16000", ...raw);
    const run = engine.run(aRun(await clip({ audio: false }), step), never);
    const { code, message } = await taskErrorOf(run);
    expect([code, message]).toEqual([
      "limit_reached",
      "Cannot encode: ffmpeg has reached its memory limit of 2147483648 bytes",
    ]);
  });

  test("encodes VP9, which needs more stack than the core was built with", async () => {
    const engine = await shared;
    const vp9 = ["-c:v", "libvpx-vp9", "-cpu-used", "5", "-row-mt", "1", "-c:a", "libopus"];
    const args = ["-i", "input", ...vp9, "-f", "webm", "0/out.webm"];
    const step: Step = { name: "encode", args, writes: ["0/out.webm"], share: 1 };
    const request = aRun(await clip({ width: 640, height: 360 }), step);
    await engine.run(request, never);
    const path = join(request.folder, "0/out.webm");
    const { video } = await engine.probe({ path, side: "output", packets: true }, never);
    expect(video).toMatchObject({ codec: "vp9", packets: { count: 25 } });
  });

  test.each([
    ["Bun", [process.execPath]],
    ["Deno", [DENO_PROGRAM, "run", "--allow-all"]],
    // Which shows nobody there whether a thread is gone.
    ["Deno without /proc", [DENO_PROGRAM, ...denoTask("start").slice(0, -1)]],
  ])(
    "on %s gives up an encoder that hangs as encoder_stalled, tells of its thread, and works on",
    async (_, [program = "", ...args]) => {
      const script = fileURLToPath(new URL("../../fixtures/hung-encoder.ts", import.meta.url));
      const { stdout } = await promisify(execFile)(program, [...args, script]);
      expect(JSON.parse(stdout)).toEqual({
        code: "encoder_stalled",
        message: "Cannot encode: no progress for 1.5 s",
        busyThreads: 0,
        leakedThreads: 1,
      });
    },
  );

  test("does not take slowness for standing still", async () => {
    const engine = await openWasm({ stallTimeoutMs: 1_000 });
    const controller = new AbortController();
    const { ended } = await startEndless(engine, controller.signal);
    const reason = new Error("the caller's own");
    setTimeout(() => controller.abort(reason), 2_500);
    expect(await ended.catch((error: unknown) => error)).toBe(reason);
  });

  test("is scratch_full where the disk is", async () => {
    const folder = tempFolder();
    const unmount = mountTmpfs(folder, "size=160k");
    if (!unmount) return;
    try {
      const run = (await shared).run(
        aRun(await clip({ seconds: 4 }), encodeStep(), { folder }),
        never,
      );
      expect((await taskErrorOf(run)).code).toBe("scratch_full");
    } finally {
      unmount();
    }
  });

  test("runs several at once, and one after another from a thread that stands by", async () => {
    const engine = await openWasm();
    await engine.standBy(tempFolder());
    const source = await clip();
    await Promise.all([1, 2, 3].map(() => engine.run(aRun(source), never)));
    await engine.run(aRun(source), never);
    await engine.close();
    expect([engine.busyThreads, engine.leakedThreads]).toEqual([0, 0]);
  });
});

const both = () => ({ native: nativeOptions(), wasm: wasmOptions() });

describe("chooseEngine", () => {
  test("takes the native engine where its programs can be run", async () => {
    const { engine, why, leakedThreads } = await chooseEngine({ ...both(), wanted: "auto" });
    expect(engine.name).toBe("native");
    expect(why).toBe("ffmpeg and ffprobe can be run");
    expect(leakedThreads()).toBe(0);
  });

  test.each(["ffmpeg", "ffprobe"])("takes WebAssembly where there is no %s", async (program) => {
    const native = nativeOptions({ [program]: "no-such-program" });
    const { engine, why } = await chooseEngine({ ...both(), native, wanted: "auto" });
    expect(engine.name).toBe("wasm");
    expect(why).toContain('"no-such-program"');
  });

  test("takes what is wanted, or none", async () => {
    const { engine } = await chooseEngine({ ...both(), wanted: "wasm" });
    expect(engine.name).toBe("wasm");
    const native = nativeOptions({ ffmpeg: "no-such-program" });
    const error = await taskErrorOf(chooseEngine({ ...both(), native, wanted: "native" }));
    expect(error.code).toBe("encoder_missing");
  });

  test("says that WebAssembly has no hardware encoders, where they are wanted", async () => {
    const hardware = { wanted: "auto", device: "", sessionsMax: 1, onFound: () => {} } as const;
    const native = nativeOptions({ hardware });
    const { engine, lacks } = await chooseEngine({ ...both(), native, wanted: "wasm" });
    expect(lacks).toEqual(["PONTUS_HARDWARE has no effect: it reaches no devices"]);
    expect(engine.hardware).toBeUndefined();
    expect((await chooseEngine({ ...both(), wanted: "wasm" })).lacks).toEqual([]);
  });

  test("says of both what they miss where there is none", async () => {
    const native = nativeOptions({ ffmpeg: "no-such-program" });
    const wasm = wasmOptions({ coreUrl: "http://127.0.0.1:1/" });
    const error = await taskErrorOf(chooseEngine({ native, wasm, wanted: "auto" }));
    expect(error.code).toBe("encoder_missing");
    expect(error.message).toContain('"no-such-program"');
    expect(error.message).toContain("the WebAssembly core");
  });
});

describe("a core from an address", () => {
  const folder = dirname(fileURLToPath(import.meta.resolve("@ffmpeg/core")));

  /** Serves the core's files; those that are given in place of its own. */
  async function serve(others: Readonly<Record<string, Buffer>> = {}) {
    const server = createServer(({ url = "" }, answer) => {
      const name = url.replace("/core/", "");
      const bytes = others[name] ?? readFileSync(join(folder, name));
      answer.setHeader("content-length", bytes.length);
      answer.end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return { coreUrl: `http://127.0.0.1:${port}/core`, close: () => server.close() };
  }

  test("runs as that of the package does, and tells how much is there", async () => {
    const { coreUrl, close } = await serve();
    try {
      const told: string[] = [];
      const onDownload = (file: string, percent: number) => told.push(`${file} ${percent}`);
      const engine = await openWasm({ coreUrl, onDownload });
      await engine.run(aRun(await clip()), never);
      expect(told).toContain("ffmpeg-core.js 100");
      expect(told.filter((line) => line.includes("wasm"))).toEqual(
        [25, 50, 75, 100].map((percent) => `ffmpeg-core.wasm ${percent}`),
      );
    } finally {
      close();
    }
  });

  test("is refused where it is another one", async () => {
    const script = Buffer.concat([readFileSync(join(folder, "ffmpeg-core.js")), Buffer.from("\n")]);
    const { coreUrl, close } = await serve({ "ffmpeg-core.js": script });
    try {
      expect(await taskErrorOf(openWasm({ coreUrl }))).toMatchObject({
        code: "encoder_missing",
        message: 'Cannot load the WebAssembly core: "ffmpeg-core.js" there is not that of 0.12.10',
      });
    } finally {
      close();
    }
  });
});
