import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { clip } from "../fixtures/clips.ts";
import { makeProducts, profileOf } from "../fixtures/made-products.ts";
import { aCustomVideo } from "../plan/builders.ts";

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

  test("of HEVC and AAC in MPEG-TS is pieces of MP4", async () => {
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
