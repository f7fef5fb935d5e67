import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { judgeSource, readSource } from "../../src/probe/judge-source.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";
import { anAudioStream, aVideoStream } from "../plan/builders.ts";

const PIXELS_MAX = 320 * 180;

const recorded = (name: string): unknown =>
  JSON.parse(readFileSync(`${import.meta.dir}/fixtures/${name}.json`, "utf8"));

const video = aVideoStream({ width: 320, height: 180 });
const audio = anAudioStream();
const good = { durationSeconds: 1, video, audio };

/** A source whose picture begins so much later than its sound. */
const late = (seconds: number, durationSeconds: number) => ({
  durationSeconds,
  video: { ...video, startSeconds: Math.max(0, seconds) },
  audio: { ...audio, startSeconds: Math.max(0, -seconds) },
});

const failing = (judge: () => unknown) => taskErrorOf((async () => judge())());

describe("judgeSource", () => {
  test.each([
    ["video and audio", good],
    ["video alone", { durationSeconds: 1, video }],
    ["audio alone", { durationSeconds: 1, audio }],
    ["no known duration", { video, audio }],
    ["a picture that comes late in a long file", late(3_000, 3_000)],
    ["a picture that comes a little later than its header says that it ends", late(601, 1)],
  ] as const)("takes %s", (_, media) => {
    expect(() => judgeSource(media, PIXELS_MAX)).not.toThrow();
  });

  test.each([
    ["no stream", { durationSeconds: 1 }, "source_damaged"],
    ["a still", { ...good, video: { ...video, isStill: true } }, "input_not_supported"],
    ["a duration of zero", { ...good, durationSeconds: 0 }, "source_damaged"],
    ["no width", { ...good, video: { ...video, width: 0 } }, "source_damaged"],
    ["no height", { ...good, video: { ...video, height: 0 } }, "source_damaged"],
    ["an unknown video", { ...good, video: { ...video, codec: "unknown" } }, "input_not_supported"],
    ["an unknown audio", { ...good, audio: { ...audio, codec: "unknown" } }, "input_not_supported"],
    ["a picture days after its sound", late(4_282_384, 1), "source_damaged"],
    ["a sound days after its picture", late(-4_282_384, 1), "source_damaged"],
    ["a pixel too many", { ...good, video: { ...video, width: 321 } }, "picture_too_large"],
  ] as const)("refuses %s", async (_, media, code) => {
    expect((await failing(() => judgeSource(media, PIXELS_MAX))).code).toBe(code);
  });
});

describe("readSource", () => {
  test("gives what a good source holds", () => {
    expect(readSource(recorded("mp4"), "", PIXELS_MAX).video?.frames).toBe(25);
  });

  test.each([
    ["an empty file", "empty", "", "source_not_media"],
    ["a file without streams", "zero", "", "source_damaged"],
    ["an encrypted file", "encrypted", "", "input_not_supported"],
    ["an unknown codec", "unknown-codec", "", "input_not_supported"],
    [
      "a picture above ffmpeg's own limit that its container denies",
      "mp4",
      "[mjpeg @ 0x1] [IMGUTILS @ 0x2] Picture size 20000x20000 is invalid",
      "picture_too_large",
    ],
  ] as const)("refuses %s", async (_, name, stderr, code) => {
    expect((await failing(() => readSource(recorded(name), stderr, PIXELS_MAX))).code).toBe(code);
  });

  test.each([
    [-2, "", "source_missing"],
    [-13, "", "source_missing"],
    [-20, "", "source_missing"],
    [-21, "", "source_missing"],
    [-5, "", "source_unreachable"],
    [-12, "", "encoder_killed"],
    [-22, "", "source_not_media"],
    [-22, "[hls @ 0x1] Format not on whitelist 'mov'", "input_not_supported"],
    [
      -1094995529,
      "Not detecting m3u8/hls with non standard extension and non standard mime type",
      "input_not_supported",
    ],
    [-22, "[mov @ 0x1] Protocol 'http' not on whitelist 'file'!", "input_not_supported"],
    [-1094995529, "", "source_not_media"],
    [-1163346256, "", "input_not_supported"],
    [-5, "Truncating packet of size 82 to 69", "source_not_media"],
    // Four letters, the lowest byte first: `EOF `, and a decoder and a demuxer that are not found.
    [-541478725, "", "source_not_media"],
    [-1128613112, "", "input_not_supported"],
    [-1296385272, "", "input_not_supported"],
    [-1, "", "source_missing"],
    [-34, "", "source_not_media"],
    [-99, "", "source_not_media"],
    [-1094995529, "Not detecting m3u8/hls with non standard extension", "input_not_supported"],
  ] as const)("judges ffprobe's error %d with the complaint %p", async (number, stderr, code) => {
    const json = { error: { code: number, string: "" } };
    expect((await failing(() => readSource(json, stderr, PIXELS_MAX))).code).toBe(code);
  });

  test.each([-111, -110, -541478725])(
    "takes the error %d, which no table has, for a live stream that does not come",
    async (number) => {
      const json = { error: { code: number, string: "" } };
      const read = () => readSource(json, "", PIXELS_MAX, "source_unreachable");
      expect((await failing(read)).code).toBe("source_unreachable");
    },
  );

  test("judges what ffprobe broke off, by its complaint", async () => {
    const stderr = "[h264 @ 0x1] [IMGUTILS @ 0x2] Picture size 320x180 exceeds specified max pixel";
    const error = await failing(() => readSource(undefined, stderr, PIXELS_MAX));
    expect(error.code).toBe("picture_too_large");
    expect(error.message).toContain("320x180");
    expect((await failing(() => readSource(undefined, "", PIXELS_MAX))).code).toBe(
      "source_not_media",
    );
  });
});
