import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { samplesEnd } from "../../../src/worker/output/iso-file.ts";
import { refuseCut } from "../../../src/worker/output/whole-file.ts";
import { clip, tempFolder } from "../../fixtures/clips.ts";

setDefaultTimeout(60_000);

const u32 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, at * 4);
  return bytes;
};

const box = (type: string, ...content: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(content);
  return Buffer.concat([u32(body.length + 8), Buffer.from(type, "latin1"), body]);
};

/** The index of one track with the given tables. */
const indexOf = (...tables: readonly Buffer[]): Buffer =>
  box("moov", box("trak", box("mdia", box("minf", box("stbl", ...tables)))));

describe("samplesEnd", () => {
  test("is the end of the last sample, however chunks are filled", () => {
    const stsc = box("stsc", u32(0, 2, 1, 2, 1, 3, 1, 1));
    const stco = box("stco", u32(0, 3, 1000, 500, 100));
    const stsz = box("stsz", u32(0, 0, 5, 10, 20, 30, 40, 50));
    expect(samplesEnd(indexOf(stsc, stco, stsz))).toBe(1030);
  });

  test("reads places of 64 bits", () => {
    const stsc = box("stsc", u32(0, 1, 1, 1, 1));
    const co64 = box("co64", u32(0, 1, 2, 0));
    expect(samplesEnd(indexOf(stsc, co64, box("stsz", u32(0, 7, 1))))).toBe(2 ** 33 + 7);
  });

  test("makes no list of the samples of an hour of PCM", () => {
    const samples = 3600 * 48_000;
    const stsc = box("stsc", u32(0, 1, 1, samples, 1));
    const sizes = box("stsz", u32(0, 2, samples));
    const before = process.memoryUsage().rss;
    expect(samplesEnd(indexOf(stsc, box("stco", u32(0, 1, 40)), sizes))).toBe(40 + samples * 2);
    expect(process.memoryUsage().rss - before).toBeLessThan(50 << 20);
  });

  test("trusts no table that ends before what it announces", () => {
    const stsc = box("stsc", u32(0, 9, 1, 1, 1));
    const tables = [stsc, box("stco", u32(0, 9, 40)), box("stsz", u32(0, 0, 9, 5))];
    expect(samplesEnd(indexOf(...tables))).toBe(Number.POSITIVE_INFINITY);
  });

  test("is 0 of an index that stands before fragments", () => {
    const empty = ["stsc", "stco"].map((type) => box(type, u32(0, 0)));
    expect(samplesEnd(indexOf(...empty, box("stsz", u32(0, 0, 0))))).toBe(0);
  });

  test("is where the samples of a real file end", async () => {
    const path = await clip({ seconds: 1, container: "mov", audio: "pcm_s16le" });
    const file = readFileSync(path);
    const at = file.indexOf("moov") - 4;
    const mdat = file.indexOf("mdat") - 4;
    const end = samplesEnd(file.subarray(at, at + file.readUInt32BE(at)));
    expect(end).toBe(mdat + file.readUInt32BE(mdat));
  });
});

describe("refuseCut", () => {
  test("knows a last box that is shorter than the head of a large one", async () => {
    const path = join(tempFolder(), "short.mp4");
    writeFileSync(path, Buffer.concat([box("ftyp", u32(0)), box("mdat", Buffer.alloc(6))]));
    expect(await refuseCut(path)).toBeUndefined();
  });
});
