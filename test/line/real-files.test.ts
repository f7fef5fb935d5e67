import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasEnded, type RunningService, startService } from "../fixtures/service.ts";

// Files that others made, as they come in packages: encoders, cameras and muxers that are not ours.
setDefaultTimeout(60_000);

const LENA = "node_modules/audio-lena";
const SEGMENTS = "node_modules/mux.js/test/segments";
const LENA_SECONDS = 12.27;

let service: RunningService;

beforeAll(async () => {
  service = await startService();
});

afterAll(async () => {
  await service.stop();
});

async function transcode(source: string, profile_name: string, target_url: string) {
  const id = await service.create({
    source: { source_url: source },
    profile_name,
    targets: [{ target_url }],
  });
  return service.until(id, hasEnded);
}

const put = (folder: string, name: string) =>
  copyFileSync(join(folder, name), join(service.home.media, name));

describe("the same sound in many formats", () => {
  test.each([
    ["lena.aac"],
    ["lena.aiff"],
    ["lena.caf"],
    ["lena.flac"],
    ["lena.m4a"],
    ["lena.mp3"],
    ["lena.ogg"],
    ["lena.opus"],
    ["lena.wav"],
    ["lena.webm"],
    ["lena-alaw.caf"],
    ["lena-f32.caf"],
  ])("%s becomes an mp3 of the same length", async (name) => {
    put(LENA, name);
    const task = await transcode(name, "audio_mp3_128kbps", `out/${name}.mp3`);
    expect(task.error?.detail ?? task.task_status).toBe("SUCCESS");
    const output = task.targets[0]?.output;
    expect(output?.audio?.codec).toBe("mp3");
    expect(Math.abs((output?.duration_seconds ?? 0) - LENA_SECONDS)).toBeLessThan(0.15);
  });
});

describe("segments of a stream", () => {
  test.each([
    ["test-segment.ts", "video_mp4_320x240_240kbps", ["h264", "aac"]],
    ["test-segment.ts", "video_mp4_transmux", ["h264", "aac"]],
    // Its table announces a sound of which no packet comes.
    ["test-no-audio-segment.ts", "video_mp4_320x240_240kbps", ["h264", undefined]],
    ["test-middle-pat-pmt.ts", "video_mp4_320x240_240kbps", ["h264", "aac"]],
    ["sintel-captions.ts", "video_mp4_transmux", ["h264", "aac"]],
    ["multi-channel-608-captions.ts", "video_hls_320x240_240kbps", ["h264", undefined]],
  ] as const)("%s with %s", async (name, profile, codecs) => {
    put(SEGMENTS, name);
    const end = profile.includes("hls") ? ".m3u8" : "";
    const task = await transcode(name, profile, `out/${name}-${profile}${end}`);
    expect(task.error?.detail ?? task.task_status).toBe("SUCCESS");
    const output = task.targets[0]?.output;
    expect([output?.video?.codec, output?.audio?.codec]).toEqual([...codecs]);
  });

  test("fragments behind their header are one file", async () => {
    const parts = ["dash-608-captions-init.mp4", "dash-608-captions-seg.m4s"];
    const whole = Buffer.concat(parts.map((name) => readFileSync(join(SEGMENTS, name))));
    writeFileSync(join(service.home.media, "dash.mp4"), whole);
    const task = await transcode("dash.mp4", "video_mp4_320x240_240kbps", "out/dash.mp4");
    expect(task.error?.detail ?? task.task_status).toBe("SUCCESS");
    expect(task.targets[0]?.output?.video?.codec).toBe("h264");
  });
});
