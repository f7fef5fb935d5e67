import { describe, expect, test } from "bun:test";
import type { PlannedOutput } from "../../../src/plan/plan.ts";
import type { VideoStream } from "../../../src/probe/media.ts";
import { describeOutput } from "../../../src/worker/output/describe-output.ts";
import { anAudioStream, aVideoStream } from "../../plan/builders.ts";

const product = { container: "mp4" } as PlannedOutput;

const aVideo = (change: Partial<VideoStream> = {}): VideoStream =>
  aVideoStream({
    ...{ width: 1280, height: 720, framerate: { num: 30000, den: 1001 }, bitrateBps: 1_600_000 },
    ...change,
  });

describe("describeOutput", () => {
  test("tells size, duration, rates and streams", () => {
    const audio = anAudioStream({ bitrateBps: 128_000 });
    const media = { durationSeconds: 10, video: aVideo(), audio };
    expect(describeOutput(product, media, 2_160_000)).toEqual({
      sizeBytes: 2_160_000,
      durationSeconds: 10,
      container: "mp4",
      bitrateBps: 1_728_000,
      video: { codec: "h264", width: 1280, height: 720, framerate: 29.97, bitrateBps: 1_600_000 },
      audio: { codec: "aac", channels: 2, samplerateHz: 48000, bitrateBps: 128000 },
    });
  });

  test("turns the size of a picture that players turn", () => {
    const media = { durationSeconds: 1, video: aVideo({ rotation: 90 }) };
    expect(describeOutput(product, media, 1).video).toMatchObject({ width: 720, height: 1280 });
  });

  test("takes the duration of a stream where the file tells none", () => {
    const media = { video: aVideo({ durationSeconds: 4 }) };
    expect(describeOutput(product, media, 1000)).toMatchObject({
      durationSeconds: 4,
      bitrateBps: 2000,
    });
  });
});
