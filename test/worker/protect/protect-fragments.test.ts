import { describe, expect, test } from "bun:test";
import { createDecipheriv } from "node:crypto";
import { boxesIn, boxIn, boxOf, fullBoxOf, numberOf } from "../../../src/worker/protect/boxes.ts";
import { protectFragments } from "../../../src/worker/protect/protect-fragments.ts";
import { sampleCipher } from "../../../src/worker/protect/sample-cipher.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";

const KEY = Buffer.alloc(16, 7);
const cipherOf = (method: "cenc" | "cbcs") =>
  sampleCipher({ method, key: KEY, keyId: Buffer.alloc(16, 1), vector: Buffer.alloc(16, 2) });
/** Two streams of sound; the init segment says how long the samples of the first are. */
const tracksOf = (method: "cenc" | "cbcs") =>
  new Map([
    [1, { cipher: cipherOf(method), sampleBytes: 20 }],
    [2, { cipher: cipherOf(method), sampleBytes: 0 }],
  ]);

/** The samples of each stream, one behind the other in the data. */
const SIZES = [
  [20, 20, 20],
  [10, 17, 33],
] as const;
const DATA_BYTES = 120;
const dataOf = (first: number): Buffer =>
  Buffer.from(Array.from({ length: DATA_BYTES }, (_, index) => (first + index) % 256));

const IS_BASED_ON_MOOF = 0x2_0000;
const headOf = (id: number, flags = IS_BASED_ON_MOOF, ...more: readonly Buffer[]): Buffer =>
  fullBoxOf("tfhd", 0, flags, numberOf(id), ...more);

/** A fragment whose data begin at a place: sizes stand in the init segment, in the head of the stream, and in a run. */
const moofAt = (at: number, head = headOf(1)): Buffer =>
  boxOf(
    "moof",
    fullBoxOf("mfhd", 0, 0, numberOf(1)),
    boxOf(
      "traf",
      head,
      fullBoxOf("trun", 0, 0x1, numberOf(2), numberOf(at)),
      fullBoxOf("trun", 0, 0, numberOf(1)),
    ),
    boxOf(
      "traf",
      headOf(2, IS_BASED_ON_MOOF | 0x18, numberOf(1_024), numberOf(10)),
      fullBoxOf("trun", 0, 0x1, numberOf(1), numberOf(at + 60)),
      fullBoxOf(
        ...(["trun", 0, 0x305, numberOf(2), numberOf(at + 70), numberOf(0)] as const),
        ...[1_024, 17, 1_024, 33].map(numberOf),
      ),
    ),
  );
const MOOF = moofAt(moofAt(0).length + 8);

const indexOf = (version: 0 | 1, parts = 1): Buffer =>
  fullBoxOf(
    ...(["sidx", version, 0, Buffer.alloc(version === 0 ? 16 : 24)] as const),
    ...[numberOf(parts), numberOf(MOOF.length + 8 + DATA_BYTES), Buffer.alloc(8)],
  );
const fragmentOf = (first: number): Buffer => Buffer.concat([MOOF, boxOf("mdat", dataOf(first))]);
/** Each stream has an index of the first fragment, and the second has one of its own. */
const segmentOf = (): Buffer =>
  Buffer.concat([indexOf(1), indexOf(0), fragmentOf(0), indexOf(0), fragmentOf(50)]);

/** Where the runs of a stream say that their samples begin, from the `moof` on. */
const offsetsOf = (traf: Buffer): readonly number[] =>
  boxesIn(traf).flatMap(({ type, content }) =>
    type === "trun" && content.readUIntBE(1, 3) & 1 ? [content.readInt32BE(8)] : [],
  );

