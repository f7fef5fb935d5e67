import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Manifest, Piece, Span, Track } from "../manifest/manifest.ts";
import { type ErrorCode, TaskError } from "../task/errors.ts";
import { appendPiece, PieceFetcher } from "./fetch-pieces.ts";
import type { SpanFiles } from "./join-source.ts";
import type { SourceLine } from "./line.ts";
import { fetching } from "./progress.ts";
import type { ManifestPlace, ReadManifest } from "./read-manifest.ts";

/** What a live source that is away, or a segment that is gone again, is known by. */
const AWAY: readonly ErrorCode[] = ["source_unreachable", "source_hangs", "source_missing"];
const POLL_SECONDS_MIN = 0.5;
const POLL_SECONDS_MAX = 6;

/**
 * Records a live HLS or DASH source as it grows, from the first segment it names on, until its manifest says that it has ended
 * or nothing new has come for as long as a live source may be away.
 *
 * @throws {TaskError} `source_never_came` where there was nothing to be recorded; what cannot be waited out
 */
export async function recordManifest(
  { manifest, again }: ReadManifest,
  line: SourceLine,
  place: ManifestPlace,
): Promise<readonly SpanFiles[]> {
  const fetcher = new PieceFetcher(place);
  try {
    return await record(
      { manifest, again },
      line,
      place,
      new Recorder(line, place.folder, fetcher),
    );
  } finally {
    await fetcher.close();
  }
}

async function record(
  { manifest, again }: ReadManifest,
  line: SourceLine,
  { signal }: ManifestPlace,
  recorder: Recorder,
): Promise<readonly SpanFiles[]> {
  let current: Manifest | undefined = manifest;
  let newMs = performance.now();
  let last: TaskError | undefined;
  while (performance.now() - newMs < line.sourceTimeoutMs) {
    if (current && (await recorder.take(current))) newMs = performance.now();
    if (current?.isLive === false) break;
    const { segmentSeconds } = current ?? manifest;
    const seconds = Math.min(POLL_SECONDS_MAX, Math.max(POLL_SECONDS_MIN, segmentSeconds / 2));
    await wait(seconds * 1000, undefined, { signal });
    current = await again().catch((error: unknown) => {
      signal.throwIfAborted();
      last = passing(error);
      line.onLog(`the source is away: ${last.message}`);
      return undefined;
    });
  }
  if (recorder.spans.length > 0) return recorder.spans;
  const why = `Cannot read the source: nothing came of it within ${line.sourceTimeoutMs / 1000} s`;
  throw new TaskError("source_never_came", why, { cause: last });
}

/** The error, where another try may overcome it. */
function passing(error: unknown): TaskError {
  if (error instanceof TaskError && AWAY.includes(error.code)) return error;
  throw error;
}

/** Appends what is new of a manifest to the files of its tracks. */
class Recorder {
  readonly spans: SpanFiles[] = [];
  readonly #seen = { main: -1, audio: -1 };
  #init: string | undefined;
  #doneBytes = 0;

  constructor(
    private readonly line: SourceLine,
    private readonly folder: string,
    private readonly fetcher: PieceFetcher,
  ) {}

  /** Whether anything was new. */
  async take({ spans }: Manifest): Promise<boolean> {
    let isNew = false;
    for (const [index, { main, audio }] of spans.entries()) {
      if (this.#isNewSpan(main, index)) await this.#begin({ main, ...(audio && { audio }) });
      isNew = (await this.#append("main", main)) || isNew;
      if (audio) isNew = (await this.#append("audio", audio)) || isNew;
    }
    return isNew;
  }

  #isNewSpan({ init, pieces }: Track, index: number): boolean {
    const hasNew = pieces.some(({ at }) => at > this.#seen.main);
    if (!hasNew) return false;
    // The first stretch of a window goes on where the last recorded one stands, unless it begins otherwise.
    const isOther = JSON.stringify(init) !== this.#init;
    const isLater = index > 0 && (pieces[0]?.at ?? 0) > this.#seen.main;
    return this.spans.length === 0 || isOther || isLater;
  }

  async #begin({ main, audio }: Span): Promise<void> {
    const number = this.spans.length;
    this.#init = JSON.stringify(main.init);
    this.spans.push({
      main: `main-${number}`,
      ...(audio && { audio: `audio-${number}` }),
      isFragmented: main.init !== undefined,
    });
    if (main.init) await this.#fetch(main.init, `main-${number}`);
    if (audio?.init) await this.#fetch(audio.init, `audio-${number}`);
  }

  async #append(kind: "main" | "audio", { pieces }: Track): Promise<boolean> {
    const file = this.spans.at(-1)?.[kind];
    let isNew = false;
    for (const piece of pieces) {
      if (piece.at <= this.#seen[kind] || file === undefined) continue;
      this.#seen[kind] = piece.at;
      try {
        await this.#fetch(piece, file);
        isNew = true;
      } catch (error) {
        this.line.onLog(`a segment is left out: ${passing(error).message}`);
      }
    }
    return isNew;
  }

  async #fetch(piece: Piece, name: string): Promise<void> {
    this.#doneBytes += await appendPiece(piece, join(this.folder, name), this.fetcher);
    this.line.onProgress(fetching({ doneBytes: this.#doneBytes }));
  }
}
