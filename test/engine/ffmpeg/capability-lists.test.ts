import { expect, test } from "bun:test";
import { parseCapabilities } from "../../../src/engine/ffmpeg/capability-lists.ts";

const ANSWERS = {
  ...{ version: "ffmpeg version 5.1.9", muxers: "", filters: "", protocols: "", options: "" },
  encoders: " V....D libx264    x264\n V....D libx265    x265\n V....D libsvtav1  SVT-AV1\n",
};
const FORMATS = "    Supported pixel formats: yuv420p yuvj420p";

test.each([
  ["an x265 of all depths", `${FORMATS} yuv420p10le yuv420p12le\n`, ["libx265", "libsvtav1"]],
  ["an x265 of 8 bits", `${FORMATS}\n`, ["libsvtav1"]],
  ["no x265 that answers", "Codec 'libx265' is not recognized by FFmpeg.\n", ["libsvtav1"]],
])("of %s, it is known who takes 10 bits", (_, depth, deep) => {
  expect(parseCapabilities({ ...ANSWERS, depth })?.deepEncoders).toEqual(deep);
});

test("an engine that is not asked takes 10 bits with none but those that always do", () => {
  expect(parseCapabilities(ANSWERS)?.deepEncoders).toEqual(["libsvtav1"]);
});

test.each([
  ["7.1", "  -udu_sei   <boolean> E..V.......\n  -a53cc     <boolean> E..V.......\n", ["libx265"]],
  ["5.1", "  -udu_sei   <boolean> E..V.......\n", []],
])("whether x265 writes captions is known of %s", (_, depth, encoders) => {
  expect(parseCapabilities({ ...ANSWERS, depth })?.captionEncoders).toEqual(encoders);
});
