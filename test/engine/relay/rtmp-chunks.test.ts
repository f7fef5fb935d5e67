import { describe, expect, test } from "bun:test";
import { stringsOf, withStrings } from "../../../src/engine/relay/rtmp/amf-strings.ts";
import { RtmpChunks } from "../../../src/engine/relay/rtmp/rtmp-chunks.ts";
import { MalformedError } from "../../../src/engine/relay/talk.ts";

const HANDSHAKE = Buffer.alloc(1 + 2 * 1536, 7);
const text = (value: string) => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([2, bytes.length >> 8, bytes.length & 255]), bytes]);
};
const NULL = Buffer.from([5]);
const command = (...values: readonly string[]) =>
  Buffer.concat([...values.slice(0, 1).map(text), NULL, ...values.slice(1).map(text)]);

/** A whole message: with a full header, or with that of one like the last on its stream. */
function message(id: number, type: number, body: Uint8Array, chunkBytes = 128, format: 0 | 3 = 0) {
  const head = Buffer.alloc(11);
  head.writeUIntBE(body.length, 3, 3);
  head[6] = type;
  const parts: Uint8Array[] = [Buffer.from([(format << 6) | id]), ...(format === 0 ? [head] : [])];
  for (let at = 0; at < body.length; at += chunkBytes) {
    if (at > 0) parts.push(Buffer.from([0xc0 | id]));
    parts.push(body.subarray(at, at + chunkBytes));
  }
  return Buffer.concat(parts);
}

/** What a peer reads of what passed, in pieces of any size. */
function passed(sent: Uint8Array, pieceBytes: number, change: (text: string) => string) {
  const heard: string[] = [];
  const peer = new RtmpChunks({
    onCommand: (body) => {
      heard.push(stringsOf(body).join());
      return body;
    },
  });
  const relay = new RtmpChunks({ onCommand: (body) => withStrings(body, change) });
  const out: Uint8Array[] = [];
  for (let at = 0; at < sent.length; at += pieceBytes)
    for (const piece of relay.push(sent.subarray(at, at + pieceBytes))) out.push(piece);
  const all = Buffer.concat(out);
  peer.push(all);
  return { all, heard };
}

const media = Buffer.from(Array.from({ length: 5_000 }, (_, at) => at % 251));
const longName = "n".repeat(300);

describe("RtmpChunks", () => {
  test.each([1, 7, 128, 5_000, 100_000])(
    "changes the strings of commands alone, %d bytes at a time",
    (size) => {
      const setSize = Buffer.from([0, 0, 16, 0]);
      const sent = Buffer.concat([
        HANDSHAKE,
        message(3, 20, command("connect", "own")),
        message(2, 1, setSize),
        message(3, 20, command("publish", "own"), 4096),
        // Its header says nothing but that it is like the last one.
        message(3, 20, command("publish", "own"), 4096, 3),
        message(6, 9, media, 4096),
        message(6, 9, media, 4096, 3),
      ]);
      const { all, heard } = passed(sent, size, (each) => (each === "own" ? longName : each));
      expect(heard).toEqual([`connect,${longName}`, `publish,${longName}`, `publish,${longName}`]);
      const tail = Buffer.concat([message(6, 9, media, 4096), message(6, 9, media, 4096, 3)]);
      expect(all.subarray(-tail.length).equals(tail)).toBe(true);
      expect(all.subarray(0, HANDSHAKE.length).equals(HANDSHAKE)).toBe(true);
    },
  );

  test("passes media in the piece that it came in, without a copy", () => {
    const relay = new RtmpChunks({ onCommand: (body) => body });
    relay.push(HANDSHAKE);
    const sent = message(6, 9, media);
    const [piece, ...others] = relay.push(sent);
    expect(others).toEqual([]);
    expect(piece?.buffer).toBe(sent.buffer as ArrayBuffer);
    expect(piece?.length).toBe(sent.length);
  });

  test.each([
    [
      "a message within another",
      [message(3, 20, Buffer.alloc(200)).subarray(0, 140), message(3, 20, NULL)],
    ],
    ["a command without end", [message(3, 20, Buffer.alloc(70_000, 5))]],
    ["chunks of no size", [message(2, 1, Buffer.alloc(4))]],
    ["a value that AMF0 does not have", [message(3, 20, Buffer.from([99]))]],
    ["a string that is cut off", [message(3, 20, Buffer.from([2, 0, 9, 1]))]],
  ])("refuses %s", (_, parts) => {
    const relay = new RtmpChunks({ onCommand: (body) => withStrings(body, (each) => each) });
    expect(() => relay.push(Buffer.concat([HANDSHAKE, ...parts]))).toThrow(MalformedError);
  });
});
