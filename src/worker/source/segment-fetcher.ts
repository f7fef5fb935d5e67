import { createDecipheriv, randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { roomToFetch } from "../../disk/disk.ts";
import { isDiskFull } from "../../lib/errno-of.ts";
import { withOwnSignal } from "../../lib/own-signal.ts";
import { refuseManifest, type Segment, type Track } from "../../manifest/manifest.ts";
import type { OpenedSource } from "../../storage/storage.ts";
import { TaskError } from "../../task/errors.ts";
import type { ManifestPlace } from "./read-manifest.ts";

const CHUNK_BYTES = 256 << 10;
/** How many segments are fetched at once, so that the latency of a distant server does not add up. */
const AT_ONCE = 4;
const KEY_BYTES = 16;
/** A live source may change its key with every segment. */
const KEYS_HELD_MAX = 64;

/**
 * Fetches segments through their storage, each into a file, and returns their bytes, with ranges cut out and AES-128 decrypted. A file
 * of which several segments are ranges is fetched once.
 */
export class SegmentFetcher {
  readonly #place: ManifestPlace;
  readonly #closed = new AbortController();
  readonly #keys = new Map<string, Promise<Buffer>>();
  /** What was fetched or is being fetched, by its address. */
  readonly #files = new Map<
    string,
    { readonly folder: string; readonly opened: Promise<OpenedSource> }
  >();
  /** How many bytes may still be fetched into a folder. */
  readonly roomToFetch: NonNullable<ManifestPlace["roomToFetch"]>;

  constructor(place: ManifestPlace) {
    this.#place = place;
    this.roomToFetch = place.roomToFetch ?? roomToFetch;
  }

  /** The bytes of a segment. @throws {TaskError} what its storage throws; `source_damaged` if it is shorter than its range */
  async *read(segment: Segment): AsyncGenerator<Uint8Array> {
    const { path } = await this.#fileOf(segment.url);
    const key = segment.key && (await this.#keyOf(segment.key.url));
    if (!key || !segment.key) return yield* bytesOf(path, segment);
    const decipher = createDecipheriv("aes-128-cbc", key, Buffer.from(segment.key.iv, "hex"));
    for await (const chunk of bytesOf(path, segment)) yield decipher.update(chunk);
    try {
      yield decipher.final();
    } catch (cause) {
      const why = "Cannot read the source: a segment cannot be decrypted with its key";
      throw new TaskError("source_damaged", why, { cause });
    }
  }

  /** Begins to fetch segments that will be read soon. */
  fetchAhead(segments: readonly Segment[]): void {
    // A failure is thrown when the segment is read.
    for (const { url } of segments) this.#fileOf(url).catch(() => {});
  }

  /** Fetches a segment and its key, to be read later. @throws {TaskError} what their storage throws */
  async fetch(segment: Segment): Promise<void> {
    await this.#fileOf(segment.url);
    if (segment.key) await this.#keyOf(segment.key.url);
  }

  /** Removes what was fetched, except for the addresses that are still wanted. */
  async forget(isWanted: (url: string) => boolean): Promise<void> {
    for (const url of [...this.#files.keys()]) if (!isWanted(url)) await this.drop(url);
  }

  /** Removes what was fetched from an address; if it is read again, it is fetched again. */
  async drop(url: string): Promise<void> {
    const file = this.#files.get(url);
    if (!file) return;
    this.#files.delete(url);
    const opened = await file.opened.catch(() => undefined);
    await opened?.close?.();
    await rm(file.folder, { recursive: true, force: true });
  }

  /** Stops what is still being fetched, and removes everything. */
  async close(): Promise<void> {
    this.#closed.abort(new TaskError("cancelled", "Cannot fetch on: the source is given up"));
    await this.forget(() => false);
  }

  #fileOf(url: string): Promise<OpenedSource> {
    const known = this.#files.get(url);
    if (known) return known.opened;
    const folder = this.#newFolder();
    const opened = this.#open(url, folder);
    this.#files.set(url, { folder, opened });
    return opened;
  }

  async #open(url: string, folder: string) {
    const { storage, signal, budget } = this.#place;
    const { roomToFetch } = this;
    await mkdir(folder, { recursive: true });
    return withOwnSignal([signal, this.#closed.signal], (own) =>
      storage.open(url, { folder, signal: own, roomToFetch, ...(budget && { budget }) }),
    );
  }

  #newFolder(): string {
    return join(this.#place.folder, `segment-${randomUUID()}`);
  }

  async #readKey(url: string): Promise<Buffer> {
    const folder = this.#newFolder();
    let close: OpenedSource["close"];
    try {
      const opened = await this.#open(url, folder);
      const { path, sizeBytes } = opened;
      close = opened.close;
      if (sizeBytes !== KEY_BYTES)
        throw refuseManifest("source_not_media", `names a key that is not of ${KEY_BYTES} bytes`);
      return await readFile(path);
    } finally {
      await close?.();
      await rm(folder, { recursive: true, force: true });
    }
  }

  #keyOf(url: string): Promise<Buffer> {
    const known = this.#keys.get(url);
    if (known) return known;
    const key = this.#readKey(url);
    this.#keys.set(url, key);
    // What could not be fetched now may be there later.
    key.catch(() => this.#keys.delete(url));
    const [oldest] = this.#keys.keys();
    if (this.#keys.size > KEYS_HELD_MAX && oldest !== undefined) this.#keys.delete(oldest);
    return key;
  }
}

/**
 * Writes a track into one file.
 *
 * @param onSegment - called after every segment with the number of bytes written so far
 */
export async function fetchTrack(
  { init, segments }: Track,
  path: string,
  place: ManifestPlace,
  onSegment: (segment: Segment, doneBytes: number) => void,
): Promise<void> {
  const all = init ? [init, ...segments] : segments;
  const lastUse = new Map(all.map(({ url }, index) => [url, index] as const));
  const fetcher = new SegmentFetcher(place);
  const file = await open(path, "wx");
  const writer = new TrackWriter(file, path, fetcher.roomToFetch);
  let doneBytes = 0;
  try {
    for (const [index, segment] of all.entries()) {
      fetcher.fetchAhead(all.slice(index, index + AT_ONCE));
      for await (const chunk of fetcher.read(segment)) {
        await writer.write(chunk);
        doneBytes += chunk.byteLength;
      }
      await fetcher.forget((url) => (lastUse.get(url) ?? 0) > index);
      onSegment(segment, doneBytes);
    }
  } finally {
    await fetcher.close();
    await file.close();
  }
}

/** Appends a segment to a file. If that fails, no part of it stays. @returns its size in bytes */
export async function appendSegment(
  segment: Segment,
  path: string,
  fetcher: SegmentFetcher,
): Promise<number> {
  const file = await open(path, "a");
  const writer = new TrackWriter(file, path, fetcher.roomToFetch);
  const { size } = await file.stat();
  let sizeBytes = 0;
  try {
    for await (const chunk of fetcher.read(segment)) {
      await writer.write(chunk);
      sizeBytes += chunk.byteLength;
    }
    return sizeBytes;
  } catch (error) {
    await file.truncate(size);
    throw error;
  } finally {
    await file.close();
  }
}

const SCRATCH_FULL = "Cannot fetch the source: there is no room for it in scratch";
/** After how many bytes, far fewer than stay free, the disk is looked at. */
const SPACE_CHECK_BYTES = 16 << 20;

/** Writes a track. A manifest can name a file any number of times, so that much may be written though little is fetched. */
class TrackWriter {
  #uncheckedBytes = SPACE_CHECK_BYTES;

  constructor(
    private readonly file: FileHandle,
    private readonly path: string,
    private readonly room: NonNullable<ManifestPlace["roomToFetch"]>,
  ) {}

  async write(chunk: Uint8Array): Promise<void> {
    this.#uncheckedBytes += chunk.byteLength;
    if (this.#uncheckedBytes >= SPACE_CHECK_BYTES) await this.#refuseFull();
    try {
      await this.file.writeFile(chunk);
    } catch (cause) {
      throw isDiskFull(cause) ? new TaskError("scratch_full", SCRATCH_FULL, { cause }) : cause;
    }
  }

  async #refuseFull(): Promise<void> {
    this.#uncheckedBytes = 0;
    if ((await this.room(dirname(this.path))) < 0)
      throw new TaskError("scratch_full", SCRATCH_FULL);
  }
}

async function* bytesOf(path: string, { range }: Segment): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    let at = range?.fromByte ?? 0;
    for (let left = range?.sizeBytes ?? Number.POSITIVE_INFINITY; left > 0; ) {
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, left));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) {
        if (range)
          throw new TaskError(
            "source_damaged",
            "Cannot read the source: a segment is shorter than its manifest says",
          );
        return;
      }
      at += bytesRead;
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
