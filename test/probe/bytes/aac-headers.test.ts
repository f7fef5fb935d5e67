import { describe, expect, test } from "bun:test";
import { aacHeadersOf } from "../../../src/probe/bytes/aac-headers.ts";

/** A frame of AAC at 44.1 or 48 kHz, without what it says. */
const frame = (rateHz: 44_100 | 48_000): Buffer => {
  const bytes = Buffer.alloc(200);
  bytes.set([0xff, 0xf1, rateHz === 48_000 ? 0x4c : 0x50, 0x80, 200 >> 3, (200 & 7) << 5]);
  return bytes;
};
const frames = (...rates: readonly (44_100 | 48_000)[]): Buffer =>
  Buffer.concat(rates.flatMap((rateHz) => Array.from({ length: 5 }, () => frame(rateHz))));

/** The packet of a MPEG-TS that a PES packet of such a frame begins in. */
const packet = (pid: number, rateHz: 44_100 | 48_000): Buffer => {
  const bytes = Buffer.alloc(188, 0xff);
  bytes.set([0x47, 0x40 | (pid >> 8), pid & 0xff, 0x10, 0, 0, 1, 0xc0, 0, 0, 0x80, 0, 0]);
  frame(rateHz).copy(bytes, 13);
  return bytes;
};

/** A tag of FLV, and its length behind it. */
const tag = (type: number, body: readonly number[]): Buffer =>
  Buffer.from([type, 0, 0, body.length, ...Array(7).fill(0), ...body, 0, 0, 0, 11 + body.length]);

describe("aacHeadersOf", () => {
  const see = (bytes: Buffer, format: string, pid?: number, size = 997) => {
    const headers = aacHeadersOf(format, pid);
    for (let at = 0; at < bytes.length; at += size) headers?.push(bytes.subarray(at, at + size));
    return headers?.isUneven();
  };

  test("reads AAC as it is, behind a tag", () => {
    // Of 1000 bytes, which look like frames of another rate.
    const id3 = Buffer.concat([Buffer.from("ID3\x04\0\0\0\0\x07\x68"), frames(48_000)]);
    for (const size of [1, 7, 200, 5000]) {
      expect(see(frames(44_100, 48_000), "aac", undefined, size)).toBeTrue();
      expect(see(Buffer.concat([id3, frames(44_100)]), "aac", undefined, size)).toBeFalse();
    }
  });

  test("looks in a MPEG-TS at the sound that is meant alone", () => {
    const packets = Array.from({ length: 16 }, (_, at) => [
      packet(0x101, 48_000),
      packet(0x102, at < 8 ? 48_000 : 44_100),
    ]);
    const bytes = Buffer.concat(packets.flat());
    expect(see(bytes, "mpegts", 0x101)).toBeFalse();
    expect(see(bytes, "mpegts", 0x102)).toBeTrue();
    expect(see(bytes, "mpegts")).toBeTrue();
  });

  test("takes no packet of a MPEG-TS for another rate that begins within a frame", () => {
    const within = packet(0x101, 44_100);
    within[13] = 0;
    const bytes = Buffer.concat([packet(0x101, 48_000), within, within, within, within]);
    expect(see(bytes, "mpegts")).toBeFalse();
  });

  test("looks in a FLV at the headers of AAC alone", () => {
    const [high, low] = [0x11, 0x90];
    const begin = [tag(8, [0xaf, 0, 0x12, 0x10]), tag(8, [0xaf, 1, high, low])];
    const see48 = (type: number, ...body: readonly number[]) =>
      see(Buffer.concat([Buffer.alloc(13), ...begin, tag(type, body)]), "flv");
    expect(see48(8, 0xaf, 0, high, low)).toBeTrue();
    expect(see48(8, 0xaf, 0, 0x12, 0x10)).toBeFalse();
    expect(see48(8, 0xaf, 1, high, low)).toBeFalse();
    expect(see48(8, 0x2f, 0, high, low)).toBeFalse();
    expect(see48(9, 0xaf, 0, high, low)).toBeFalse();
  });
});
