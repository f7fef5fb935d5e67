import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MEMORY_SECTION = 5;
const HAS_MAXIMUM = 1;
const PAGE_BYTES = 65_536;

/** A number of WebAssembly, seven bits a byte, and where it ends. */
function numberAt(bytes: Uint8Array, at: number): readonly [value: number, end: number] {
  const byte = bytes[at] ?? 0;
  if (byte < 128) return [byte, at + 1];
  const [more, end] = numberAt(bytes, at + 1);
  return [(byte & 127) + 128 * more, end];
}

test("the memory of the core never grows beyond two gigabytes", () => {
  const core = dirname(fileURLToPath(import.meta.resolve("@ffmpeg/core")));
  const bytes = readFileSync(join(core, "ffmpeg-core.wasm"));
  let [section, at] = [0, 8];
  while (section !== MEMORY_SECTION && at < bytes.length) {
    section = bytes[at] ?? 0;
    const [size, from] = numberAt(bytes, at + 1);
    at = section === MEMORY_SECTION ? from : from + size;
  }
  const [count, flagsAt] = numberAt(bytes, at);
  const [, from] = numberAt(bytes, flagsAt + 1);
  const [pages] = numberAt(bytes, from);
  expect([count, bytes[flagsAt], pages * PAGE_BYTES]).toEqual([1, HAS_MAXIMUM, 2 * 1024 ** 3]);
});
