import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ByteSource } from "../../engine/engine.ts";
import { readFully } from "../../lib/read-fully.ts";
import { endTagBytes, findAudio, id3Bytes } from "../../probe/bytes/mpeg-audio.ts";

/** How far audio is looked for behind junk: players skip junk in front of an MP3 no further than that. */
const JUNK_BYTES_MAX = 4 << 20;
/** How much is read at once; the frames that prove that it is audio take up to 21 kB of it. */
const WINDOW_BYTES = 256 << 10;
const OVERLAP_BYTES = 32 << 10;
const TAIL_BYTES = 160;
/** ffmpeg itself skips so much in front, such as a first frame of another kind. */
const SMALL_JUNK_BYTES = 4096;
/** ffmpeg itself skips so much at the end: an ID3v1 tag. */
const SMALL_TAG_BYTES = 128;

/** Where the audio of an MP3 lies in its file. */
export type AudioPlace = {
  readonly from: number;
  readonly to: number;
  /** How many bytes in front of it are not tags. */
  readonly junkBytes: number;
};

/** The names of files of MPEG audio, and the types that servers give them. */
const NAMED = /\.(?:mp3|mp2|mpga)$/i;
const TYPED = /^audio\/(?:x-)?(?:mp3|mpeg|mpeg3|mp2)$/i;

/** Whether a source is called MPEG audio, so that audio is looked for behind junk. */
export const isGivenAsAudio = (url: string, mediaType = ""): boolean =>
  NAMED.test(url.replace(/[?#].*$/s, "")) || TYPED.test(mediaType.replace(/;.*$/s, "").trim());

/**
 * Finds what surrounds the audio of an MP3: junk in front, in which ffmpeg finds false frames or fails to find the audio, and tags at the
 * end, in which it finds false frames too. If nothing is wrong, only a few bytes are read.
 *
 * @returns undefined if ffmpeg reads the file right as it is
 */
export async function placeOfAudio(source: ByteSource): Promise<AudioPlace | undefined> {
  const tagged = await tagsOf(source);
  const found = await findFrom(source, tagged);
  if (found === undefined) return undefined;
  const to = await endOf(source);
  const hasJunk = found - tagged > SMALL_JUNK_BYTES;
  if ((!hasJunk && source.sizeBytes - to <= SMALL_TAG_BYTES) || to <= found) return undefined;
  return hasJunk ? { from: found, to, junkBytes: found - tagged } : { from: 0, to, junkBytes: 0 };
}

/** Where the tags at the beginning end. */
async function tagsOf(source: ByteSource): Promise<number> {
  let at = 0;
  let tag = id3Bytes(await readFully(source, 0, 10));
  while (tag > 0) {
    at += tag;
    tag = id3Bytes(await readFully(source, at, 10));
  }
  return at;
}

async function findFrom(source: ByteSource, tagged: number): Promise<number | undefined> {
  let at = tagged;
  while (at < tagged + JUNK_BYTES_MAX && at < source.sizeBytes) {
    const bytes = await readFully(source, at, WINDOW_BYTES);
    const found = findAudio(bytes, at + bytes.length >= source.sizeBytes);
    if (found !== undefined) return at + found;
    at += WINDOW_BYTES - OVERLAP_BYTES;
  }
  return undefined;
}

async function endOf(source: ByteSource): Promise<number> {
  let to = source.sizeBytes;
  while (to > 0) {
    const from = Math.max(0, to - TAIL_BYTES);
    const tag = endTagBytes(await readFully(source, from, to - from));
    if (tag === 0 || tag > to) break;
    to -= tag;
  }
  return to;
}

/** Writes only the audio into a work folder. @returns its path */
export async function writeAudio(
  path: string,
  { from, to }: AudioPlace,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  const trimmed = join(folder, "source-sound.mp3");
  const audio = createReadStream(path, { start: from, end: to - 1 });
  await pipeline(audio, createWriteStream(trimmed), { signal });
  return trimmed;
}

/** Only the audio of a source that is read where it lies. */
export const audioOf = (source: ByteSource, { from, to }: AudioPlace): ByteSource => ({
  sizeBytes: to - from,
  read: (position, length) => source.read(from + position, Math.min(length, to - from - position)),
});
