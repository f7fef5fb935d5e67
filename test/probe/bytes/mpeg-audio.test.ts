import { describe, expect, test } from "bun:test";
import {
  audioFrameAt,
  endTagBytes,
  findAudio,
  id3Bytes,
} from "../../../src/probe/bytes/mpeg-audio.ts";

/** Frames of layer 3, 128 kbit/s at 48 kHz: 384 bytes each. */
const frames = (count: number): Buffer => {
  const frame = Buffer.alloc(384);
  frame.writeUInt32BE(0xfffb_9444);
  return Buffer.concat(Array.from({ length: count }, () => frame));
};

describe("audioFrameAt", () => {
  const frameOf = (header: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(header);
    return audioFrameAt(bytes, 0);
  };

  test.each([
    ["MPEG-1 layer 3, 128 kbit/s, 48 kHz, stereo", 0xfffb_9444, 384, 36],
    ["MPEG-1 layer 3, 128 kbit/s, 44.1 kHz, padded, mono", 0xfffb_92c4, 418, 21],
    ["MPEG-1 layer 2, 192 kbit/s, 48 kHz", 0xfffd_a404, 576, 36],
    ["MPEG-2 layer 3, 64 kbit/s, 22.05 kHz, mono", 0xfff3_80c4, 208, 13],
    ["MPEG-2.5 layer 3, 16 kbit/s, 8 kHz, mono", 0xffe3_28c4, 144, 13],
  ])("tells how long a frame is: %s", (_, header, sizeBytes, tagOffset) => {
    expect(frameOf(header)).toMatchObject({ sizeBytes, tagOffset });
  });

  test.each([
    ["no sync", 0xfe_fb_94_44],
    ["a version that is none", 0xffeb_9444],
    ["a layer that is none", 0xfff9_9444],
    ["a bitrate of its own", 0xfffb_0444],
    ["a rate that is none", 0xfffb_9c44],
  ])("finds none in %s", (_, header) => {
    expect(frameOf(header)).toBeUndefined();
  });
});

describe("findAudio", () => {
  test("finds where it begins behind what looks like a frame", () => {
    const junk = Buffer.from("fffb9444 0102 fffb9444 ff ff".replaceAll(" ", ""), "hex");
    expect(findAudio(Buffer.concat([junk, frames(20)]), false)).toBe(junk.length);
    expect(findAudio(frames(20), false)).toBe(0);
  });

  test("takes a few frames where there are no more", () => {
    expect(findAudio(frames(3), true)).toBe(0);
    expect(findAudio(frames(3), false)).toBeUndefined();
    expect(findAudio(frames(1), true)).toBeUndefined();
  });

  test("finds nothing where there is none", () => {
    expect(findAudio(Buffer.alloc(5000, 0xff), false)).toBeUndefined();
  });
});

describe("tags", () => {
  test("ID3v2 says how long it is, with its footer", () => {
    const tag = Buffer.from("49443304000000000201", "hex");
    expect(id3Bytes(tag)).toBe(10 + 257);
    tag[5] = 0x10;
    expect(id3Bytes(tag)).toBe(10 + 257 + 10);
    expect(id3Bytes(frames(1))).toBe(0);
  });

  test("ID3v1, APE and Lyrics3 are known by their ends", () => {
    const ape = Buffer.alloc(32);
    ape.write("APETAGEX", "latin1");
    ape.writeUInt32LE(500, 12);
    expect(endTagBytes(ape)).toBe(500);
    ape.writeUInt32LE(0x8000_0000, 20);
    expect(endTagBytes(ape)).toBe(532);
    expect(endTagBytes(Buffer.concat([Buffer.from("TAG"), Buffer.alloc(125)]))).toBe(128);
    expect(endTagBytes(Buffer.from("words 001234LYRICS200", "latin1"))).toBe(1249);
    expect(endTagBytes(frames(1))).toBe(0);
    expect(endTagBytes(Buffer.alloc(0))).toBe(0);
  });
});
