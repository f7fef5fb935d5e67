import { expect, test } from "bun:test";
import { encodedVideo } from "../../../src/plan/args/video.ts";
import { encodingBy } from "../../../src/plan/encode/engine/lean-x264.ts";
import type { VideoEncode } from "../../../src/profile/profile.ts";
import { aCapabilities, aVideo, aVideoStream } from "../builders.ts";

const paramsOn = (engine: "native" | "wasm", encode: VideoEncode): string | undefined => {
  const encoding = encodingBy(aCapabilities({ engine }), encode, aVideoStream());
  const { options } = encodedVideo(encoding, "0:0");
  return options?.find(([name]) => name === "x264-params")?.[1];
};

test("x264 without assembly is spared SATD", () => {
  expect(paramsOn("wasm", aVideo())).toBe(
    "subme=1:me=dia:trellis=1:b-adapt=0:bframes=2:rc-lookahead=20",
  );
});

test("x264 with assembly is as it was", () => {
  expect(paramsOn("native", aVideo())).toBeUndefined();
});

test.each([
  [{ effort: "highQuality" }, undefined],
  [{ effort: "highPerformance" }, undefined],
  [{ rateMode: "2passvbr" }, undefined],
  [{ lowLatency: true }, undefined],
  [{ bFrames: 0 }, undefined],
  [{ quality: 60 }, undefined],
  [{ encoderOptions: { "aq-mode": "3" } }, "aq-mode=3"],
] as const)("what was not measured stays as it is: %j", (fields, expected) => {
  expect(paramsOn("wasm", aVideo(fields as Partial<VideoEncode>))).toBe(expected);
});
