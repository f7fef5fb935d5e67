import { describe, expect, test } from "bun:test";
import { lacksParameterSets } from "../../../src/probe/bytes/segment-start.ts";

const PICTURE = 0x100;
const HEADER = [0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 1, 0x21];

/** A packet of MPEG-TS, filled up in front as an adaptation field is. */
function packet(stream: number, isStart: boolean, payload: readonly number[]): Buffer {
  const filled = 184 - payload.length;
  const field = filled === 0 ? [] : [filled - 1, ...Array(filled - 1).fill(0xff)];
  const flags = (isStart ? 0x40 : 0) | (stream >> 8);
  const control = filled === 0 ? 0x10 : 0x30;
  return Buffer.from([0x47, flags, stream & 0xff, control, ...field, ...payload]);
}

const unit = (kind: number): readonly number[] => [0, 0, 1, 0x60 | kind, 1, 2, 3];
const table = packet(0, true, [0, 0, 0xb0]);
const picture = (...kinds: readonly number[]) =>
  packet(PICTURE, true, [...HEADER, ...kinds.flatMap(unit)]);
const lacks = (...packets: readonly Buffer[]) => lacksParameterSets(Buffer.concat(packets));

describe("lacksParameterSets", () => {
  test.each([
    ["has them before its slices", false, [picture(9, 7, 8, 6, 5)]],
    ["has slices alone", true, [picture(9, 6, 1)]],
    ["has them in its second packet", false, [picture(9), packet(PICTURE, false, unit(7))]],
    ["has none behind a longer first packet", true, [picture(9), packet(PICTURE, false, unit(5))]],
    ["comes after a sound", true, [packet(0x101, true, [0, 0, 1, 0xc0]), picture(5)]],
    ["holds no slice, before one that lacks them", false, [picture(9), picture(5)]],
    ["has them with the second picture", true, [picture(1), picture(7, 8, 5)]],
  ])("tells of a first picture that %s: %p", (_, is, packets) => {
    expect(lacks(table, ...packets)).toBe(is);
  });

  test("takes no start of a PES packet for a slice", () => {
    const other = HEADER.with(3, 0xe1);
    expect(lacks(packet(PICTURE, true, [...other, ...unit(7), ...unit(5)]))).toBe(false);
  });

  test("says nothing of what holds no picture, or is no MPEG-TS", () => {
    expect(lacks(table)).toBe(false);
    expect(lacks(Buffer.alloc(376))).toBe(false);
  });
});
