import { describe, expect, test } from "bun:test";
import { createPacketReader } from "../../src/engine/packet-facts.ts";

function factsOf(text: string, index = 0) {
  const reader = createPacketReader();
  reader.push(text);
  return reader.factsOf(index);
}

describe("createPacketReader", () => {
  test("puts reordered packets into time order", () => {
    // I P B B P B B, as they are decoded.
    const pts = [0, 3, 1, 2, 6, 4, 5];
    expect(factsOf(pts.map((at, dts) => `0,${at},${dts - 2}\n`).join(""))).toEqual({
      count: 7,
      firstSeconds: 0,
      lastSeconds: 6,
      gapSecondsMax: 1,
    });
  });

  test("finds a hole, also far behind the window of reordering", () => {
    const lines = Array.from({ length: 500 }, (_, i) => {
      const at = i < 200 ? i : i + 7;
      return `0,${at},${at}\n`;
    });
    expect(factsOf(lines.join(""))).toEqual({
      count: 500,
      firstSeconds: 0,
      lastSeconds: 506,
      gapSecondsMax: 8,
    });
  });

  test("keeps streams apart", () => {
    const text = "0,1.4,1.4\n1,0.5,0.5\n1,0.75,0.75\n0,1.5,1.5\n";
    expect(factsOf(text, 0)).toMatchObject({ count: 2, firstSeconds: 1.4 });
    expect(factsOf(text, 1)).toMatchObject({ count: 2, gapSecondsMax: 0.25 });
    expect(factsOf(text, 2)).toBeUndefined();
  });

  test("takes the decoding time where there is no other, and counts packets without any", () => {
    expect(factsOf("0,N/A,0.5\n0,N/A,1.0\n0,N/A,N/A\n")).toMatchObject({
      count: 3,
      firstSeconds: 0.5,
      lastSeconds: 1,
    });
    expect(factsOf("0,N/A,N/A\n")).toBeUndefined();
  });

  test("reads chunks that are cut anywhere, and the commas and empty lines of side data", () => {
    const reader = createPacketReader();
    for (const letter of "0,-0.021333,-0.021333,\n\n0,0.000000,0.000000\n") reader.push(letter);
    expect(reader.factsOf(0)).toMatchObject({ count: 2, firstSeconds: -0.021333, lastSeconds: 0 });
  });
});
