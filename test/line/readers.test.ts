import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { AudioCodec, VideoCodec } from "../../src/profile/codecs.ts";
import type { Container } from "../../src/profile/containers.ts";
import { clip } from "../fixtures/clips.ts";
import { makeProducts, profileOf } from "../fixtures/made-products.ts";
import { aCustomVideo, anAudio } from "../plan/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const run = promisify(execFile);
const SECONDS = 3;

/** What another reader than FFmpeg finds in a file: how long it is, and its streams in its own words. */
type Found = { readonly seconds: number; readonly streams: readonly string[] };

async function discover(path: string): Promise<Found> {
  const { stdout } = await run("gst-discoverer-1.0", ["-v", path]);
  expect(stdout).not.toMatch(/Missing plugins|error|corrupt/i);
  const [, hours, minutes, seconds] = /Duration: (\d+):(\d+):([\d.]+)/.exec(stdout) ?? [];
  return {
    seconds: (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds),
    streams: [...stdout.matchAll(/^ +(video|audio) #\d+: /gm)].map(([, kind = ""]) => kind).sort(),
  };
}

async function askMediaInfo(path: string): Promise<Found> {
  const { stdout } = await run("mediainfo", ["--Output=JSON", path]);
  const { media } = JSON.parse(stdout) as {
    media: { track: Record<string, string>[] };
  };
  const [general = {}, ...tracks] = media.track;
  expect(general["IsTruncated"]).toBeUndefined();
  const kinds = tracks.map((track) => (track["@type"] ?? "").toLowerCase());
  return {
    seconds: Number(general["Duration"]),
    streams: kinds.filter((kind) => kind === "video" || kind === "audio").sort(),
  };
}

describe("a file that was made, read by others", () => {
  test.each([
    ["mp4", "h264", "aac"],
    ["mp4", "h265", "aac"],
    ["mov", "h264", "aac"],
    ["mkv", "h264", "aac"],
    ["webm", "vp9", "opus"],
    ["flv", "h264", "aac"],
    ["mpegts", "h264", "aac"],
    ["mp3", "none", "mp3"],
    ["m4a", "none", "aac"],
    ["ogg", "none", "opus"],
  ] as const satisfies readonly (readonly [Container, VideoCodec | "none", AudioCodec])[])(
    "%s of %s and %s is whole for GStreamer and MediaInfo",
    async (container, codec, sound) => {
      const size = { width: 160, height: 90, bitrateBps: 200_000 };
      const video =
        codec === "none" ? codec : aCustomVideo({ ...size, codec, effort: "highPerformance" });
      const audio = anAudio({ codec: sound, bitrateBps: 64_000 });
      const path = await clip({ seconds: SECONDS, width: 160, height: 90 });
      const { verified } = await makeProducts(path, profileOf({ container, video, audio }));
      const streams = video === "none" ? ["audio"] : ["audio", "video"];
      for (const found of [
        await discover(verified[0]?.finished.entry ?? ""),
        await askMediaInfo(verified[0]?.finished.entry ?? ""),
      ]) {
        expect(found.streams).toEqual(streams);
        expect(Math.abs(found.seconds - SECONDS)).toBeLessThan(0.15);
      }
    },
  );
});