describe("protectFragments()", () => {
  test("tells where the vectors of all samples and the samples lie, and how long the parts of indexes are", () => {
    const made = Buffer.concat(protectFragments(segmentOf(), tracksOf("cenc")));
    const boxes = boxesIn(made);
    const moofs = boxes.filter(({ type }) => type === "moof");
    // `saiz`, `saio` and `senc` of three samples, of two streams.
    const data = MOOF.length + 2 * (17 + 20 + 16 + 3 * 8) + 8;
    expect(moofs.map(({ whole }) => whole.length)).toEqual([data - 8, data - 8]);
    const indexes = boxes.filter(({ type }) => type === "sidx");
    expect(indexes.map(({ content }) => content.readUInt32BE(content.length - 12))).toEqual(
      Array(3).fill(data + DATA_BYTES),
    );
    const vectors: string[] = [];
    for (const [number, moof] of moofs.entries()) {
      const clear = dataOf(number * 50);
      const trafs = boxesIn(moof.content).filter(({ type }) => type === "traf");
      let from = 0;
      for (const [stream, { content: traf }] of trafs.entries()) {
        expect(offsetsOf(traf)).toEqual(stream === 0 ? [data] : [data + 60, data + 70]);
        const told = boxIn(traf, "senc").content;
        expect(told.subarray(0, 8)).toEqual(Buffer.from([0, 0, 0, 0, 0, 0, 0, 3]));
        const place = boxIn(traf, "saio").content.readUInt32BE(8);
        expect<Buffer>(made.subarray(moof.at + place, moof.at + place + 24)).toEqual(
          told.subarray(8),
        );
        expect([...boxIn(traf, "saiz").content]).toEqual([0, 0, 0, 0, 8, 0, 0, 0, 3]);
        for (const [index, size] of (SIZES[stream] ?? []).entries()) {
          const vector = told.subarray(8 + index * 8, 16 + index * 8);
          vectors.push(vector.toString("hex"));
          const decipher = createDecipheriv(
            ...(["aes-128-ctr", KEY, Buffer.concat([vector, Buffer.alloc(8)])] as const),
          );
          const at = moof.at + data + from;
          expect<Buffer>(decipher.update(made.subarray(at, at + size))).toEqual(
            clear.subarray(from, from + size),
          );
          from += size;
        }
      }
    }
    // No two samples of a key have the same, those of another stream neither.
    expect(new Set(vectors).size).toBe(12);
  });

  test("tells nothing of sound by cbcs, whose blocks are all encrypted by one vector", () => {
    const made = Buffer.concat(protectFragments(segmentOf(), tracksOf("cbcs")));
    expect(made.length).toBe(segmentOf().length);
    const [first, last] = [dataOf(0).subarray(87, 119), dataOf(0).subarray(119)];
    const at = indexOf(1).length + indexOf(0).length + MOOF.length + 8;
    const decipher = createDecipheriv("aes-128-cbc", KEY, Buffer.alloc(16, 2)).setAutoPadding(
      false,
    );
    expect<Buffer>(decipher.update(made.subarray(at + 87, at + 119))).toEqual(first);
    expect<Buffer>(made.subarray(at + 119, at + 120)).toEqual(last);
  });

  test("tells the parts of pictures, and the length of what is told where it differs", () => {
    const unitOf = (first: number, length: number): Buffer =>
      Buffer.concat([numberOf(length), Buffer.alloc(length, first)]);
    const samples = [
      Buffer.concat([unitOf(1, 36), unitOf(1, 36)]),
      Buffer.concat([unitOf(0, 6), unitOf(1, 36)]),
    ];
    const slices = { isSlice: (nal: Uint8Array) => nal[0] === 1, learn: () => {}, headOf: () => 4 };
    const pictures = { slices, lengthBytes: 4 };
    const track = { cipher: cipherOf("cenc"), sampleBytes: 0, pictures };
    const sizes = samples.map(({ length }) => numberOf(length));
    const run = (at: number) => fullBoxOf("trun", 0, 0x201, numberOf(2), numberOf(at), ...sizes);
    const moof = (at: number) => boxOf("moof", boxOf("traf", headOf(1), run(at)));
    const data = boxOf("mdat", ...samples);
    const segment = Buffer.concat([moof(moof(0).length + 8), data]);
    const made = boxIn(Buffer.concat(protectFragments(segment, new Map([[1, track]]))), "moof");
    const traf = boxIn(made.content, "traf").content;
    expect([...boxIn(traf, "saiz").content]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 2, 22, 16]);
    const told = boxIn(traf, "senc").content;
    expect(told.subarray(0, 8).toString("hex")).toBe("0000000200000002");
    expect(told.subarray(16, 30).toString("hex")).toBe("0002000800000020000800000020");
    expect(told.subarray(38).toString("hex")).toBe("0001001200000020");
  });

  const alone = new Map([[1, { cipher: cipherOf("cenc"), sampleBytes: 20 }]]);
  const mdat = boxOf("mdat", dataOf(0));
  test.each([
    ["a box that is cut off", fragmentOf(0).subarray(0, -1), tracksOf("cenc")],
    ["a stream that its init segment has not", fragmentOf(0), alone],
    ["samples that are not there", MOOF, tracksOf("cenc")],
    [
      "samples that lie elsewhere",
      Buffer.concat([moofAt(0, headOf(1, 0)), mdat]),
      tracksOf("cenc"),
    ],
    ["a stream without a head", Buffer.concat([moofAt(0, boxOf("free")), mdat]), tracksOf("cenc")],
    ["an index of parts", Buffer.concat([indexOf(0, 2), fragmentOf(0)]), tracksOf("cenc")],
  ])("refuses what is not as ours are: %s", async (_, segment, tracks) => {
    const { code, message } = await taskErrorOf(
      Promise.try(() => protectFragments(segment, tracks)),
    );
    expect(code).toBe("output_wrong");
    expect(message).toStartWith("Cannot encrypt a segment: ");
  });
});
