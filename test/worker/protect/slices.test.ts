import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { avcSlices } from "../../../src/worker/protect/avc-slices.ts";
import { hevcSlices } from "../../../src/worker/protect/hevc-slices.ts";
import type { SliceReader } from "../../../src/worker/protect/slices.ts";
import { ffmpeg, tempFolder } from "../../fixtures/clips.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** A picture that moves and fades, so that weights and several references are worth their bits. */
const MOVING =
  "testsrc2=s=160x96:r=25:d=0.6,fade=in:0:8,fade=out:8:7,noise=alls=8:allf=t:all_seed=1";

/** The NAL units of a raw stream, without their start codes. */
const unitsOf = (stream: Buffer): readonly Buffer[] => {
  const starts: number[] = [];
  for (let at = stream.indexOf("000001", 0, "hex"); at >= 0; )
    at = stream.indexOf("000001", starts.push(at) && at + 3, "hex");
  return starts.map((at, index) => {
    const unit = stream.subarray(at + 3, starts[index + 1]);
    return unit.at(-1) === 0 ? unit.subarray(0, -1) : unit;
  });
};

/** How long the heads of the slices are by ffmpeg's own reader of headers, in bytes, with those that keep start codes away left out. */
const toldHeads = (trace: string): readonly number[] => {
  const heads: number[] = [];
  let isSlice = false;
  // Other threads of ffmpeg write between these lines.
  for (const [, text = ""] of trace.matchAll(/^\[trace_headers @ \w+\] (.*)/gm)) {
    const field = /^(\d+)\s+\S+\s+([01]+) = /.exec(text);
    if (/^Slice (?:Segment )?Header$/.test(text)) {
      isSlice = true;
      heads.push(0);
    } else if (!field) isSlice = false;
    else if (isSlice) heads[heads.length - 1] = Number(field[1]) + (field[2]?.length ?? 0);
  }
  return heads.map((bits) => Math.ceil(bits / 8));
};

/** The same by ours. */
const foundHeads = (
  units: readonly Buffer[],
  slices: SliceReader,
): readonly (number | undefined)[] =>
  units.flatMap((unit) => {
    slices.learn(unit);
    if (!slices.isSlice(unit)) return [];
    const head = slices.headOf(unit);
    if (head === undefined) return [undefined];
    const kept = unit.subarray(0, head).toString("latin1").split("\0\0\x03").length - 1;
    return [head - kept];
  });

const H264 = ["-c:v", "libx264", "-x264-params"];
const H265 = ["-c:v", "libx265", "-x265-params"];

describe("the heads of slices", () => {
  test.each([
    [
      "H.264 of many references",
      avcSlices,
      [...H264, "ref=6:bframes=4:b-pyramid=normal:weightp=2"],
    ],
    ["H.264 without CABAC", avcSlices, [...H264, "cabac=0:bframes=0:weightp=0:8x8dct=0"]],
    ["H.264 of fields, in four slices", avcSlices, [...H264, "tff=1:slices=4:bframes=2:weightb=1"]],
    ["H.264 of three whole planes", avcSlices, [...H264, "ref=3", "-pix_fmt", "yuv444p"]],
    ["H.264 of greys, with a matrix", avcSlices, [...H264, "cqm=jvt", "-pix_fmt", "gray"]],
    ["H.265", hevcSlices, [...H265, "log-level=error"]],
    [
      "H.265 of many references",
      hevcSlices,
      [...H265, "ref=5:bframes=4:weightb=1:open-gop=1:keyint=6:log-level=error"],
    ],
    ["H.265 in slices", hevcSlices, [...H265, "slices=3:ctu=16:weightb=1:log-level=error"]],
    ["H.265 without filters", hevcSlices, [...H265, "wpp=0:sao=0:deblock=false:log-level=error"]],
    [
      "H.265 of three whole planes, with a matrix",
      hevcSlices,
      [...H265, "scaling-list=default:log-level=error", "-pix_fmt", "yuv444p10"],
    ],
  ])("of %s end where ffmpeg says", async (_, slices, args) => {
    const isAvc = slices === avcSlices;
    const path = join(tempFolder(), isAvc ? "out.h264" : "out.h265");
    const form = args.includes("-pix_fmt") ? [] : ["-pix_fmt", "yuv420p"];
    await ffmpeg(["-f", "lavfi", "-i", MOVING, ...args, ...form, path]);
    const trace = Bun.spawnSync(
      [
        "ffmpeg",
        "-nostats",
        "-v",
        "verbose",
        "-i",
        path,
        "-c",
        "copy",
        "-bsf:v",
        "trace_headers",
        "-f",
        "null",
        "-",
      ],
      { stderr: "pipe" },
    ).stderr.toString();
    const told = toldHeads(trace);
    expect(told.length).toBeGreaterThan(10);
    expect(foundHeads(unitsOf(readFileSync(path)), slices())).toEqual([...told]);
  });
});
