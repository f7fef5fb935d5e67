import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { readdir, readFile, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import {
  IDENTITY,
  type ToldKey,
  withContentProtection,
  withSampleKey,
} from "../../manifest/write/protected-samples.ts";
import { segmentsOf } from "../../manifest/write/set-playlists.ts";
import type { SampleProtection } from "../../profile/fields/protection.ts";
import type { FinishedFiles } from "../../storage/storage.ts";
import type { Output } from "../../task/task.ts";
import type { SegmentKeys } from "../segment-keys.ts";
import { wrong } from "./boxes.ts";
import { protectFragments } from "./protect-fragments.ts";
import { protectInit } from "./protect-init.ts";
import type { Secret } from "./sample-cipher.ts";
import { BLOCK_BYTES } from "./subsamples.ts";

/** A segment is in memory while it is encrypted. One of this size has 20 s of 214 Mbit/s. */
const SEGMENT_BYTES_MAX = 512 * 2 ** 20;
/** What a playlist of fragments has, and one of texts has not. */
const HAS_INIT = /^#EXT-X-MAP:/m;
/** The init segment of a stream of a set, and its number. */
const INIT = /^init-(\d+)\.mp4$/;

/**
 * Encrypts the samples of a finished set where they lie, by one key, and has its init segments, playlists and manifest say so.
 *
 * @returns what callers are told of it
 * @throws {TaskError} `output_wrong` if a segment is not as ours are; the reason of the signal
 */
export async function protectSamples(
  files: FinishedFiles,
  protection: SampleProtection,
  keys: SegmentKeys,
  signal: AbortSignal,
): Promise<NonNullable<Output["encryption"]>> {
  const { method } = protection;
  const keyId = keys.idOf(0);
  const secret: Secret = {
    ...{ method, key: keys.keyOf(0), keyId: Buffer.from(keyId, "hex") },
    vector: randomBytes(BLOCK_BYTES),
  };
  const texts = await textsOf(files);
  for (const stream of await streamsOf(files, texts)) await protectStream(stream, secret, signal);
  const told: ToldKey = { method, keyId, vector: Buffer.from(secret.vector).toString("hex") };
  for (const { path, text } of texts)
    await replace(path, toldIn(path, text, told, protection, keys));
  return { method, keys: 1, keyId };
}

/** A playlist or a manifest of a set. */
type Text = { readonly path: string; readonly text: string };

async function textsOf({ entry, segments = "" }: FinishedFiles): Promise<readonly Text[]> {
  const names = await readdir(segments);
  const beside = names.filter((name) => /\.(?:m3u8|mpd)$/.test(name));
  const paths = [entry, ...beside.map((name) => join(segments, name))];
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(path, "utf8") })));
}

/** A playlist or a manifest, with what it says of the key. */
function toldIn(
  path: string,
  text: string,
  told: ToldKey,
  { keyUrl = "", keyFormat = IDENTITY, licenseUrl }: SampleProtection,
  { addressOf }: SegmentKeys,
): string {
  if (!path.endsWith(".mpd"))
    return withSampleKey(text, told, { url: addressOf(keyUrl, 0), format: keyFormat });
  return withContentProtection(text, told, licenseUrl && addressOf(licenseUrl, 0));
}

/** The files of a stream: its init segment, and its segments in their order. */
type Stream = { readonly init: string; readonly segments: readonly string[] };

/** The streams that the playlists name, or, of a set without playlists, those that lie in its folder. */
async function streamsOf(
  { segments = "" }: FinishedFiles,
  texts: readonly Text[],
): Promise<readonly Stream[]> {
  const playlists = texts.filter(({ text }) => HAS_INIT.test(text));
  if (playlists.length > 0) return playlists.map(streamOf);
  const names = (await readdir(segments)).toSorted();
  return names.flatMap((name) => {
    const [, number] = INIT.exec(name) ?? [];
    if (number === undefined) return [];
    const own = names.filter((other) => other.startsWith(`chunk-${number}-`));
    return [{ init: join(segments, name), segments: own.map((one) => join(segments, one)) }];
  });
}

function streamOf({ path, text }: Text): Stream {
  const [init = "", ...segments] = segmentsOf(text).map((name) => join(dirname(path), name));
  return { init, segments };
}

async function protectStream(
  { init, segments }: Stream,
  secret: Secret,
  signal: AbortSignal,
): Promise<void> {
  const { bytes, tracks } = protectInit(await readFile(init), secret);
  await replace(init, bytes);
  for (const path of segments) {
    signal.throwIfAborted();
    const { size } = await stat(path);
    if (size > SEGMENT_BYTES_MAX)
      throw wrong(`it has ${size} bytes, and may have ${SEGMENT_BYTES_MAX}`);
    await replace(path, ...protectFragments(await readFile(path), tracks));
  }
}

/** Writes a file anew, from parts. Bun's own `writeFile` adds zeros to a file of several parts. */
async function replace(path: string, ...parts: readonly (string | Buffer)[]): Promise<void> {
  const part = `${path}.part`;
  await pipeline(parts, createWriteStream(part));
  await rename(part, path);
}
