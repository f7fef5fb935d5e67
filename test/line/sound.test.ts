import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { ffmpeg, tempFolder } from "../fixtures/clips.ts";
import { changingSound, hear } from "../fixtures/heard.ts";
import { hasEnded, type RunningService, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const PICTURE = ["-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=2"];
const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25"];
const tone = (hertz: number) => ["-f", "lavfi", "-i", `sine=${hertz}:r=48000:d=2`];
const ALL = ["-map", "0", "-map", "1", "-map", "2", ...H264];

describe.each([
  ["ffmpeg", () => ({})],
  // Nothing is to be found there.
  ["WebAssembly", () => ({ PATH: tempFolder() })],
] as const)("sound, by %s,", (_, environment) => {
  let service: RunningService;
  const at = (...names: string[]) => join(service.home.media, ...names);

  beforeAll(async () => {
    service = await startService(undefined, environment());
    const part = { layout: "stereo", seconds: 3 };
    const changing = await changingSound("ts", "aac", [
      { ...part, hertz: 500, rateHz: 48_000 },
      { ...part, hertz: 1000, rateHz: 44_100 },
    ]);
    renameSync(changing, at("changing.ts"));
    const marks = ["-disposition:a:0", "default+comment", "-disposition:a:1", "0"];
    const german = ["-metadata:s:a:1", "language=ger", "-c:a", "aac"];
    await ffmpeg([
      ...PICTURE,
      ...tone(500),
      ...tone(1000),
      ...ALL,
      ...marks,
      ...german,
      at("talk.mkv"),
    ]);
    const sides = ["-c:a", "pcm_s16le", at("sides.mov")];
    await ffmpeg([...PICTURE, ...tone(500), ...tone(600), ...ALL, ...sides]);
  });

  afterAll(async () => {
    await service.stop();
  });

  const make = async (profile_name: string, source_url: string, target_url: string) => {
    const body = { profile_name, source: { source_url }, targets: [{ target_url }] };
    return service.until(await service.create(body), hasEnded);
  };

  test("is encoded where a copy would play at a wrong pitch, and such a copy is refused", async () => {
    const made = await make("audio_m4a_320kbps", "changing.ts", "o/changing.m4a");
    expect(made.error?.detail ?? made.task_status).toBe("SUCCESS");
    const { seconds, toneAt } = await hear(at("o", "changing.m4a"));
    expect(seconds).toBeWithin(5.95, 6.15);
    expect([0.5, 2.5, 3.5, 5.5].map((second) => toneAt(second))).toEqual([500, 500, 1000, 1000]);

    const refused = await make("video_mp4_transmux", "changing.ts", "o/changing.mp4");
    expect(refused.error?.detail).toContain("its rate or channels change midway");
  });

  test("is the main one, of which is told, in its language", async () => {
    const made = await make("video_hls_adaptive", "talk.mkv", "o/talk.m3u8");
    expect(made.error?.detail ?? made.task_status).toBe("SUCCESS");
    expect(made.warnings).toEqual([
      {
        code: "stream_chosen",
        message: "Of the source stream 2 is its sound, as stream 1 is a commentary",
      },
    ]);
    const master = readFileSync(at("o", "talk.m3u8"), "utf8");
    expect(master).toContain('LANGUAGE="de"');
    const [, uri = ""] = /TYPE=AUDIO.*URI="([^"]+)"/.exec(master) ?? [];
    expect((await hear(at("o", uri))).toneAt(1)).toBe(1000);
  });

  test("of two streams is left and right in a file and a set", async () => {
    for (const [profile, target] of [
      ["audio_m4a_128kbps", "sides.m4a"],
      ["video_hls_adaptive", "sides.m3u8"],
    ] as const) {
      const made = await make(profile, "sides.mov", `o/${target}`);
      expect(made.error?.detail ?? made.task_status).toBe("SUCCESS");
      const { toneAt } = await hear(at("o", target));
      expect([toneAt(1, 0), toneAt(1, 1)]).toEqual([500, 600]);
    }
  });
});
