import { describe, expect, test } from "bun:test";
import { createPacketReader } from "../../../src/engine/ffmpeg/packet-facts.ts";

function factsOf(text: string, index = 0) {
  const reader = createPacketReader();
  reader.push(text);
  return reader.factsOf(index);
}

describe("createPacketReader", () => {
  test("puts reordered packets into time order", () => {
    // I P B B P B B, as they are decoded.
    const pts = [0, 3, 1, 2, 6, 4, 5];
    expect(factsOf(pts.map((at, dts) => `0,${at},${dts - 2}\n`).join(""))).toMatchObject({
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
    expect(factsOf(lines.join(""))).toMatchObject({
      count: 500,
      firstSeconds: 0,
      lastSeconds: 506,
      gapSecondsMax: 8,
    });
  });

  test("tells what is shown, from the first packet that no edit list hides to the last one's end", () => {
    const lines = [
      "0,-0.04,-0.04,0.04,9,N/A,KD_",
      "0,0,0,0.04,9,N/A,K__",
      "0,0.08,0.04,0.04,9,N/A,___",
      "0,0.04,0.08,0.04,9,N/A,___",
    ];
    expect(factsOf(lines.map((line) => `${line}\n`).join(""))?.shown).toEqual({
      fromSeconds: 0,
      toSeconds: 0.12,
    });
  });

  test("adds up what an edit list hides after the beginning, apart from what it hides before", () => {
    const head = ["0,-0.08,-0.16,0.04,9,N/A,KD_", "0,-0.04,-0.12,0.04,9,N/A,_D_"];
    const shown = ["0,0,-0.08,0.04,9,N/A,K__", "0,0.04,-0.04,0.04,9,N/A,___"];
    // As an open group of pictures begins: shown, and decoded before what is hidden.
    const early = ["0,-0.02,0,0.04,9,N/A,_D_"];
    const tail = [
      "0,0.16,0,0.04,9,N/A,_D_",
      "0,0.08,0.04,0.04,9,N/A,___",
      "0,0.12,0.08,0.04,9,N/A,_D_",
    ];
    const hiddenOf = (lines: readonly string[]) =>
      factsOf(lines.map((line) => `${line}\n`).join(""));
    const headed = hiddenOf([...head, ...shown, ...early]);
    expect(headed?.hiddenSeconds).toBeUndefined();
    expect(headed?.hiddenHeadSeconds).toBeCloseTo(0.08);
    const tailed = hiddenOf([...shown, ...tail]);
    expect(tailed?.hiddenSeconds).toBeCloseTo(0.08);
    expect(tailed?.hiddenHeadSeconds).toBeUndefined();
  });

  test("lets a last packet that does not say how long it lasts last as long as the others", () => {
    const facts = factsOf("0,1,1,N/A,K_\n0,1.5,1.5,N/A,__\n0,2,2,N/A,__\n");
    expect(facts?.shown).toEqual({ fromSeconds: 1, toSeconds: 2.5 });
  });

  test("finds the first key frame, and what comes before it", () => {
    const facts = factsOf(
      "0,1,1,0.5,9,N/A,__\n0,1.5,1.5,0.5,9,N/A,__\n0,2,2,0.5,9,N/A,K_\n0,2.5,2.5,0.5,9,N/A,K_\n",
    );
    expect(facts?.firstKey).toEqual({ seconds: 2, headCount: 2 });
    expect(factsOf("0,1,1,0.5,9,N/A,__\n")?.firstKey).toBeUndefined();
  });

  test("tells whether an encoder began anew behind each stretch without packets", () => {
    const of = (isKey: (i: number) => boolean, holes: readonly number[] = [50]) => {
      const timeOf = (i: number) => i / 25 + holes.filter((at) => i >= at).length;
      const lines = Array.from(
        { length: 100 },
        (_, i) => `0,${timeOf(i)},${timeOf(i)},0.04,9,N/A,${isKey(i) ? "K" : "_"}_\n`,
      );
      return factsOf(lines.join(""))?.beginsAnew;
    };
    expect(of((i) => i % 25 === 0)).toBe(true);
    expect(of((i) => i % 25 === 0, [25, 50])).toBe(true);
    expect(of((i) => i % 25 === 0, [25, 51])).toBeUndefined();
    expect(of((i) => i % 25 === 0, [])).toBeUndefined();
    expect(of(() => true)).toBeUndefined();
  });

  test.each([
    [
      "pictures of which a second is missing",
      (i: number) => (i < 50 ? i / 25 : i / 25 + 1),
      0.04,
      1,
    ],
    [
      "packets of sound of which a second is missing",
      (i: number) => (i < 9 ? i / 50 : i / 50 + 1),
      0.02,
      1,
    ],
    ["even pictures", (i: number) => i / 25, 0.04, 0],
    ["slides", (i: number) => i * 5, 5, 0],
    ["slides whose length is not told", (i: number) => i * 5, Number.NaN, 0],
  ] as const)("tells how long nothing comes: %s", (_, timeOf, duration, seconds) => {
    const text = Number.isNaN(duration) ? "N/A" : String(duration);
    const lines = Array.from({ length: 100 }, (_, i) => `0,${timeOf(i)},${timeOf(i)},${text},K_\n`);
    const { holeSeconds, holes } = factsOf(lines.join("")) ?? {};
    expect(holeSeconds).toBeCloseTo(seconds, 6);
    expect(holes?.length ?? 0).toBe(seconds);
  });

  test("tells where nothing comes", () => {
    const times = [0, 0.5, 1, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8];
    const lines = times.map((at) => `0,${at},${at},0.5,9,N/A,K_\n`);
    expect(factsOf(lines.join(""))?.holes).toEqual([{ fromSeconds: 1.5, toSeconds: 4 }]);
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
      isByDecoding: true,
    });
    expect(factsOf("0,N/A,N/A\n")).toBeUndefined();
  });

  test("reads chunks that are cut anywhere, and the commas and empty lines of side data", () => {
    const reader = createPacketReader();
    for (const letter of "0,-0.021333,-0.021333,\n\n0,0.000000,0.000000\n") reader.push(letter);
    expect(reader.factsOf(0)).toMatchObject({ count: 2, firstSeconds: -0.021333, lastSeconds: 0 });
  });

  test("says where decoding times go back", () => {
    expect(factsOf("0,0,0\n1,9,9\n0,2,1\n0,1,2\n")?.isDisordered).toBeUndefined();
    expect(factsOf("0,0,0\n0,9,9\n0,N/A,N/A\n0,2,2\n")).toMatchObject({ isDisordered: true });
  });

  test("adds up long stretches of a file that no packet explains", () => {
    const unreadIn = (text: string): number => {
      const reader = createPacketReader();
      reader.push(text);
      return reader.unreadBytes();
    };
    const packet = (at: number, size: number, position: number | "N/A", time = String(at)) =>
      `0,${time},${time},1,${size},${position},K__\n`;
    expect(unreadIn(packet(0, 900, 100) + packet(1, 900, 1100) + packet(2, 900, 2100))).toBe(0);
    // A header of 100 bytes each, and 9000 of noise.
    expect(unreadIn(packet(0, 900, 100) + packet(1, 900, 10_100))).toBe(9100);
    // Packets that begin in one block, and what a parser made of noise.
    expect(unreadIn(packet(0, 900, 0) + packet(1, 8000, "N/A") + packet(2, 9, 9000))).toBe(0);
    expect(unreadIn(packet(0, 900, 0) + packet(1, 8000, 900, "N/A") + packet(2, 9, 9000))).toBe(
      8100,
    );
  });

  test("knows packets that come out of the order of their places", () => {
    const reader = createPacketReader();
    const packet = (stream: number, position: number, size: number) =>
      reader.push(`${stream},1,1,1,${size},${position},K__\n`);
    // Pictures of 18000 bytes, in segments between those of sound, which is whole before the picture around it is.
    for (let at = 0; at < 2_000_000; at += 20_000) {
      packet(1, at + 6000, 900);
      packet(1, at + 14_000, 900);
      packet(0, at, 18_000);
    }
    expect(reader.unreadBytes()).toBe(0);
    // Several in one block.
    for (let i = 0; i < 8; i += 1) packet(1, 2_000_000, 900);
    packet(1, 2_008_000, 900);
    expect(reader.unreadBytes()).toBe(0);
    packet(0, 2_028_900, 900);
    expect(reader.unreadBytes()).toBe(20_000);
  });
});
