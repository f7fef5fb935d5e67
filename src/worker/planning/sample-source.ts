import { open } from "node:fs/promises";
import { join } from "node:path";
import { readFully } from "../../lib/read-fully.ts";
import {
  HEAD_BYTES,
  isGivenAsManifest,
  type Manifest,
  manifestKind,
  type Segment,
  type Track,
} from "../../manifest/manifest.ts";
import { findBox, WHOLE_FILE } from "../../probe/bytes/iso-boxes.ts";
import type { MediaInfo, MediaStream } from "../../probe/media.ts";
import type { SourceIdentity } from "../../slices/slices.ts";
import { type DisklessStorage, isDiskless, type SourceReader } from "../../storage/storage.ts";
import type { Run } from "../run.ts";
import { joinSource } from "../source/join-source.ts";
import {
  fetchManifest,
  type ManifestSource,
  openAsGiven,
  withBudget,
} from "../source/open-source.ts";
import { probeSource } from "../source/probe-source.ts";
import type { ManifestPlace } from "../source/read-manifest.ts";
import { isGivenAsAudio } from "../source/trim-audio.ts";

/** A source of which as much was read as a plan needs. */
export type Sample = {
  readonly path: string;
  readonly media: MediaInfo;
  /** The file holds parts of the source alone. */
  readonly isPartial: boolean;
  /** As `SourceFile` has it. */
  readonly own?: SourceIdentity;
};

/** How much of the beginning and of the end of a remote file is read: headers, indexes and first packets. */
const END_BYTES = 4 << 20;
/** The index of an mp4 is read whole, wherever it lies: of a film of ten hours it has some 30 MB. */
const INDEX_BYTES_MAX = 64 << 20;
const PIECE_BYTES = 1 << 20;
/** So many seconds of each span of a manifest show what is in it; the first segment in any case. */
const SPAN_SECONDS = 6;
/** Two spans are joined as any number of them is. */
const SPANS = 2;

/**
 * Opens a source as a run would, but fetches only parts of what lies elsewhere: of a file its ends and its index, of a manifest its
 * first segments. A live manifest is given back as it is.
 *
 * @param folder - absolute path of the plan's own folder
 * @throws {TaskError} what opening, reading and probing throw
 */
export async function openSample(
  url: string,
  run: Run,
  folder: string,
): Promise<Sample | ManifestSource> {
  const storage = run.storageOf(url, "source");
  if (isDiskless(storage) && !isGivenAsManifest(url)) {
    const sample = await sampleFile(url, storage, run, folder);
    if (sample) return sample;
  }
  const source = await openAsGiven(url, run, folder);
  if ("path" in source) return { ...source, isPartial: false };
  const { read } = source;
  const place = withBudget(source.place);
  return read.manifest.isLive ? { read, place } : sampleManifest(read.manifest, run, place);
}

/** @returns undefined if it is a manifest by its first bytes */
async function sampleFile(
  url: string,
  storage: DisklessStorage,
  run: Run,
  folder: string,
): Promise<Sample | undefined> {
  const reader = await storage.read(url, run.signal);
  try {
    const { sizeBytes, extension } = reader;
    const head = await readFully(reader, 0, Math.min(HEAD_BYTES, sizeBytes));
    if (manifestKind(Buffer.from(head).toString("utf8")) !== undefined) return undefined;
    const path = join(folder, `source${extension}`);
    const isPartial = await writeParts(reader, path, await partsOf(reader), run.signal);
    const file = await probeSource(path, run, folder, isGivenAsAudio(url));
    const { version } = reader;
    const own = version !== undefined && { own: { sizeBytes, version } };
    return { ...file, isPartial, ...own };
  } finally {
    reader.close();
  }
}

/** A part of a file, in bytes. */
type Range = { readonly from: number; readonly to: number };

/** The parts of a file that probing reads. */
async function partsOf(reader: SourceReader): Promise<readonly Range[]> {
  const { sizeBytes } = reader;
  const ends = [
    { from: 0, to: Math.min(END_BYTES, sizeBytes) },
    { from: Math.max(0, sizeBytes - END_BYTES), to: sizeBytes },
  ];
  const readAt = (at: number, length: number) =>
    readFully(reader, at, Math.max(0, Math.min(length, sizeBytes - at)));
  const index = await findBox(readAt, "moov", { ...WHOLE_FILE, to: sizeBytes });
  if (!index || index.to - index.from > INDEX_BYTES_MAX) return ends;
  // What comes right behind an index are the first packets.
  return [...ends, { from: index.from, to: Math.min(sizeBytes, index.to + END_BYTES) }];
}

/** Writes parts of a source to their places in a file of its whole size, which takes no room where nothing is written. @returns whether anything is left out */
async function writeParts(
  reader: SourceReader,
  path: string,
  parts: readonly Range[],
  signal: AbortSignal,
): Promise<boolean> {
  const file = await open(path, "w");
  try {
    await file.truncate(reader.sizeBytes);
    let done = 0;
    let isPartial = false;
    for (const { from, to } of parts.toSorted((a, b) => a.from - b.from)) {
      isPartial ||= from > done;
      for (let at = Math.max(from, done); at < to; ) {
        signal.throwIfAborted();
        const bytes = await reader.read(at, Math.min(PIECE_BYTES, to - at));
        await file.write(bytes, 0, bytes.length, at);
        at += bytes.length;
        done = at;
      }
    }
    return isPartial || done < reader.sizeBytes;
  } finally {
    await file.close();
  }
}

/** Fetches the first segments of a manifest, joins and probes them as a run does with all. */
export async function sampleManifest(
  manifest: Manifest,
  run: Run,
  place: ManifestPlace,
): Promise<Sample> {
  const whole = manifest.spans.flatMap(({ main }) => main.segments);
  const spans = manifest.spans
    .filter(({ main }) => main.segments.length > 0)
    .slice(0, SPANS)
    .map(({ main, audio }) => ({ main: firstOf(main), ...(audio && { audio: firstOf(audio) }) }));
  const files = await fetchManifest({ ...manifest, spans }, run, place);
  const { path, media } = await joinSource(files, run, place.folder);
  const isPartial =
    manifest.isLive || spans.flatMap(({ main }) => main.segments).length < whole.length;
  return { path, media: isPartial ? lasting(media, secondsOf(whole)) : media, isPartial };
}

/** The beginning of a track. */
function firstOf(track: Track): Track {
  let seconds = 0;
  const segments = track.segments.filter((segment) => {
    const isTaken = seconds < SPAN_SECONDS;
    seconds += segment.seconds;
    return isTaken;
  });
  return { ...track, segments };
}

const secondsOf = (segments: readonly Segment[]): number =>
  segments.reduce((sum, { seconds }) => sum + seconds, 0);

/** The same media as if all of it was there. */
function lasting({ sizeBytes: _, ...media }: MediaInfo, durationSeconds: number): MediaInfo {
  const longer = <S extends MediaStream>(stream: S): S => ({ ...stream, durationSeconds });
  return {
    ...media,
    durationSeconds,
    streams: media.streams.map(longer),
    ...(media.video && { video: longer(media.video) }),
    ...(media.audio && { audio: longer(media.audio) }),
  };
}
