import { join } from "node:path";
import type { Manifest, Segment } from "../../manifest/manifest.ts";
import { LiveManifestReader, type News } from "../../manifest/read/live-manifest.ts";
import { TaskError } from "../../task/errors.ts";
import { fetching } from "../progress.ts";
import type { SourceRun } from "../run.ts";
import type { SpanFiles } from "./join-source.ts";
import { awayOr } from "./live-source.ts";
import { pollManifest } from "./poll-manifest.ts";
import type { ManifestPlace, ReadManifest } from "./read-manifest.ts";
import { appendSegment, SegmentFetcher } from "./segment-fetcher.ts";

/**
 * Fetches a live HLS or DASH source while it goes on, from the first segment that its manifest names, until the manifest says that it
 * has ended, or nothing new has come for as long as a live source may be away.
 *
 * @throws {TaskError} `source_never_came` if there was nothing to fetch; failures that waiting does not cure
 */
export async function fetchLiveManifest(
  read: ReadManifest,
  run: SourceRun,
  place: ManifestPlace,
): Promise<readonly SpanFiles[]> {
  const fetcher = new SegmentFetcher(place);
  const recorder = new LiveManifestFetch(run, place.folder, fetcher);
  try {
    const cause = await pollManifest(read, run, (each) => recorder.take(each));
    if (recorder.spans.length > 0) return recorder.spans;
    const why = `Cannot read the source: nothing came of it within ${run.sourceTimeoutMs / 1000} s`;
    throw new TaskError("source_never_came", why, { cause });
  } finally {
    await fetcher.close();
  }
}

/** Appends the new segments of a manifest to the files of its tracks. */
class LiveManifestFetch {
  readonly spans: SpanFiles[] = [];
  readonly #reader = new LiveManifestReader("start");
  #doneBytes = 0;

  constructor(
    private readonly run: SourceRun,
    private readonly folder: string,
    private readonly fetcher: SegmentFetcher,
  ) {}

  /** Whether anything was new. */
  async take(manifest: Manifest): Promise<boolean> {
    let isNew = false;
    for (const news of this.#reader.take(manifest)) {
      if (news.isBreak) await this.#begin(news);
      isNew = (await this.#append("main", news.main.segments)) || isNew;
      isNew = (await this.#append("audio", news.audio?.segments ?? [])) || isNew;
    }
    return isNew;
  }

  async #begin({ main, audio }: News): Promise<void> {
    const number = this.spans.length;
    this.spans.push({
      main: `main-${number}`,
      ...(audio && { audio: `audio-${number}` }),
      isFragmented: main.init !== undefined,
    });
    if (main.init) await this.#fetch(main.init, `main-${number}`);
    if (audio?.init) await this.#fetch(audio.init, `audio-${number}`);
  }

  async #append(kind: "main" | "audio", segments: readonly Segment[]): Promise<boolean> {
    const file = this.spans.at(-1)?.[kind];
    let isNew = false;
    for (const segment of segments) {
      if (file === undefined) continue;
      try {
        await this.#fetch(segment, file);
        isNew = true;
      } catch (error) {
        this.run.onLog(`a segment is left out: ${awayOr(error).message}`);
      }
    }
    return isNew;
  }

  async #fetch(segment: Segment, name: string): Promise<void> {
    try {
      this.#doneBytes += await appendSegment(segment, join(this.folder, name), this.fetcher);
    } finally {
      await this.fetcher.drop(segment.url);
    }
    this.run.onProgress(fetching({ doneBytes: this.#doneBytes }));
  }
}
