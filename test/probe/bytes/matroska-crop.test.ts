import { describe, expect, test } from "bun:test";
import { readMatroskaCrop } from "../../../src/probe/bytes/matroska-crop.ts";
import type { ReadAt } from "../../../src/probe/crop.ts";

/** An element of EBML, its size in so many bytes. */
function element(id: string, body: Buffer | number, sizeBytes = 1): Buffer {
  const content = typeof body === "number" ? Buffer.from([body >> 8, body & 0xff]) : body;
  const size = Buffer.alloc(sizeBytes);
  size.writeUIntBE(content.length, Math.max(0, sizeBytes - 4), Math.min(4, sizeBytes));
  size[0] = (size[0] ?? 0) | (0x80 >> (sizeBytes - 1));
  return Buffer.concat([Buffer.from(id, "hex"), size, content]);
}

const track = (type: number, video: readonly Buffer[] = [], sizeBytes = 1): Buffer => {
  const parts = [element("83", Buffer.from([type]))];
  if (video.length > 0) parts.push(element("e0", Buffer.concat(video)));
  return element("ae", Buffer.concat(parts), sizeBytes);
};

const tracks = (...all: readonly Buffer[]): Buffer => element("1654ae6b", Buffer.concat(all), 2);
const SIZE = [element("b0", 320), element("ba", 240)];
const LEFT = [...SIZE, element("54cc", 80)];
const HEADER = element("1a45dfa3", Buffer.from("4286810142f78101", "hex"));
const VOID = element("ec", Buffer.alloc(300), 2);
const CLUSTER = element("1f43b675", Buffer.alloc(500), 2);
const segment = (...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([HEADER, element("18538067", Buffer.concat(parts), 8)]);

function readerOf(bytes: Buffer): { read: ReadAt; places: number[] } {
  const places: number[] = [];
  const read: ReadAt = async (position, length) => {
    places.push(position);
    return bytes.subarray(position, position + length);
  };
  return { read, places };
}

const cropIn = (bytes: Buffer, index = 0) => readMatroskaCrop(readerOf(bytes).read, index);

const LEFT_CROP = { left: 80, right: 0, top: 0, bottom: 0 };

describe("readMatroskaCrop", () => {
  test("finds what is cut off at each side", async () => {
    const all = [
      ...[element("54aa", 2), element("54bb", 4), element("54cc", 6), element("54dd", 300)],
    ];
    const file = segment(VOID, tracks(track(1, [...SIZE, ...all])), CLUSTER);
    expect(await cropIn(file)).toEqual({ crop: { bottom: 2, top: 4, left: 6, right: 300 } });
  });

  test("counts the tracks that are streams, however their sizes are written", async () => {
    const file = segment(tracks(track(2), track(18), track(17, [], 8), track(1, LEFT, 8)));
    expect((await cropIn(file, 2))?.crop).toEqual(LEFT_CROP);
    expect(await cropIn(file, 1)).toBeUndefined();
    expect(await cropIn(file, 3)).toBeUndefined();
  });

  test("finds the tracks of a segment whose size is not known", async () => {
    const head = Buffer.from("1853806701ffffffffffffff", "hex");
    const file = Buffer.concat([HEADER, head, tracks(track(1, LEFT)), CLUSTER]);
    expect((await cropIn(file))?.crop).toEqual(LEFT_CROP);
  });

  test("finds tracks behind the clusters by the list of places", async () => {
    const place = (at: number) => [
      element("53ab", Buffer.from("1654ae6b", "hex")),
      element("53ac", at),
    ];
    const list = (at: number) => element("114d9b74", element("4dbb", Buffer.concat(place(at))));
    const at = list(0).length + CLUSTER.length;
    expect((await cropIn(segment(list(at), CLUSTER, tracks(track(1, LEFT)))))?.crop).toEqual(
      LEFT_CROP,
    );
    expect(await cropIn(segment(list(at + 1), CLUSTER, tracks(track(1, LEFT))))).toBeUndefined();
  });

  test.each([
    ["nothing", [], undefined],
    ["both sides", [element("54b0", 240), element("54ba", 240)], { num: 76_800, den: 57_600 }],
    ["its width", [element("54b0", 240)], { num: 320, den: 240 }],
    ["its height", [element("54ba", 240)], { num: 240, den: 240 }],
    ["a size in no unit", [element("54b0", 4), element("54b2", 4)], undefined],
  ])("says how wide the pixels are where %s is told", async (_, display, widened) => {
    const told = await cropIn(segment(tracks(track(1, [...LEFT, ...display]))));
    expect(told?.widened).toEqual(widened);
  });

  test.each([
    [999, LEFT_CROP],
    [1000, undefined],
  ])("knows of 1000 tracks at most: the one behind %d others", async (others, crop) => {
    const file = segment(tracks(...Array(others).fill(track(2)), track(1, LEFT)));
    expect((await cropIn(file, others))?.crop).toEqual(crop);
  });

  test("reads heads, and the body of the tracks alone", async () => {
    const { read, places } = readerOf(segment(VOID, VOID, tracks(track(1, LEFT)), CLUSTER));
    await readMatroskaCrop(read, 0);
    expect(places).toHaveLength(6);
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["zeros", Buffer.alloc(100)],
    ["a header alone", HEADER],
    ["no tracks", segment(VOID, CLUSTER, tracks(track(1, LEFT)))],
    ["too many elements before them", segment(...Array(60).fill(VOID), tracks(track(1, LEFT)))],
    ["tracks that are cut off", segment(tracks(track(1, LEFT))).subarray(0, -20)],
    ["tracks that are too long", segment(element("1654ae6b", Buffer.alloc(1.1e6), 4))],
  ])("gives nothing of %s", async (_, bytes) => {
    expect(await cropIn(bytes)).toBeUndefined();
  });
});
