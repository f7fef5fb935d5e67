import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clip, tempFolder } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { makeProducts, profileOf } from "../../fixtures/made-products.ts";
import { openWasm } from "../../fixtures/wasm-engine.ts";
import { anAudio } from "../builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** Bytes that look random and are the same every time. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 7;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

const SOUND = profileOf({
  container: "m4a",
  video: "none",
  audio: anAudio({ bitrateBps: 64_000 }),
});

/** A tag at the end of a file, of 128 bytes. */
const ID3V1 = Buffer.alloc(128);
ID3V1.write("TAGtitle", "latin1");

/** A tag of one item, with a header and a footer. */
function apeTag(value: Buffer = Buffer.from("title")): Buffer {
  const item = Buffer.concat([Buffer.from(`\0\0\0\0\0\0\0\0Cover\0`, "latin1"), value]);
  item.writeUInt32LE(value.length, 0);
  const end = (flags: number): Buffer => {
    const bytes = Buffer.alloc(32);
    bytes.write("APETAGEX", "latin1");
    bytes.writeUInt32LE(2000, 8);
    bytes.writeUInt32LE(item.length + 32, 12);
    bytes.writeUInt32LE(1, 16);
    bytes.writeUInt32LE(flags, 20);
    return bytes;
  };
  return Buffer.concat([end(0xa0000000), item, end(0x80000000)]);
}

function lyricsTag(): Buffer {
  const words = Buffer.from(`LYRICSBEGINLYR01000${"la ".repeat(333)}l`, "latin1");
  return Buffer.concat([words, Buffer.from(`${String(words.length).padStart(6, "0")}LYRICS200`)]);
}

/** With a picture of so many bytes. */
function id3Tag(picture: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from("\0image/jpeg\0\x03\0", "latin1"), picture]);
  const frame = Buffer.concat([Buffer.from("APIC"), Buffer.alloc(6), body]);
  frame.writeUInt32BE(body.length, 4);
  const head = Buffer.from("ID3\x03\0\0", "latin1");
  const size = [21, 14, 7, 0].map((bits) => (frame.length >> bits) & 0x7f);
  return Buffer.concat([head, Buffer.from(size), frame]);
}

let wasm: Awaited<ReturnType<typeof openWasm>> | undefined;

beforeAll(async () => {
  wasm = await openWasm();
});
afterAll(() => wasm?.close());

const NOTHING = Buffer.alloc(0);
const text = Buffer.from("<html>a page in front of it</html>\n".repeat(100));
const longTag = Buffer.concat([apeTag(noise(100_000)), lyricsTag(), ID3V1]);

async function around(front: Buffer, behind: Buffer): Promise<string> {
  const sound = readFileSync(
    await clip({ seconds: 3, video: false, audio: "libmp3lame", container: "mp3" }),
  );
  const path = join(tempFolder(), "source.mp3");
  writeFileSync(path, Buffer.concat([front, sound, behind]));
  return path;
}

test.each([
  ["text in front", text, NOTHING],
  ["zeros in front", Buffer.alloc(3000), NOTHING],
  ["a picture of 3 MB in front", id3Tag(noise(3_000_000)), NOTHING],
  ["an ID3v1 tag behind", NOTHING, ID3V1],
  ["an APE tag behind", NOTHING, apeTag()],
  ["an APE and an ID3v1 tag behind", NOTHING, Buffer.concat([apeTag(), ID3V1])],
  ["a picture in an APE tag, words and an ID3v1 tag behind", NOTHING, longTag],
])("an MP3 with %s is a source", async (_, front, behind) => {
  const { verified, warnings } = await makeProducts(await around(front, behind), SOUND);
  expect(Math.abs((verified[0]?.output.durationSeconds ?? 0) - 3)).toBeLessThan(0.1);
  expect(warnings).toEqual([]);
});

test.each([
  ["100 kB of noise", noise(100_000)],
  ["2 MB of noise", noise(2_000_000)],
  ["100 kB of zeros", Buffer.alloc(100_000)],
  ["noise that is called a wave", Buffer.concat([Buffer.from("RIFF"), noise(100_000)])],
])("an MP3 with %s in front is a source, and its caller is told", async (_, junk) => {
  const path = await around(junk, NOTHING);
  for (const engine of [undefined, wasm]) {
    const { verified, warnings } = await makeProducts(path, SOUND, engine && { engine });
    expect(Math.abs((verified[0]?.output.durationSeconds ?? 0) - 3)).toBeLessThan(0.1);
    expect(warnings.map(({ code }) => code)).toEqual(["source_damage"]);
  }
});

test("noise that is called an MP3 is none", async () => {
  const path = join(tempFolder(), "source.mp3");
  writeFileSync(path, noise(300_000));
  const { code } = await taskErrorOf(makeProducts(path, SOUND));
  expect(["source_not_media", "source_damaged"]).toContain(code);
});
