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
/** How much parts overlap: more than what precedes a picture, so that no cut hides captions. */
const OVERLAP_BYTES = 16 << 10;
/** Of a file above 1 GiB, so many parts are read, evenly spread, as captions come with every frame. */
const PIECES_MAX = 1024;

/**
 * Adds what a file's bytes show of captions in its video. It reads the whole file, at some GB a second, so it is done only if a plan
 * asks for it.
 */
export async function withCaptions(source: SourceFile, signal: AbortSignal): Promise<SourceFile> {
  const reader = readerFor(source.media);
  // If it cannot be read here, its run fails and says why.
  const file = reader && (await open(source.path).catch(() => undefined));
  if (!reader || !file) return source;
  try {
    await readThrough(file, reader, signal);
  } finally {
    await file.close();
  }
  return { ...source, media: withFacts(source.media, reader.facts()) };
}

/** Adds what the first bytes of a source show that is read where it lies: they are here already, and all of it would be fetched twice. */
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
  }
}

function withFacts(media: MediaInfo, facts: CaptionFacts): MediaInfo {
  return media.video && facts.hasCaptions
    ? { ...media, video: { ...media.video, ...facts } }
    : media;
}
