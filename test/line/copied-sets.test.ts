import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { clip, ffmpeg, tempFolder } from "../fixtures/clips.ts";
import { makeProducts, profileOf } from "../fixtures/made-products.ts";
import { aCustomVideo, anAudio } from "../plan/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const SMALL = aCustomVideo({ width: 160, height: 90, effort: "highPerformance" });

describe("a set with streams copied out of another container", () => {
  test.each([
    ["ts", "aac", "cmaf"],
    ["ts", "aac", "dash"],
    ["ts", "libmp3lame", "dash"],
    ["ts", "ac3", "cmaf"],
    ["ts", "eac3", "dash"],
    ["avi", "libmp3lame", "dash"],
    ["flv", "aac", "cmaf"],
    ["mkv", "libopus", "dash"],
  ] as const)("of %s keeps its %s in %s", async (container, audio, written) => {
    const path = await clip({ container, audio, seconds: 2, args: ["-ac", "2", "-g", "25"] });
    const rendition = { container: written, video: SMALL, audio: "copy" } as const;
    const { verified } = await makeProducts(path, profileOf(rendition));
    expect(verified[0]?.output).toMatchObject({
      audio: { codec: audio.replace("lib", "").replace("lame", "") },
    });
  });

  test.each(["video_dash_transmux", "video_hls_adaptive"])(
    "%s of MPEG-TS is made of it as it is",
    async (name) => {
      const args = ["-g", "25", "-ac", "2", "-b:a", "96k"];
      const path = await clip({ container: "ts", seconds: 2, args });
      const { verified } = await makeProducts(path, name);
      expect(verified[0]?.output.audio?.codec).toBe("aac");
    },
  );

  test("of HEVC and AAC in MPEG-TS is segments of MP4", async () => {
    const args = ["-g", "25", "-x265-params", "log-level=none"];
    const path = await clip({ container: "ts", video: "libx265", seconds: 2, args });
    const rendition = { container: "m3u8", video: "copy", audio: "copy" } as const;
    const { verified } = await makeProducts(path, profileOf(rendition));
    expect(verified[0]?.output).toMatchObject({
      video: { codec: "hevc" },
      audio: { codec: "aac" },
    });
  });
});

describe("an HLS set of MPEG-TS", () => {
  /** Of as many packets as its source, and as long: what the verification holds a copy against. */
  const copy = { container: "m3u8", video: "none", audio: "copy" } as const;

  test.each([
    ["ts", "aac"],
    ["m4a", "aac"],
    ["mp3", "libmp3lame"],
    ["ac3", "ac3"],
  ])("of sound alone is a copy of it, out of %s", async (container, audio) => {
    const path = await clip({ container, video: false, audio, seconds: 14 });
    const { verified } = await makeProducts(path, profileOf(copy));
    expect(verified[0]?.output.durationSeconds).toBeCloseTo(14, 0);
  });

  test("audio_hls_128kbps takes sound that is as asked for", async () => {
    const args = ["-ac", "2", "-b:a", "96k"];
    const path = await clip({ container: "m4a", video: false, seconds: 8, args });
    const { verified } = await makeProducts(path, "audio_hls_128kbps");
    expect(verified[0]?.output.durationSeconds).toBeCloseTo(8, 0);
  });

  test.each(["copy", "encode"] as const)("takes sound that starts late: %s", async (how) => {
    const sound = ["-f", "lavfi", "-itsoffset", "1.5", "-i", "sine=duration=6.5:sample_rate=48000"];
    const picture = ["-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=8"];
    const path = join(tempFolder(), "late.mp4");
    await ffmpeg([...picture, ...sound, "-preset", "ultrafast", "-g", "25", "-c:a", "aac", path]);
    const rendition = { container: "m3u8", video: SMALL, audio: "copy" } as const;
    const audio = how === "copy" ? how : anAudio({ bitrateBps: 64_000 });
    for (const video of [SMALL, "copy"] as const) {
      const { verified } = await makeProducts(path, profileOf({ ...rendition, video, audio }));
      expect(verified[0]?.output.durationSeconds).toBeCloseTo(8, 0);
    }
  });
});
