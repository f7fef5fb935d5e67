import { describe, expect, test } from "bun:test";
import { type Box, boxIn, boxOf, fullBoxOf, numberOf } from "../../../src/worker/protect/boxes.ts";
import { protectInit } from "../../../src/worker/protect/protect-init.ts";
import type { Secret } from "../../../src/worker/protect/sample-cipher.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";

const secretOf = (method: Secret["method"]): Secret => ({
  ...{ method, key: Buffer.alloc(16, 7), keyId: Buffer.alloc(16, 0xaa) },
  vector: Buffer.alloc(16, 0xbb),
});
const [KEY_ID, VECTOR] = ["aa".repeat(16), "bb".repeat(16)];

/** An init segment of stream 5, whose samples have 99 bytes, with times of 64 bits or of 32. */
const initOf = (entry: Buffer, version: 0 | 1 = 0): Buffer => {
  const head = fullBoxOf(
    ...(["tkhd", version, 7, Buffer.alloc(version === 1 ? 16 : 8), numberOf(5)] as const),
  );
  const table = boxOf("stbl", fullBoxOf("stsd", 0, 0, numberOf(1), entry));
  const trak = boxOf("trak", head, boxOf("mdia", boxOf("minf", table)));
  const usual = fullBoxOf("trex", 0, 0, ...[5, 1, 0, 99, 0].map(numberOf));
  return Buffer.concat([boxOf("ftyp"), boxOf("moov", trak, boxOf("mvex", usual))]);
};
const within = (bytes: Buffer, ...types: readonly string[]): Box => {
  const [type = "", ...inner] = types;
  const box = boxIn(bytes, type);
  return inner.length === 0 ? box : within(box.content, ...inner);
};
const entryIn = (init: Buffer, type: string): Buffer => {
  const { content } = within(init, "moov", "trak", "mdia", "minf", "stbl", "stsd");
  return boxIn(content.subarray(8), type).content;
};

const SOUND = boxOf("mp4a", Buffer.alloc(28), boxOf("esds"));
const pictureOf = (type: string, record: Buffer): Buffer => boxOf(type, Buffer.alloc(78), record);
/** Records without parameters, which say that lengths have four bytes. */
const AVC = boxOf("avcC", Buffer.from([1, 0, 0, 0, 0xff, 0xe0, 0]));
const HEVC = boxOf("hvcC", Buffer.alloc(21), Buffer.from([3, 0]));

describe("protectInit()", () => {
  test.each(["mp4a", "ac-3", "ec-3", "Opus"])("says how sound is encrypted: %s", (type) => {
    const { bytes, tracks } = protectInit(
      initOf(boxOf(type, Buffer.alloc(28), boxOf("free"))),
      secretOf("cbcs"),
    );
    const entry = entryIn(bytes, "enca").subarray(28);
    expect(within(entry, "free").whole).toEqual(boxOf("free"));
    expect(within(entry, "sinf", "frma").content.toString()).toBe(type);
    expect(within(entry, "sinf", "schm").content.subarray(4, 8).toString()).toBe("cbcs");
    // No pattern, and one vector for all samples.
    expect(within(entry, "sinf", "schi", "tenc").content.toString("hex")).toBe(
      `01000000${"00000100"}${KEY_ID}10${VECTOR}`,
    );
    expect(within(bytes, "moov", "pssh").content.toString("hex")).toBe(
      `01000000${"1077efecc0b24d02ace33c1e52e2fb4b"}00000001${KEY_ID}00000000`,
    );
    expect([...tracks.keys()]).toEqual([5]);
    expect(tracks.get(5)?.pictures).toBeUndefined();
  });

  test.each([
    ["avc1", AVC, "cbcs", `01000000${"00190100"}${KEY_ID}10${VECTOR}`],
    ["avc3", AVC, "cenc", `00000000${"00000108"}${KEY_ID}`],
    ["hvc1", HEVC, "cenc", `00000000${"00000108"}${KEY_ID}`],
    ["hev1", HEVC, "cbcs", `01000000${"00190100"}${KEY_ID}10${VECTOR}`],
  ] as const)("says how pictures are encrypted: %s", (type, record, method, told) => {
    const { bytes, tracks } = protectInit(initOf(pictureOf(type, record), 1), secretOf(method));
    const entry = entryIn(bytes, "encv").subarray(78);
    expect(within(entry, "sinf", "frma").content.toString()).toBe(type);
    expect(within(entry, "sinf", "schi", "tenc").content.toString("hex")).toBe(told);
    expect(tracks.get(5)).toMatchObject({ sampleBytes: 99, pictures: { lengthBytes: 4 } });
  });

  test.each([
    ["other pictures", initOf(pictureOf("av01", boxOf("av1C")))],
    ["pictures without their record", initOf(pictureOf("avc1", boxOf("free")))],
    ["an entry of sound that is cut off", initOf(boxOf("mp4a", Buffer.alloc(27)))],
    ["a file without fragments", boxOf("moov", boxOf("trak"))],
    ["a box that is cut off", initOf(SOUND).subarray(0, -1)],
  ])("refuses what is not as ours are: %s", async (_, init) => {
    const { code, message } = await taskErrorOf(
      Promise.try(() => protectInit(init, secretOf("cenc"))),
    );
    expect(code).toBe("output_wrong");
    expect(message).toStartWith("Cannot encrypt a segment: ");
  });
});
