import { type FileHandle, open } from "node:fs/promises";
import {
  type CaptionFacts,
  type CaptionReader,
  captionReaderOf,
} from "../../probe/bytes/caption-marks.ts";
import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { SourceReader } from "../../storage/storage.ts";
import type { SourceFile } from "./probe-source.ts";

const PIECE_BYTES = 1 << 20;
/** More than what is said before a picture, so that no cut hides it. */
const OVERLAP_BYTES = 16 << 10;
/** Of files above 1 GiB, whose captions come with every frame, as many pieces are read, evenly spread. */
const PIECES_MAX = 1024;

/**
 * A file, with what its bytes show of captions in its pictures. All of it is read, at some GB a second: so only where a plan
 * asks for it.
 */
export async function withCaptions(source: SourceFile, signal: AbortSignal): Promise<SourceFile> {
  const reader = readerFor(source.media);
  // What cannot be read here fails in its run, which tells why.
  const file = reader && (await open(source.path).catch(() => undefined));
  if (!reader || !file) return source;
  try {
    await readThrough(file, reader, signal);
  } finally {
    await file.close();
  }
  return { ...source, media: withFacts(source.media, reader.facts()) };
}

/** A source that is read where it lies, with what its first bytes show: they are here, and all of it would be fetched twice. */
export async function withFirstCaptions(
  media: MediaInfo,
  source: SourceReader,
): Promise<MediaInfo> {
  const reader = readerFor(media);
  if (!reader || source.sizeBytes === 0) return media;
  reader.see(await source.read(0, PIECE_BYTES));
  return withFacts(media, reader.facts(true));
}

const readerFor = ({ video, format }: MediaInfo): CaptionReader | undefined =>
  video && captionReaderOf(video, demuxerOf(format));

async function readThrough(
  file: FileHandle,
  reader: CaptionReader,
  signal: AbortSignal,
): Promise<void> {
  const { size } = await file.stat();
  const distance = Math.max(PIECE_BYTES - OVERLAP_BYTES, Math.ceil(size / PIECES_MAX));
  const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, size));
  for (let at = 0; at < size; at += distance) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(piece, 0, piece.length, at);
    reader.see(piece.subarray(0, bytesRead));
    if (reader.facts().areCaptionsBundled) return;
  }
}

function withFacts(media: MediaInfo, facts: CaptionFacts): MediaInfo {
  return media.video && facts.hasCaptions
    ? { ...media, video: { ...media.video, ...facts } }
    : media;
}
