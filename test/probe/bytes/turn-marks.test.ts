import { describe, expect, test } from "bun:test";
import { hasTurnMark, mayTurnItself } from "../../../src/probe/bytes/turn-marks.ts";
import { aMediaWithVideo } from "../../plan/builders.ts";

/** What x264 says of itself, in front. */
const OWN = [5, 255, 45, ...Array(300).fill(65)];
/** By a quarter to the left, once. */
const TURN = [47, 3, 8, 0, 9];
const END = 0x80;
const SLICE = [0x65, ...Array(40).fill(0x2f)];

const byStart = (...units: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from(units.flatMap((unit) => [0, 0, 0, 1, ...unit]));

const byLength = (...units: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from(
    [7, 7, 7].concat(units.flatMap((unit) => [0, 0, unit.length >> 8, unit.length & 255, ...unit])),
  );

const isMarked = (codec: string, format: string, bytes: Uint8Array): boolean =>
  hasTurnMark({ ...aMediaWithVideo({ codec }), format }, bytes);

/** In packets of 188 bytes, those of a sound between them. */
function transported(bytes: Uint8Array): Uint8Array {
  const pes = Uint8Array.from([0, 0, 1, 0xe0, 0, 0, 0x80, 0, 0, ...bytes]);
  const packets: number[] = [];
  for (let at = 0; at < pes.length; at += 180) {
    const part = [...pes.subarray(at, at + 180)];
    const rest = 184 - part.length - 1;
    packets.push(0x47, at === 0 ? 0x41 : 1, 0, 0x30, rest, ...Array(rest).fill(0), ...part);
    packets.push(0x47, 1, 1, 0x10, ...Array(184).fill(47));
  }
  return Uint8Array.from(packets);
}

describe("hasTurnMark", () => {
  test.each([
    ["h264", "h264", byStart([6, ...TURN, END], SLICE)],
    ["h264", "avi", byStart([9, 16], [6, ...OWN, ...TURN, END], SLICE)],
    ["h264", "mpegts", transported(byStart([6, ...OWN, ...TURN, END], SLICE))],
    ["h264", "mov,mp4", byLength([6, ...OWN, END], [6, ...TURN, END], SLICE)],
    ["h264", "matroska,webm", byLength([6, ...OWN, ...TURN, END], SLICE)],
    ["h264", "flv", byLength([6, 1, 4, 0, 0, 3, 0, 1, ...TURN, END], SLICE)],
    ["hevc", "hevc", byStart([0x4e, 1, ...TURN, END], SLICE)],
    ["hevc", "mov,mp4", byLength([0x4e, 1, ...OWN, ...TURN, END], SLICE)],
  ])("sees the message in the %s of a %s", (codec, format, bytes) => {
    expect(isMarked(codec, format, bytes)).toBe(true);
  });

  test.each([
    ["other messages", "h264", "h264", byStart([6, ...OWN, END], SLICE)],
    ["its number within another", "h264", "avi", byStart([6, 5, 5, ...TURN, END], SLICE)],
    ["a message that is too long", "h264", "avi", byStart([6, 47, 200, 1, END], SLICE)],
    ["a unit that is not whole", "h264", "flv", byLength([6, ...TURN, END]).subarray(0, 10)],
    ["a unit too long to be one", "h264", "flv", byLength([6, ...Array(5000).fill(0), ...TURN])],
    ["start codes where lengths stand", "h264", "mov", byStart([6, ...TURN, END], SLICE)],
    ["a unit whose length is not there", "h264", "mov", Uint8Array.from([6, ...TURN, END])],
    ["another codec", "mpeg2video", "mpeg", byStart([6, ...TURN, END])],
    ["nothing", "h264", "mpegts", new Uint8Array()],
  ])("sees none in %s", (_, codec, format, bytes) => {
    expect(isMarked(codec, format, bytes)).toBe(false);
  });

  test("is asked of H.264 and HEVC alone", () => {
    const codecs = ["h264", "hevc", "vp9"];
    const asked = codecs.map((codec) => mayTurnItself(aMediaWithVideo({ codec })));
    expect(asked).toEqual([true, true, false]);
  });
});
