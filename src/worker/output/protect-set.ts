import { createCipheriv } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { onceLoaded } from "../../lib/once.ts";
import { encryptedPlaylist } from "../../manifest/write/encrypted-playlist.ts";
import type { Protection, WholeProtection } from "../../profile/fields/protection.ts";
import type { FinishedFiles } from "../../storage/storage.ts";
import type { Output } from "../../task/task.ts";
import type { SegmentKeys } from "../segment-keys.ts";

// The largest part of it, and for few sets.
const bySamples = onceLoaded(() => import("../protect/protect-samples.ts"));

const BLOCK_BYTES = 16;
/** What a media playlist has, and a master playlist has not. */
const HAS_SEGMENTS = /^#EXTINF:/m;

/**
 * Encrypts a finished set where it lies, and has its playlists and its manifest say so. Small pictures stay as they are.
 *
 * @returns what callers are told of it
 * @throws {TaskError} `output_wrong` if a segment is not as ours are; the reason of the signal
 */
export const protectSet = async (
  files: FinishedFiles,
  protection: Protection,
  keys: SegmentKeys,
  signal: AbortSignal,
): Promise<NonNullable<Output["encryption"]>> =>
  protection.method === "aes-128"
    ? protectWhole(files, protection, keys, signal)
    : (await bySamples()).protectSamples(files, protection, keys, signal);

/** Encrypts segments whole. Init segments stay as they are. */
async function protectWhole(
  { entry, segments }: FinishedFiles,
  { method, keyUrl, rotateSegments }: WholeProtection,
  { keyOf, addressOf }: SegmentKeys,
  signal: AbortSignal,
): Promise<NonNullable<Output["encryption"]>> {
  const urlOf = (key: number) => addressOf(keyUrl, key);
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
