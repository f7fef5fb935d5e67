import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { makeProducts, profileOf } from "../fixtures/made-products.ts";
import { anAudio } from "./builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const SOUND = profileOf({
  container: "m4a",
  video: "none",
  audio: anAudio({ bitrateBps: 64_000 }),
});

/** A tag at the end of a file, of 128 bytes. */
const ID3V1 = Buffer.alloc(128);
ID3V1.write("TAGtitle", "latin1");

/** A tag of one item, with a header and a footer. */
function apeTag(): Buffer {
  const item = Buffer.from(`\x05\0\0\0\0\0\0\0Title\0title`, "latin1");
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

const text = Buffer.from("<html>a page in front of it</html>\n".repeat(100));

test.each([
  ["text in front", text, Buffer.alloc(0)],
  ["zeros in front", Buffer.alloc(5000), Buffer.alloc(0)],
  ["an ID3v1 tag behind", Buffer.alloc(0), ID3V1],
  ["an APE tag behind", Buffer.alloc(0), apeTag()],
  ["an APE and an ID3v1 tag behind", Buffer.alloc(0), Buffer.concat([apeTag(), ID3V1])],
])("an MP3 with %s is a source", async (_, front, behind) => {
  const sound = readFileSync(
    await clip({ seconds: 3, video: false, audio: "libmp3lame", container: "mp3" }),
  );
  const path = join(tempFolder(), "source.mp3");
  writeFileSync(path, Buffer.concat([front, sound, behind]));
  const { verified } = await makeProducts(path, SOUND);
  expect(Math.abs((verified[0]?.output.durationSeconds ?? 0) - 3)).toBeLessThan(0.1);
});
