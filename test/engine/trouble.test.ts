import { afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NativeEngine } from "../../src/engine/native/native.ts";
import type { Step } from "../../src/plan/plan.ts";
import { aRun, encodeStep, never, startEndless } from "../contract/engine.ts";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";
import { mountTmpfs } from "../fixtures/mounts.ts";
import { childrenRunning, openNative } from "../fixtures/native-engine.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

let engine: NativeEngine;

beforeAll(async () => {
  engine = await openNative();
});

afterEach(() => {
  expect(childrenRunning()).toEqual([]);
});

/** An executable file that does something at first, and is ffmpeg after that. */
function wrapper(begin: string): string {
  const path = join(tempFolder(), "ffmpeg");
  writeFileSync(path, `#!/bin/sh\n${begin}\nexec ffmpeg "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

describe("NativeEngine.open", () => {
  test.each([
    ["ffmpeg", "is not there", "no-such-program", "it is not here"],
    ["ffprobe", "is not there", "no-such-program", "it is not here"],
    ["ffmpeg", "cannot be executed", import.meta.path, "does not let it run"],
    ["ffmpeg", "is another program", "true", "it is no ffmpeg"],
    ["ffprobe", "fails", "false", 'it fails at "-version"'],
  ] as const)("names the %s that %s", async (program, _, command, why) => {
    const { code, message } = await taskErrorOf(openNative({ [program]: command }));
    expect(code).toBe("encoder_missing");
    expect(message).toContain(`"${command}"`);
    expect(message).toContain(why);
  });

  test("tells what this ffmpeg can do", async () => {
    const { capabilities } = await openNative({ threads: 3 });
    expect(capabilities).toMatchObject({ engine: "native", threads: 3 });
    expect(capabilities.version).toMatch(/^\S*\d/);
    expect(capabilities.encoders).toContain("libx264");
    expect(capabilities.muxers).toContain("stream_segment");
    expect(capabilities.muxers).toContain("ssegment");
    expect(capabilities.filters).toContain("scale");
    expect(capabilities.protocols).toContain("tcp");
    // Read alone.
    expect(capabilities.protocols).not.toContain("subfile");
    // The legends above the lists are no names.
    for (const names of [capabilities.encoders, capabilities.muxers, capabilities.filters])
      expect(names.filter((name) => /^(=|Video|Audio|source)$/.test(name))).toEqual([]);
  });
});

describe("a full scratch disk", () => {
  const hls: Step = {
    ...encodeStep(),
    args: [
      ...encodeStep().args.slice(0, -1),
      ...["-f", "hls", "-hls_time", "1", "-hls_segment_filename", "0/%05d.ts", "0/out.m3u8"],
    ],
  };

  // ffmpeg 5.1 ends with 0 in all three: it complains of an mp4's last bytes, and loses segments without a word.
  test.each([
    ["an mp4", encodeStep()],
    ["an mp4 with its index moved", encodeStep("-movflags", "+faststart")],
    ["HLS segments", hls],
  ] as const)("is scratch_full for %s", async (_, step) => {
    const folder = tempFolder();
    const unmount = mountTmpfs(folder, "size=160k");
    if (!unmount) return;
    try {
      const source = await clip({ seconds: 4 });
      const error = await taskErrorOf(engine.run(aRun(source, step, { folder }), never));
      expect(error.code).toBe("scratch_full");
    } finally {
      unmount();
    }
  });

  test("is scratch_full before ffmpeg starts", async () => {
    const folder = tempFolder();
    const unmount = mountTmpfs(folder, "size=64k");
    if (!unmount) return;
    try {
      expect(() => writeFileSync(join(folder, "filler"), Buffer.alloc(100_000))).toThrow("ENOSPC");
      const run = engine.run(aRun(await clip(), encodeStep(), { folder }), never);
      expect((await taskErrorOf(run)).code).toBe("scratch_full");
    } finally {
      unmount();
    }
  });

  test("is scratch_full when ffmpeg says so", async () => {
    const args = ["-i", "input", "-c", "copy", "-f", "mpegts", "/dev/full"];
    const step: Step = { name: "copy", args, writes: [], share: 1 };
    expect((await taskErrorOf(engine.run(aRun(await clip(), step), never))).code).toBe(
      "scratch_full",
    );
  });
});

describe("an encoder", () => {
  test.each(["SIGKILL", "SIGTERM"] as const)(
    "that others end by %s is encoder_killed",
    async (signal) => {
      const { ended } = await startEndless(engine, never);
      for (const pid of childrenRunning()) process.kill(pid, signal);
      expect((await taskErrorOf(ended)).code).toBe("encoder_killed");
    },
  );

  test("that stands still is ended as encoder_stalled", async () => {
    const impatient = await openNative({ stallTimeoutMs: 1_500, graceMs: 100 });
    const { ended } = await startEndless(impatient, never);
    for (const pid of childrenRunning()) process.kill(pid, "SIGSTOP");
    expect(await taskErrorOf(ended)).toMatchObject({
      code: "encoder_stalled",
      message: "Cannot encode: no progress for 1.5 s",
    });
  });

  // It waits in a child of its own, which the whole group's end must reach.
  const deaf = `for a in "$@"; do [ "$a" = -progress ] && { trap '' TERM; sleep 600; }; done`;

  test("that never begins is ended as encoder_stalled, though it does not hear TERM", async () => {
    const options = { ffmpeg: wrapper(deaf), stallTimeoutMs: 500, graceMs: 100 };
    const run = (await openNative(options)).run(aRun(await clip()), never);
    expect((await taskErrorOf(run)).code).toBe("encoder_stalled");
  });

  test("that does not hear TERM is killed after the grace, for the caller's reason", async () => {
    const controller = new AbortController();
    const engine = await openNative({ ffmpeg: wrapper(deaf), graceMs: 100 });
    const run = engine.run(aRun(await clip()), controller.signal);
    const reason = new Error("the caller's own");
    setTimeout(() => controller.abort(reason), 200);
    expect(await run.catch((error: unknown) => error)).toBe(reason);
  });

  test("gets none of our settings", async () => {
    process.env["PONTUS_CLIENTS"] = "a secret";
    process.env["FFREPORT"] = "file=report.log:level=48";
    process.env["AWS_SECRET_ACCESS_KEY"] = "a secret";
    try {
      const all = "$PONTUS_CLIENTS$FFREPORT$AWS_SECRET_ACCESS_KEY";
      const saying = wrapper(`echo "settings: ${all}." >&2`);
      const lines: string[] = [];
      const run = aRun(await clip(), undefined, { onLog: (line) => lines.push(line) });
      await (await openNative({ ffmpeg: saying })).run(run, never);
      expect(lines).toContain("settings: .");
    } finally {
      delete process.env["PONTUS_CLIENTS"];
      delete process.env["FFREPORT"];
      delete process.env["AWS_SECRET_ACCESS_KEY"];
    }
  });

  test("has the credentials in its complaints masked", async () => {
    const saying = wrapper('echo "rtmp://user:pass@host/live: failed" >&2');
    const lines: string[] = [];
    const run = aRun(await clip(), undefined, { onLog: (line) => lines.push(line) });
    await (await openNative({ ffmpeg: saying })).run(run, never);
    expect(lines.filter((line) => line.includes("@host"))).toEqual([
      "rtmp://***@host/live: failed",
    ]);
  });
});
