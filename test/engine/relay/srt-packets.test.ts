import { expect, test } from "bun:test";
import { isConclusion, translated } from "../../../src/engine/relay/srt/srt-packets.ts";

/** The conclusion of a handshake, with the beginning of an extension that says it has as many words. */
function conclusion(kind: number, words: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(68);
  head.writeUInt16BE(0x8000, 0);
  head.writeUInt32BE(0xff_ff_ff_ff, 36);
  head.writeUInt16BE(kind, 64);
  head.writeUInt16BE(words, 66);
  return Buffer.concat([head, body]);
}

test("an extension that is cut off is none", () => {
  const cut = conclusion(5, 4, Buffer.from("emaneno"));
  expect(isConclusion(cut, "nameone")).toBe(false);
  expect(translated(cut, { streamId: "nameone" }, {})).toEqual(cut.subarray(0, 64));
  const whole = conclusion(5, 2, Buffer.from("eman\0eno"));
  expect(isConclusion(whole, "nameone")).toBe(true);
});
