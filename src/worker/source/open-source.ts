import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Manifest, Track } from "../../manifest/manifest.ts";
import type { SourceIdentity } from "../../slices/slices.ts";
import { type OpenedSource, schemeOf } from "../../storage/storage.ts";
import { fetching } from "../progress.ts";
import type { SourceRun } from "../run.ts";
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
import { isGivenAsAudio } from "./trim-audio.ts";

/** A source with a manifest. */
export type ManifestSource = { readonly read: ReadManifest; readonly place: ManifestPlace };

/**
 * Opens a source and probes it. What a live manifest names is fetched to its end first.
 *
 * @param folder - the attempt's own work folder
 * @throws {TaskError} what opening, reading and probing throw
 */
export async function openSource(url: string, run: SourceRun, folder: string): Promise<SourceFile> {
  const source = await openToSend(url, run, folder);
  if ("path" in source) return source;
  const spans = await fetchLiveManifest(source.read, run, source.place);
  return joinSource(spans, run, folder);
}

/**
 * Opens a source that is to be sent as it comes: a file, or a live manifest.
 *
 * @param folder - the attempt's own work folder
 * @throws {TaskError} what opening, reading and probing throw
 */
export async function openToSend(
  url: string,
  run: SourceRun,
  folder: string,
): Promise<SourceFile | ManifestSource> {
  const source = await openAsGiven(url, run, folder);
  if ("path" in source || source.read.manifest.isLive) return source;
  const { read, place } = source;
  return joinSource(await fetchManifest(read.manifest, run, withBudget(place)), run, folder);
}

/**
 * Opens a source as it is given: a file, which is probed, or a manifest, which is read.
 *
 * The manifest of an HLS or DASH source is read here, and its segments are fetched here into one ordinary file; the storage that opened
 * the manifest judges each address. ffmpeg never sees a manifest, and its own readers of manifests, which would fetch any address, stay
 * disabled. A manifest that is not given as one (`isGivenAsManifest`) is refused by the probe.
 *
 * @param folder - the attempt's own work folder
 * @throws {TaskError} what opening, reading and probing throw
 */
export async function openAsGiven(
  url: string,
  run: SourceRun,
  folder: string,
): Promise<SourceFile | ManifestSource> {
  const { signal, disk } = run;
  const room = disk && { roomToFetch: disk.roomToFetch };
  run.onProgress(fetching({ doneBytes: 0 }));
  const storage = run.storageOf(url, "source");
  const source = await storage.open(url, {
    folder,
    signal,
    ...room,
    onProgress: (fetched) => run.onProgress(fetching(fetched)),
  });
  if (source.close) run.atEnd(source.close);
  const kind = await kindOfSource(source, url);
  if (kind === undefined) {
    const isAudio = isGivenAsAudio(url, source.mediaType) || isGivenAsAudio(source.foundAt);
    const probed = await probeSource(source.path, run, folder, isAudio);
    if (probed.path !== source.path) return probed;
    const { sizeBytes, version } = source;
    const identity = await identityOf(url, source);
    const own = version !== undefined && { own: { sizeBytes, version } };
    return { ...probed, ...own, ...(identity && { identity }) };
  }
  const place = { storage, folder, signal, ...room };
  return { read: await readManifest(source, url, kind, place), place };
}

/** What tells an opened source from others at its address; undefined where its server names no version of it. */
export async function identityOf(
  url: string,
  { path, sizeBytes, version }: Pick<OpenedSource, "path" | "sizeBytes" | "version">,
): Promise<SourceIdentity | undefined> {
  if (schemeOf(url) === "file") return { sizeBytes, version: `${(await stat(path)).mtimeMs}` };
  return version === undefined ? undefined : { sizeBytes, version };
}

/** The same place, where all segments together may take no more than one source. */
export function withBudget(place: ManifestPlace): ManifestPlace {
  const budget = place.storage.budget?.();
  return { ...place, ...(budget && { budget }) };
}

/** Fetches everything that a manifest names. */
export async function fetchManifest(
  { spans }: Manifest,
  run: SourceRun,
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
      // The total size is estimated: what came so far, scaled by the duration.
      const totalBytes = (doneBytes / doneSeconds) * totalSeconds;
      const isKnown = Number.isFinite(totalBytes);
      run.onProgress(fetching({ doneBytes, ...(isKnown && { totalBytes }) }));
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
