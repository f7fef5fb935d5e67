import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { onceLoaded } from "../../lib/once.ts";
import { withOwnSignal } from "../../lib/own-signal.ts";
import {
  HEAD_BYTES,
  isGivenAsManifest,
  MANIFEST_BYTES_MAX,
  type Manifest,
  type ManifestKind,
  manifestKind,
  refuseManifest,
} from "../../manifest/manifest.ts";
import { type MediaPlaylist, pairPlaylists } from "../../manifest/read/hls.ts";
import type { OpenedSource, OpenOptions, Storage } from "../../storage/storage.ts";

// With parsers and threads: most sources are files.
const parsing = onceLoaded(() => import("./parse-manifest.ts"));

/** The storage and the folder by which a manifest and its segments are opened. */
export type ManifestPlace = {
  readonly storage: Storage;
  /** The attempt's own work folder. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly roomToFetch?: OpenOptions["roomToFetch"];
  /** What all segments may take together; those of a live source have a budget each, for they come while its stream lasts. */
  readonly budget?: OpenOptions["budget"];
};

/** A manifest, and how it is read again while it is live. */
export type ReadManifest = {
  readonly manifest: Manifest;
  /** Reads it again; of HLS, the media playlists that were chosen. */
  readonly again: () => Promise<Manifest>;
};

/** The kind of manifest that an opened source is, if it is given as one and begins like one; undefined if it is media. */
export async function kindOfSource(
  source: OpenedSource,
  url: string,
): Promise<ManifestKind | undefined> {
  const { path, foundAt, mediaType } = source;
  if (!isGivenAsManifest(url, mediaType) && !isGivenAsManifest(foundAt)) return undefined;
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return manifestKind(buffer.toString("utf8", 0, bytesRead));
  } finally {
    await file.close();
  }
}

/**
 * Reads a manifest that was opened, and the playlists that it names.
 *
 * @param url - as the task gives it
 * @throws {TaskError} as the parsers in `manifest/`; what opening throws
 */
export async function readManifest(
  source: OpenedSource,
  url: string,
  kind: ManifestKind,
  place: ManifestPlace,
): Promise<ReadManifest> {
  const text = await textOf(source);
  const { parseDashText, parseHlsText } = await parsing();
  if (kind === "dash") {
    const manifest = await parseDashText(text, source.foundAt, place.signal);
    const again = async () => {
      const { text: now, foundAt } = await fetchText(url, place);
      return parseDashText(now, foundAt, place.signal);
    };
    return { manifest, again };
  }
  const playlist = await parseHlsText(text, source.foundAt, place.signal);
  const isMedia = playlist.kind === "media";
  const urls = isMedia
    ? [url]
    : [playlist.main, ...(playlist.audio === undefined ? [] : [playlist.audio])];
  const again = async () => {
    const playlists: MediaPlaylist[] = [];
    for (const each of urls) playlists.push(await mediaPlaylist(each, place));
    const [main, audio] = playlists;
    if (!main) throw refuseManifest("source_not_media", "names no variant");
    return pairPlaylists(main, audio);
  };
  return { manifest: isMedia ? pairPlaylists(playlist) : await again(), again };
}

async function mediaPlaylist(url: string, place: ManifestPlace): Promise<MediaPlaylist> {
  const { text, foundAt } = await fetchText(url, place);
  const { parseHlsText } = await parsing();
  const playlist = await parseHlsText(text, foundAt, place.signal);
  if (playlist.kind === "master")
    throw refuseManifest("source_not_media", "names variants within variants");
  return playlist;
}

async function fetchText(url: string, { storage, folder: outer, signal: long }: ManifestPlace) {
  const folder = join(outer, `manifest-${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  try {
    const source = await withOwnSignal([long], (signal) => storage.open(url, { folder, signal }));
    try {
      return { text: await textOf(source), foundAt: source.foundAt };
    } finally {
      await source.close?.();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function textOf({ path, sizeBytes }: OpenedSource): Promise<string> {
  if (sizeBytes > MANIFEST_BYTES_MAX)
    throw refuseManifest("input_not_supported", `is larger than ${MANIFEST_BYTES_MAX >> 20} MiB`);
  return readFile(path, "utf8");
}
