import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Manifest, Span, Track } from "../manifest/manifest.ts";
import { refuseManifest } from "../manifest/manifest.ts";
import { joinSpans, joinTracks, type TrackFile } from "../plan/join.ts";
import type { Step } from "../plan/plan.ts";
import type { MediaInfo } from "../probe/media.ts";
import { fetchTrack } from "./fetch-pieces.ts";
import type { Line } from "./line.ts";
import { fetching } from "./progress.ts";
import { kindOfSource, type ManifestPlace, readManifest } from "./read-manifest.ts";

/** A source as a file on this machine that holds its media itself, and what is in it. */
export type SourceFile = { readonly path: string; readonly media: MediaInfo };

/**
 * Opens a source and probes it.
 *
 * Of an HLS or DASH source the manifest is read here, and what it names is fetched here, each address judged by the storage that
 * opened the manifest: its pieces become one ordinary file. ffmpeg never sees a manifest, and its readers of them, which would
 * fetch any address, stay shut. A manifest that is not given as one (`isGivenAsManifest`) is refused by the probe.
 *
 * @throws {TaskError} what opening, reading and probing throw
 */
export async function openSource(
  url: string,
  line: Line,
  folder: string,
  signal: AbortSignal,
): Promise<SourceFile> {
  line.onProgress(fetching({ doneBytes: 0 }));
  const storage = line.storageOf(url, "source");
  const source = await storage.open(url, {
    folder,
    signal,
    onProgress: (fetched) => line.onProgress(fetching(fetched)),
  });
  const kind = await kindOfSource(source, url);
  if (kind === undefined) return probed(source.path, line, signal);
  const place = { storage, folder, signal };
  const { manifest } = await readManifest(source, url, kind, place);
  if (manifest.isLive)
    throw refuseManifest(
      "input_not_supported",
      "is one of a live stream, which cannot be read so far",
    );
  return new Assembly(manifest, place, line).make();
}

async function probed(path: string, line: Line, signal: AbortSignal): Promise<SourceFile> {
  return { path, media: await line.engine.probe({ path, side: "source" }, signal) };
}

/** Makes one file of everything that a manifest names. */
class Assembly {
  readonly #totalSeconds: number;
  #doneSeconds = 0;
  #doneBytes = 0;

  constructor(
    private readonly manifest: Manifest,
    private readonly place: ManifestPlace,
    private readonly line: Line,
  ) {
    const tracks = manifest.spans.flatMap(({ main, audio }) => (audio ? [main, audio] : [main]));
    const pieces = tracks.flatMap((track) => track.pieces);
    this.#totalSeconds = pieces.reduce((sum, { seconds }) => sum + seconds, 0);
  }

  async make(): Promise<SourceFile> {
    const { spans } = this.manifest;
    const { folder, signal } = this.place;
    if (spans.every(({ main }) => main.pieces.length === 0))
      throw refuseManifest("source_not_media", "names no segment");
    const made: TrackFile[] = [];
    for (const [index, span] of spans.entries()) made.push(await this.#span(span, index));
    const [first] = made;
    if (first && made.length === 1) return { path: join(folder, first.name), media: first.media };
    const { step, text } = joinSpans(made, "spans.txt", "source-joined.mp4");
    await writeFile(join(folder, "spans.txt"), text);
    await this.#run(step, "spans.txt", true);
    await this.#remove(made);
    return probed(join(folder, "source-joined.mp4"), this.line, signal);
  }

  async #span({ main, audio }: Span, index: number): Promise<TrackFile> {
    const picture = await this.#track(main, `main-${index}`);
    // MPEG-TS as it is can be read like any file; what a fragmented one lacks is its length.
    if (!audio && !main.init && this.manifest.spans.length === 1) return picture;
    const sound = audio && (await this.#track(audio, `audio-${index}`));
    const name = `span-${index}.mp4`;
    await this.#run(joinTracks(picture, sound, name), picture.name);
    await this.#remove(sound ? [picture, sound] : [picture]);
    const path = join(this.place.folder, name);
    return { name, media: (await probed(path, this.line, this.place.signal)).media };
  }

  async #track(track: Track, name: string): Promise<TrackFile> {
    const { folder, signal } = this.place;
    const path = join(folder, name);
    let trackBytes = 0;
    await fetchTrack(track, path, this.place, ({ seconds }, doneBytes) => {
      this.#doneBytes += doneBytes - trackBytes;
      trackBytes = doneBytes;
      this.#doneSeconds += seconds;
      // The size of what is still to come is that of what came, by the duration.
      const totalBytes = (this.#doneBytes / this.#doneSeconds) * this.#totalSeconds;
      const isKnown = Number.isFinite(totalBytes);
      const doneSoFar = { doneBytes: this.#doneBytes, ...(isKnown && { totalBytes }) };
      this.line.onProgress(fetching(doneSoFar));
    });
    const { media } = await probed(path, this.line, signal);
    return { name, media };
  }

  async #run(step: Step, input: string, isOurs = false): Promise<void> {
    const { folder, signal } = this.place;
    const { engine, onLog } = this.line;
    const inputPath = join(folder, input);
    await engine.run({ step, folder, inputPath, isOurs, onProgress: () => {}, onLog }, signal);
  }

  async #remove(files: readonly TrackFile[]): Promise<void> {
    for (const { name } of files) await rm(join(this.place.folder, name), { force: true });
  }
}
