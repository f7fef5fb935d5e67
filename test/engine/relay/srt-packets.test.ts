import { describe, expect, test } from "bun:test";
import { PhraseKeys, rekeyed } from "../../../src/engine/relay/srt/srt-keys.ts";
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
  expect(translated(cut, { streamId: "nameone" }, {}, new PhraseKeys())).toEqual(
    cut.subarray(0, 64),
  );
  const whole = conclusion(5, 2, Buffer.from("eman\0eno"));
  expect(isConclusion(whole, "nameone")).toBe(true);
});

describe("PhraseKeys", () => {
  const salt = (byte: number) => Buffer.alloc(8, byte);

  test("makes few keys for those who send one salt after the other, and keeps those it has", () => {
    const time = { nowMs: 0 };
    const keys = new PhraseKeys(() => time.nowMs);
    const made = (from: number) =>
      Array.from({ length: 10 }, (_, at) => keys.of("a phrase", salt(from + at), 16));
    const first = made(0);
    expect(first.filter(Boolean)).toHaveLength(4);
    expect(new Set(first.map((key) => key && Buffer.from(key).toString("hex"))).size).toBe(5);
    expect(keys.of("a phrase", salt(0), 16)).toBe(first[0]);
    expect(keys.of("a phrase", salt(0), 32)).toBeUndefined();
    expect(keys.of("another phrase", salt(0), 16)).toBeUndefined();
    time.nowMs += 1_000;
    expect(made(20).filter(Boolean)).toHaveLength(1);
    expect(keys.of("a phrase", salt(3), 16)).toBe(first[3]);
  });

  test("lets no message through that it has no key for", () => {
    const keys = new PhraseKeys(() => 0);
    const message = Buffer.alloc(56, 1);
    Buffer.from([0x12, 0x20, 0x29]).copy(message);
    message.writeUInt16BE(0x04_04, 14);
    for (let at = 0; at < 4; at++) keys.of("own", salt(at), 16);
    expect(rekeyed(message, "own", "real", keys)).toBeUndefined();
    expect(keys.hasFit).toBe(false);
  });
});
