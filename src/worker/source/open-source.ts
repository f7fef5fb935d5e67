import { join } from "node:path";
import type { Manifest, Track } from "../../manifest/manifest.ts";
import { fetching } from "../progress.ts";
import type { SourceLine } from "../run.ts";
import { fetchLiveManifest } from "./fetch-live-manifest.ts";
import { joinSource, type SpanFiles } from "./join-source.ts";
import { probeSource, type SourceFile } from "./probe-source.ts";
import {
  kindOfSource,
  type ManifestPlace,
  type ReadManifest,
  readManifest,
} from "./read-manifest.ts";
import { fetchTrack } from "./segment-fetcher.ts";
import { isGivenAsSound } from "./trim-sound.ts";

/** The conditions of opening a source. */
export type SourceConditions = {
  /** The attempt's own work folder. */
  readonly folder: string;
  readonly signal: AbortSignal;
};

/** A source whose manifest still grows. */
export type LiveManifestSource = { readonly read: ReadManifest; readonly place: ManifestPlace };

/**
 * Opens a source and probes it. A manifest that still grows is recorded to its end first.
 *
 * @throws {TaskError} what opening, reading and probing throw
 */
export async function openSource(
  url: string,
  line: SourceLine,
  conditions: SourceConditions,
): Promise<SourceFile> {
  const source = await openToSend(url, line, conditions);
  if ("path" in source) return source;
  const spans = await fetchLiveManifest(source.read, line, source.place);
  return joinSource(spans, line, source.place);
}

/**
 * Opens a source to be sent as it is: a file, or a manifest that still grows.
 *
 * Of an HLS or DASH source the manifest is read here, and what it names is fetched here, each address judged by the storage that
 * opened the manifest: its segments become one ordinary file. ffmpeg never sees a manifest, and its readers of them, which would
 * fetch any address, stay shut. A manifest that is not given as one (`isGivenAsManifest`) is refused by the probe.
 *
 * @throws {TaskError} what opening, reading and probing throw
 */
export async function openToSend(
  url: string,
  line: SourceLine,
  { folder, signal }: SourceConditions,
): Promise<SourceFile | LiveManifestSource> {
  line.onProgress(fetching({ doneBytes: 0 }));
  const storage = line.storageOf(url, "source");
  const source = await storage.open(url, {
    folder,
    signal,
    onProgress: (fetched) => line.onProgress(fetching(fetched)),
  });
  const kind = await kindOfSource(source, url);
  if (kind === undefined) {
    const isSound = isGivenAsSound(url, source.mediaType) || isGivenAsSound(source.foundAt);
    return probeSource(source.path, line, { folder, signal, isSound });
  }
  const place = { storage, folder, signal };
  const read = await readManifest(source, url, kind, place);
  if (read.manifest.isLive) return { read, place };
  return joinSource(await fetchManifest(read.manifest, line, place), line, place);
}

/** Fetches everything that a manifest names. */
async function fetchManifest(
  { spans }: Manifest,
  line: SourceLine,
  place: ManifestPlace,
): Promise<readonly SpanFiles[]> {
  const tracks = spans.flatMap(({ main, audio }) => (audio ? [main, audio] : [main]));
  const segments = tracks.flatMap((track) => track.segments);
  const totalSeconds = segments.reduce((sum, { seconds }) => sum + seconds, 0);
  let doneSeconds = 0;
  let doneBytes = 0;
  const fetch = async (track: Track, name: string): Promise<void> => {
    let trackBytes = 0;
    await fetchTrack(track, join(place.folder, name), place, ({ seconds }, bytes) => {
      doneBytes += bytes - trackBytes;
      trackBytes = bytes;
      doneSeconds += seconds;
      // The size of what is still to come is that of what came, by the duration.
      const totalBytes = (doneBytes / doneSeconds) * totalSeconds;
      const isKnown = Number.isFinite(totalBytes);
      line.onProgress(fetching({ doneBytes, ...(isKnown && { totalBytes }) }));
    });
  };
  const files: SpanFiles[] = [];
  for (const [index, { main, audio }] of spans.entries()) {
    if (main.segments.length === 0) continue;
    const names = { main: `main-${index}`, ...(audio && { audio: `audio-${index}` }) };
    await fetch(main, names.main);
    if (audio && names.audio !== undefined) await fetch(audio, names.audio);
    files.push({ ...names, isFragmented: main.init !== undefined });
  }
  return files;
}
