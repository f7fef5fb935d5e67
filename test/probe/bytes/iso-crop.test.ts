import { describe, expect, test } from "bun:test";
import { readIsoCrop } from "../../../src/probe/bytes/iso-crop.ts";
import type { ReadAt } from "../../../src/probe/crop.ts";

function box(type: string, ...bodies: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(8);
  const body = Buffer.concat(bodies);
  head.writeUInt32BE(8 + body.length);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, body]);
}

/** The numbers of a clean aperture, in its order. */
type Numbers = readonly number[];

const clap = (numbers: Numbers): Buffer => {
  const body = Buffer.alloc(32);
  for (const [at, number] of numbers.entries()) body.writeInt32BE(number, at * 4);
  return box("clap", body);
};

/** A sample entry of 320x240, of a codec that we know nothing of. */
function entry(...boxes: readonly Buffer[]): Buffer {
  const fields = Buffer.alloc(78);
  fields.writeUInt16BE(320, 24);
  fields.writeUInt16BE(240, 26);
  return box("apch", fields, ...boxes);
}

const trak = (...entries: readonly Buffer[]): Buffer => {
  const stsd = box("stsd", Buffer.from([0, 0, 0, 0, 0, 0, 0, entries.length]), ...entries);
  const stbl = box("stbl", stsd, box("stts", Buffer.alloc(8)));
  return box("trak", box("tkhd", Buffer.alloc(84)), box("mdia", box("minf", stbl)));
};

const file = (...traks: readonly Buffer[]): Buffer =>
  Buffer.concat([
    box("ftyp", Buffer.from("isom")),
    box("moov", box("mvhd", Buffer.alloc(100)), ...traks),
    box("mdat"),
  ]);

const readerOf =
  (bytes: Buffer): ReadAt =>
  async (position, length) =>
    bytes.subarray(position, position + length);

const cropIn = (bytes: Buffer, index = 0) => readIsoCrop(readerOf(bytes), index);
const MIDDLE: Numbers = [240, 1, 180, 1, 0, 1, 0, 1];
const EDGES = { left: 40, right: 40, top: 30, bottom: 30 };

describe("readIsoCrop", () => {
  test("finds the clean aperture among the boxes of a sample entry", async () => {
    const pasp = box("pasp", Buffer.alloc(8));
    expect(await cropIn(file(trak(entry(pasp, clap(MIDDLE)))))).toEqual({ crop: EDGES });
  });

  test("goes by the place of the track", async () => {
    const bytes = file(trak(entry()), trak(entry(clap(MIDDLE))));
    expect(await cropIn(bytes, 0)).toBeUndefined();
    expect((await cropIn(bytes, 1))?.crop).toEqual(EDGES);
    expect(await cropIn(bytes, 2)).toBeUndefined();
  });

  test("takes none from the entry behind", async () => {
    expect(await cropIn(file(trak(entry(), entry(clap(MIDDLE)))))).toBeUndefined();
  });

  test("finds an index behind media of more than 4 GB without reading it", async () => {
    const media = Buffer.from("000000016d64617400000002000000ff", "hex");
    const moov = file(trak(entry(clap(MIDDLE))));
    const read: ReadAt = async (at, length) =>
      at === 0
        ? media.subarray(0, length)
        : at < 0x2000000ff
          ? Buffer.alloc(0)
          : readerOf(moov)(at - 0x2000000ff, length);
    expect((await readIsoCrop(read, 0))?.crop).toEqual(EDGES);
  });

  // What FFmpeg 7.1 and 9.0 give as side data of the same boxes.
  test.each([
    [
      [241, 1, 180, 1, 0, 1, 0, 1],
      [39, 40, 30, 30],
    ],
    [
      [241, 1, 181, 1, 1, 2, 1, 2],
      [40, 39, 30, 29],
    ],
    [
      [240, 1, 180, 1, -20, 1, 10, 1],
      [20, 60, 40, 20],
    ],
    [
      [240, 1, 180, 1, 40, 1, 0, 1],
      [80, 0, 30, 30],
    ],
    [
      [2405, 10, 1805, 10, 0, 1, 0, 1],
      [39, 40, 29, 30],
    ],
    [
      [240, 1, 180, 1, -1, 2, -1, 2],
      [39, 41, 29, 31],
    ],
    [
      [319, 1, 240, 1, -1, 2, 0, 1],
      [0, 1, 0, 0],
    ],
    [
      [703, 3, 180, 1, 0, 1, 0, 1],
      [42, 43, 30, 30],
    ],
    [
      [722, 3, 240, 1, 1, 3, 0, 1],
      [40, 40, 0, 0],
    ],
    [
      [320, 1, 240, 1, 0, 1, 0, 1],
      [0, 0, 0, 0],
    ],
  ] as const)("cuts an aperture of %j to whole pixels", async (numbers, edges) => {
    const crop = (await cropIn(file(trak(entry(clap(numbers))))))?.crop;
    expect([crop?.left, crop?.right, crop?.top, crop?.bottom]).toEqual([...edges]);
  });

  test.each([
    ["wider than the picture", [321, 1, 240, 1, 0, 1, 0, 1]],
    ["of no width", [0, 1, 180, 1, 0, 1, 0, 1]],
    ["divided by nothing", [240, 0, 180, 1, 0, 1, 0, 1]],
    ["whose place is divided by nothing", [240, 1, 180, 1, 0, 1, 0, 0]],
    ["beyond the left", [240, 1, 180, 1, -41, 1, 0, 1]],
    ["beyond the bottom", [240, 1, 180, 1, 0, 1, 31, 1]],
  ] as const)("gives nothing of an aperture %s", async (_, numbers) => {
    expect(await cropIn(file(trak(entry(clap(numbers)))))).toBeUndefined();
  });

  const whole = file(trak(entry(clap(MIDDLE))));
  test.each([
    ["nothing", Buffer.alloc(0)],
    ["a sample entry that is cut off", whole.subarray(0, whole.indexOf("apch") - 2)],
    ["zeros", Buffer.alloc(100)],
    ["boxes of no length", Buffer.from("00000004moov")],
    ["an index that is cut off", whole.subarray(0, -30)],
    ["fragments alone", Buffer.concat(Array(300).fill(box("moof")))],
  ])("gives nothing of %s", async (_, bytes) => {
    expect(await cropIn(bytes)).toBeUndefined();
  });
});
