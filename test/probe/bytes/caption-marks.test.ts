import { describe, expect, test } from "bun:test";
import { captionReaderOf } from "../../../src/probe/bytes/caption-marks.ts";

const A = [0xfc, 0x41, 0x42];
const PADDING = [0xfc, 0x80, 0x80];
const NONE = [0xf8, 0x41, 0x42];
const DTVCC = [0xff, 0x02, 0x21];
const START = [0, 0, 1];
const GA94 = [0x47, 0x41, 0x39, 0x34, 3];

/** `cc_data` of the ATSC. */
const atsc = (pairs: readonly (readonly number[])[]) => [
  ...[...GA94, 0x40 | pairs.length, 0xff],
  ...[...pairs.flat(), 0xff],
];
const times = (count: number, pair = A) => Array.from({ length: count }, () => pair);

/** A unit of H.264's or HEVC's side information. */
const sei = (pairs: readonly (readonly number[])[], head: readonly number[] = [6]) => {
  const data = [0xb5, 0, 0x31, ...atsc(pairs)];
  return [...head, 4, data.length, ...data, 0x80];
};
const HEVC = [0x4e, 1];
const started = (...units: readonly (readonly number[])[]) =>
  units.flatMap((unit) => [...START, ...unit]);
const measured = (...units: readonly (readonly number[])[]) =>
  units.flatMap((unit) => [0, 0, unit.length >> 8, unit.length & 0xff, ...unit]);
const SLICE = [0x65, 0x88, 0x84];
const HEVC_SLICE = [0x26, 1, 0xaf];

const look = (codec: string, demuxer: string, ...pieces: readonly (readonly number[])[]) => {
  const reader = captionReaderOf({ codec }, demuxer);
  for (const piece of pieces) reader?.see(Uint8Array.from(piece));
  return reader?.facts();
};

const BUNDLED = { hasCaptions: true, areCaptionsBundled: true } as const;
const FITTING = { hasCaptions: true } as const;

describe("captionReaderOf", () => {
  test.each([
    ["h264", "h264", started(sei([A]), SLICE)],
    ["h264", "mxf", started(sei([DTVCC]), SLICE)],
    ["h264", "mov", measured(sei([PADDING, A]), SLICE)],
    ["hevc", "matroska", measured(sei([A], HEVC), HEVC_SLICE)],
    ["av1", "ivf", [0xb5, 0, 0x31, ...atsc([A])]],
    ["mpeg2video", "mpeg", [...START, 0xb2, ...atsc([A]), ...START, 1]],
    ["mpeg2video", "mpeg", [...START, 0xb2, 0x43, 0x43, 1, 0xf8, 2, 0xff, 1, 2, 0xfe, 3, 4]],
    ["mpeg2video", "mpeg", [...START, 0xb2, 3, 0x81, 2 << 3, 1, 2, 3]],
  ] as const)("sees captions in %s of %s", (codec, demuxer, bytes) => {
    expect(look(codec, demuxer, bytes)).toEqual(FITTING);
  });

  test.each([
    ["padding alone", started(sei([PADDING, NONE]), SLICE)],
    ["a mark of another kind", started([6, 4, 9, 0xb5, 0, 0x31, 0x47, 0x41, 0x39, 0x34, 6], SLICE)],
    ["the mark in other bytes", [...atsc([A])]],
  ])("sees none in %s", (_, bytes) => {
    expect(look("h264", "h264", bytes)).toEqual({});
  });

  test.each([
    ["h264", "h264", started, SLICE, [6]],
    ["h264", "flv", measured, SLICE, [6]],
    ["hevc", "hevc", started, HEVC_SLICE, HEVC],
    ["hevc", "mov", measured, HEVC_SLICE, HEVC],
  ] as const)(
    "adds up what comes before one picture of %s in %s, and no more",
    (codec, demuxer, join, slice, head) => {
      const half = sei(times(16), head);
      expect(look(codec, demuxer, join(half, half, slice))).toEqual(BUNDLED);
      expect(look(codec, demuxer, join(half, slice, half, slice))).toEqual(FITTING);
      expect(look(codec, demuxer, join(half, slice), join(half, slice))).toEqual(FITTING);
    },
  );

  test("adds up several messages of one unit", () => {
    const data = [0xb5, 0, 0x31, ...atsc(times(20))];
    const other = [1, 2, 9, 9];
    const unit = [6, 4, data.length, ...data, 4, data.length, ...data, 0x80];
    expect(look("h264", "mov", measured(unit, SLICE))).toEqual(BUNDLED);
    const later = [6, ...other, ...unit.slice(1)];
    expect(look("h264", "mov", measured(later, SLICE))).toEqual(BUNDLED);
  });

  test("adds up those of one picture of MPEG-2, and those of a DVD's group", () => {
    const user = [...START, 0xb2, ...atsc(times(16))];
    const picture = [...START, 0, 0, ...user];
    const slice = [...START, 1, 9];
    expect(look("mpeg2video", "mpeg", [...picture, ...user, ...slice])).toEqual(BUNDLED);
    expect(look("mpeg2video", "mpeg", [...picture, ...slice, ...picture, ...slice])).toEqual(
      FITTING,
    );
    const dvd = [...START, 0xb2, 0x43, 0x43, 1, 0xf8, 0x80 | (18 << 1), 0xff, 1, 2];
    expect(look("mpeg2video", "mpeg", dvd)).toEqual(BUNDLED);
  });

  test("looks through the packets of MPEG-TS, wherever a piece begins", () => {
    const packet = (begins: boolean, payload: readonly number[], pid = 0x100) => {
      const stuffing = 184 - payload.length - 2;
      const adapted = [stuffing + 1, 0, ...Array.from({ length: stuffing }, () => 0xff)];
      const flags = [(begins ? 0x40 : 0) | (pid >> 8), pid & 0xff, 0x30];
      return [0x47, ...flags, ...adapted.slice(0, 184 - payload.length), ...payload];
    };
    const frame = [...START, 0xe0, 0, 0, 0x80, 0, 0, ...started(sei(times(20)), SLICE)];
    // Within the mark.
    const cut = frame.indexOf(0x47) + 2;
    const sent = [
      ...packet(true, frame.slice(0, cut)),
      ...packet(true, [...START, 0xc0, 1, 2], 0x101),
      ...packet(false, frame.slice(cut)),
    ];
    expect(sent).toHaveLength(3 * 188);
    expect(look("h264", "mpegts", [9, 9, ...sent, ...sent])).toEqual(FITTING);
    expect(look("h264", "mpegts", sent.slice(0, 188))).toEqual({});
    // Of another programme.
    const reader = captionReaderOf({ codec: "h264", pid: 0x200 }, "mpegts");
    reader?.see(Uint8Array.from(sent));
    expect(reader?.facts()).toEqual({});
  });

  test("knows no captions of other codecs", () => {
    expect(captionReaderOf({ codec: "vp9" }, "matroska")).toBeUndefined();
  });
});
