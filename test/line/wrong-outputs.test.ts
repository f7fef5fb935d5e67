import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { openNative } from "../fixtures/native-engine.ts";
import { hasEnded, type RunningService, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const signal = new AbortController().signal;

/** The machine's ffmpeg, but for a disk that loses the end of an mp4 that it wrote in the first run of a task. */
function losingFfmpeg(): string {
  const path = join(tempFolder(), "ffmpeg");
  const script = [
    "#!/bin/sh",
    'ffmpeg "$@" || exit $?',
    'case "$PWD" in *-1) ;; *) exit 0 ;; esac',
    "for last; do :; done",
    'case "$last" in 0/out.mp4) truncate -s -1000 "$last" ;; esac',
  ];
  writeFileSync(path, `${script.join("\n")}\n`, { mode: 0o755 });
  return path;
}

let service: RunningService;

beforeAll(async () => {
  service = await startService(undefined, { PONTUS_FFMPEG: losingFfmpeg() });
  const put = async (name: string, made: Promise<string>) =>
    copyFile(await made, join(service.home.media, name));
  const whole = ["-g", "25"];
  await put("whole.mp4", clip({ seconds: 3, args: whole }));
  // Of so few pictures ffmpeg takes the last ones' offsets for none: its copies come out in another order.
  const disordered = ["-frames:v", "5", "-bf", "3", "-b_strategy", "0", "-an"];
  const negative = ["-movflags", "+negative_cts_offsets"];
  await put("disordered.mp4", clip({ args: [...disordered, ...negative] }));
});

afterAll(async () => {
  await service.stop();
});

async function run(source_url: string, profile_name: string, target_url: string) {
  const targets = [{ target_url }];
  const id = await service.create({ source: { source_url }, profile_name, targets });
  return service.until(id, hasEnded);
}

const published = (name: string): string => join(service.home.media, name);

describe("an output that was cut off in the first run of its task", () => {
  test.each([
    ["an encode", "video_mp4_320x240_240kbps", "encoded.mp4"],
    ["a copy", "video_mp4_transmux", "copied.mp4"],
  ])("is made again whole: %s", async (_, profile, target) => {
    const task = await run("whole.mp4", profile, target);
    expect(task).toMatchObject({ task_status: "SUCCESS", attempt: 2 });
    expect(task.error).toBeUndefined();
    const [first, second] = task.attempts;
    expect(first?.error).toMatchObject({
      code: "InternalError",
      detail: 'Cannot deliver the output: it is cut off (of the source "whole.mp4")',
    });
    expect(second?.error).toBeUndefined();
    const engine = await openNative();
    const request = { path: published(target), side: "output", packets: true } as const;
    const { video } = await engine.probe(request, signal);
    await engine.close?.();
    expect(video?.packets?.count).toBe(75);
  });
});

describe("a source of which a copy comes out wrong", () => {
  test("is encoded in the same run where it was copied because it fits", async () => {
    const answer = await service.call("/api/v1/profile", {
      method: "POST",
      body: {
        profile_name: "fitting",
        qlties: [{ container: "mkv", bitrate: 9_000_000, audio_format: "none", gop_size: 25 }],
      },
    });
    expect(answer.status).toBe(200);
    const task = await run("disordered.mp4", "fitting", "fitting.mkv");
    expect(task.error?.detail ?? task.task_status).toBe("SUCCESS");
    expect(task.attempt).toBe(1);
    expect(service.log()).toContain("Cannot copy so, and plans anew");
    expect(existsSync(published("fitting.mkv"))).toBe(true);
  });

  test("is not supported where a copy is asked for, which two runs have tried", async () => {
    const task = await run("disordered.mp4", "video_mkv_transmux", "asked.mkv");
    expect(task).toMatchObject({ task_status: "FAILED", attempt: 2 });
    expect(task.error?.code).toBe("OutputNotSupported");
    expect(task.error?.detail).toStartWith(
      'Cannot copy the source "disordered.mp4" into "mkv": in the copy, its video has a gap',
    );
    expect(task.attempts.map(({ error }) => error?.code)).toEqual(
      Array(2).fill("OutputNotSupported"),
    );
    expect(existsSync(published("asked.mkv"))).toBe(false);
  });
});
