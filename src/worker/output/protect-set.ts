import { createCipheriv } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { encryptedPlaylist } from "../../manifest/write/encrypted-playlist.ts";
import type { Protection } from "../../profile/fields/protection.ts";
import type { FinishedFiles } from "../../storage/storage.ts";
import type { Output } from "../../task/task.ts";
import type { SegmentKeys } from "../segment-keys.ts";

const BLOCK_BYTES = 16;
/** What a media playlist has, and a master playlist has not. */
const HAS_SEGMENTS = /^#EXTINF:/m;

/**
 * Encrypts the segments of a finished set where they lie, and has its playlists say so. Small pictures and init segments stay as they are.
 *
 * @returns what callers are told of it
 * @throws the reason of the signal
 */
export async function protectSet(
  { entry, segments }: FinishedFiles,
  { method, rotateSegments }: Protection,
  { keyOf, urlOf }: SegmentKeys,
  signal: AbortSignal,
): Promise<NonNullable<Output["encryption"]>> {
  let keys = 0;
  for (const path of await playlistsOf(entry, segments)) {
    const clear = await readFile(path, "utf8");
    if (!HAS_SEGMENTS.test(clear)) continue;
    const made = encryptedPlaylist(clear, rotateSegments, urlOf);
    for (const { name, key, sequence } of made.segments) {
      await encrypt(join(dirname(path), name), keyOf(key), sequence, signal);
      keys = Math.max(keys, key + 1);
    }
    await writeFile(path, made.text);
  }
  return { method, keys };
}

/** The entry, and the playlists beside the segments. */
async function playlistsOf(entry: string, segments: string | undefined): Promise<string[]> {
  const names = segments === undefined ? [] : await readdir(segments);
  const beside = names.filter((name) => name.endsWith(".m3u8"));
  return [entry, ...beside.map((name) => join(segments ?? "", name))];
}

async function encrypt(
  path: string,
  key: Uint8Array,
  sequence: number,
  signal: AbortSignal,
): Promise<void> {
  const vector = Buffer.alloc(BLOCK_BYTES);
  vector.writeBigUInt64BE(BigInt(sequence), BLOCK_BYTES - 8);
  const part = `${path}.part`;
  const cipher = createCipheriv("aes-128-cbc", key, vector);
  await pipeline(createReadStream(path), cipher, createWriteStream(part), { signal });
  await rename(part, path);
}
