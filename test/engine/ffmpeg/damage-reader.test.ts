import { describe, expect, test } from "bun:test";
import { createDamageReader } from "../../../src/engine/ffmpeg/damage-reader.ts";

function damageOf(lines: readonly string[]) {
  const reader = createDamageReader();
  for (const line of lines) reader.read(line);
  return reader.damage();
}

describe("createDamageReader", () => {
  test("counts the packets that cannot be decoded, in the words of 5.1", () => {
    const failed = "Error while decoding stream #0:1: Invalid data found when processing input";
    const lines = [
      "[h264 @ 0x55] Invalid NAL unit size (5 > 4).",
      "Error while decoding stream #0:0: Invalid data found when processing input",
      failed,
      "[aac @ 0x55] Reserved bit set.",
      failed,
    ];
    expect(damageOf(lines).failures).toEqual({ 0: 1, 1: 2 });
  });

  test("counts them in the words of 7.1 and 9.0", () => {
    const why = "Error submitting packet to decoder: Invalid data found when processing input";
    const lines = [
      `[vist#0:0/h264 @ 0x55] [dec:h264 @ 0x56] ${why}`,
      `[aist#0:2/aac @ 0x55] [dec:aac @ 0x56] ${why}`,
      "[aist#0:2/aac @ 0x55] [dec:aac @ 0x56] Decoding error: Operation not permitted",
    ];
    expect(damageOf(lines).failures).toEqual({ 0: 1, 2: 2 });
  });

  test("tells who spoke, a demuxer by the name of its format", () => {
    expect(damageOf([])).toEqual({ isTold: false, speakers: [], failures: {} });
    const lines = [
      "[matroska,webm @ 0x55] File ended prematurely",
      "[in#0/mov,mp4,m4a,3gp,3g2,mj2 @ 0x55] partial file",
      "Something else",
    ];
    expect(damageOf(lines)).toEqual({
      isTold: true,
      speakers: ["matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2"],
      failures: {},
    });
  });
});
