import { describe, expect, test } from "bun:test";
import { lastPageIn } from "../../../src/probe/bytes/ogg-page.ts";

/** A page of two parts, 3 and 5 bytes long. */
const page = (flags: number): Buffer => {
  const head = Buffer.alloc(27);
  head.write("OggS");
  head[5] = flags;
  head[26] = 2;
  return Buffer.concat([head, Buffer.from([3, 5]), Buffer.alloc(8, 1)]);
};

describe("lastPageIn", () => {
  test("tells where the last page ends, and whether it is the last of its stream", () => {
    const bytes = Buffer.concat([Buffer.alloc(10), page(0), page(4)]);
    expect(lastPageIn(bytes)).toEqual({ endsAt: bytes.length, isLast: true });
    expect(lastPageIn(bytes.subarray(0, 10 + 37))).toEqual({ endsAt: 10 + 37, isLast: false });
  });

  test("tells where a page that is cut off should end", () => {
    expect(lastPageIn(page(4).subarray(0, 30))?.endsAt).toBe(37);
  });

  test("finds none in what has none, or not all of its header", () => {
    expect(lastPageIn(Buffer.alloc(100))).toBeUndefined();
    expect(lastPageIn(page(4).subarray(0, 20))).toBeUndefined();
  });
});
