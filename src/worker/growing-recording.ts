import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import type { Engine } from "../engine/engine.ts";
import { toNumber } from "../lib/rational.ts";
import { codecsIn, masterPlaylist, type SetShape, type TrackFacts } from "../plan/finish-set.ts";
import { growingPlaylist } from "../plan/growing-list.ts";
import { growingManifest, type RunManifest } from "../plan/growing-manifest.ts";
import type { LiveRecording } from "../plan/live.ts";
import { RUN_MANIFEST } from "../plan/live-args.ts";
import type { Product } from "../plan/plan.ts";
import { type PublishedText, publishedName } from "../plan/published-names.ts";
import type { MediaInfo } from "../probe/media.ts";
import { TaskError } from "../task/errors.ts";
import type { Output } from "../task/task.ts";
import {
  describeOutput,
  describeRendition,
  describeSet,
  type FinishedTrack,
} from "./describe-output.ts";
import type { GrowingPieces } from "./growing-pieces.ts";

/** What players are told: texts in the folder of the set, then the playlist or manifest at the target. */
export type GrowingTexts = {
  readonly inFolder: readonly PublishedText[];
  readonly entry: string;
};

/** A recording whose pieces are sent while it grows. */
export interface GrowingRecording {
  readonly pieces: GrowingPieces;

  /** To be told before each run what it makes. @throws {TaskError} where it is no more of the same set */
  begin(recording: LiveRecording): Promise<void>;

  /**
   * What players are told now; all that it names is among `pieces`.
   *
   * @param folder - the bare name of the set's folder, beside the entry
   * @returns nothing where there is nothing to be played yet
   */
  texts(folder: string, hasEnded: boolean, signal: AbortSignal): Promise<GrowingTexts | undefined>;

  /** What has come of it. @throws {TaskError} `output_wrong` where it cannot be played */
  describe(signal: AbortSignal): Promise<Output>;
}

type Probe = Pick<Engine, "probe">;

/** What is in the newest pieces of a stream. */
async function probeNewest(
  pieces: GrowingPieces,
  track: number,
  engine: Probe,
  signal: AbortSignal,
): Promise<MediaInfo> {
  const newest = pieces.newestOf(track);
  const [first] = newest;
  if (!first)
    throw new TaskError("output_wrong", "Cannot deliver the set: a stream of it is empty");
  const path = pieces.pathOf(first, `newest-${track}.m3u8`);
  await writeFile(path, growingPlaylist(newest, "", true));
  return await engine.probe({ path, side: "output" }, signal);
}

const totalOf = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0);

/** Of one stream, or of picture and sound together, in one playlist. */
export class GrowingStream implements GrowingRecording {
  constructor(
    readonly pieces: GrowingPieces,
    private readonly engine: Probe,
  ) {}

  async begin(): Promise<void> {
    // Whatever another run makes follows a break.
  }

  async texts(folder: string, hasEnded: boolean): Promise<GrowingTexts | undefined> {
    const { all } = this.pieces;
    if (all.length === 0) return undefined;
    return { inFolder: [], entry: growingPlaylist(all, folder, hasEnded) };
  }

  async describe(signal: AbortSignal): Promise<Output> {
    const media = await probeNewest(this.pieces, 0, this.engine, signal);
    const { all } = this.pieces;
    const durationSeconds = totalOf(all.map(({ seconds }) => seconds));
    const sizeBytes = totalOf(all.map((piece) => piece.sizeBytes));
    return describeOutput({ container: "m3u8" }, { ...media, durationSeconds }, sizeBytes);
  }
}

const SHAPE = "set.json";
const KEPT = "kept";
const shapeSchema = v.object({
  tracks: v.array(v.object({ kind: v.picklist(["video", "audio"]), playlist: v.string() })),
  renditions: v.array(
    v.object({ video: v.exactOptional(v.number()), audio: v.exactOptional(v.number()) }),
  ),
  /** What every run has to make again. */
  streams: v.string(),
});
type Shape = SetShape & { readonly streams: string };

/** How a set is told of to players. */
export type SetForm = {
  readonly container: Product["container"];
  /** The tag of all its pieces (`publishedName`). */
  readonly tag: string;
  /** ms since the epoch */
  readonly now: () => number;
};

/** Of several streams apart: renditions that a player changes between, for HLS, DASH or both. */
export class GrowingStreams implements GrowingRecording {
  #shape: Shape | undefined;
  readonly #media = new Map<number, MediaInfo>();
  /** The newest whole manifest of each run, by part. */
  readonly #told = new Map<number, string>();

  private constructor(
    readonly pieces: GrowingPieces,
    private readonly engine: Probe,
    private readonly form: SetForm,
    shape: Shape | undefined,
  ) {
    this.#shape = shape;
  }

  /** Takes it up as an earlier attempt left it. */
  static async open(pieces: GrowingPieces, engine: Probe, form: SetForm): Promise<GrowingStreams> {
    const text = await readFile(join(pieces.folder, SHAPE), "utf8").catch(() => "null");
    const parsed = v.safeParse(shapeSchema, JSON.parse(text));
    return new GrowingStreams(pieces, engine, form, parsed.success ? parsed.output : undefined);
  }

  async begin({ set }: LiveRecording): Promise<void> {
    if (!set) return;
    const { tracks, renditions } = set.plan;
    const streams = tracks
      .map(({ expect: { video, audio } }) =>
        [video?.codec ?? audio?.codec, video?.width, video?.height].filter(Boolean).join(" "),
      )
      .join(", ");
    if (this.#shape && this.#shape.streams !== streams)
      throw new TaskError(
        "output_not_supported",
        `Cannot go on with the set: its streams were ${this.#shape.streams}, and of the source as it is now would be ${streams}`,
      );
    if (this.#shape) return;
    const shape = {
      tracks: tracks.map(({ kind, playlist }) => ({ kind, playlist })),
      renditions,
      streams,
    };
    await writeFile(join(this.pieces.folder, SHAPE), JSON.stringify(shape));
    this.#shape = shape;
  }

  async texts(
    folder: string,
    hasEnded: boolean,
    signal: AbortSignal,
  ): Promise<GrowingTexts | undefined> {
    const shape = this.#shape;
    if (!shape) return undefined;
    // First, so that all that they name is found afterwards.
    const manifests = await this.#manifests();
    await this.pieces.look();
    const runs = this.#runsOf(shape, manifests);
    if (runs.length === 0) return undefined;
    const { container } = this.form;
    const manifest = (prefix: string) => growingManifest(runs, prefix, hasEnded, this.form.now());
    const inside = `${encodeURIComponent(folder)}/`;
    if (container === "dash") return { inFolder: [], entry: manifest(inside) };
    const named = shape.tracks.map((track) => ({
      ...track,
      playlist: publishedName(track.playlist, this.form.tag),
    }));
    const playlists = named.map(({ playlist: name }, at) => ({
      name,
      text: growingPlaylist(this.pieces.ofTrack(at), "", hasEnded),
    }));
    const facts = (await this.#finished(shape, signal)).map((track) => track.facts);
    return {
      inFolder: [
        ...playlists,
        ...(container === "cmaf" ? [{ name: RUN_MANIFEST, text: manifest("") }] : []),
      ],
      entry: masterPlaylist({ ...shape, tracks: named }, facts, encodeURIComponent(folder)),
    };
  }

  async describe(signal: AbortSignal): Promise<Output> {
    const shape = this.#shape;
    if (!shape) throw new TaskError("output_wrong", "Cannot deliver the set: nothing of it came");
    const finished = await this.#finished(shape, signal);
    const renditions = shape.renditions.map((pair) => describeRendition(this.form, pair, finished));
    const sizeBytes = totalOf(this.pieces.all.map((piece) => piece.sizeBytes));
    return describeSet(this.form, renditions, sizeBytes);
  }

  /** By part. An encoder that is ended in the middle of a read leaves an empty one: the last whole one is kept apart. */
  async #manifests(): Promise<ReadonlyMap<number, string>> {
    const folders = new Map(this.pieces.all.map(({ part, folder }) => [part, folder]));
    for (const [part, folder] of folders) {
      const path = join(this.pieces.folder, folder, RUN_MANIFEST);
      const kept = `${path}.${KEPT}`;
      const text = await readFile(path, "utf8").catch(() => "");
      if (text.trimEnd().endsWith("</MPD>")) {
        if (this.#told.get(part) !== text) await writeFile(kept, text);
        this.#told.set(part, text);
      } else if (!this.#told.has(part))
        this.#told.set(part, await readFile(kept, "utf8").catch(() => ""));
    }
    return new Map([...this.#told].filter(([, text]) => text !== ""));
  }

  /** The runs of which there is something of every stream. */
  #runsOf({ tracks }: Shape, manifests: ReadonlyMap<number, string>): readonly RunManifest[] {
    return [...manifests].flatMap(([part, text]) => {
      const lengths = tracks.map((_, at) =>
        totalOf(
          this.pieces
            .ofTrack(at)
            .filter((piece) => piece.part === part)
            .map(({ seconds }) => seconds),
        ),
      );
      return lengths.includes(0) ? [] : [{ text, seconds: Math.max(...lengths) }];
    });
  }

  /** Every stream as it is by now. */
  async #finished({ tracks }: Shape, signal: AbortSignal): Promise<readonly FinishedTrack[]> {
    const manifests = [...(await this.#manifests()).values()];
    const codecs = codecsIn(manifests.at(-1) ?? "");
    const finished: FinishedTrack[] = [];
    for (const at of tracks.keys()) {
      const media =
        this.#media.get(at) ?? (await probeNewest(this.pieces, at, this.engine, signal));
      this.#media.set(at, media);
      const segments = this.pieces
        .ofTrack(at)
        .map(({ seconds, sizeBytes }) => ({ seconds, bytes: sizeBytes }));
      const durationSeconds = totalOf(segments.map(({ seconds }) => seconds));
      finished.push({
        facts: factsOf(media, codecs[at] ?? "", segments),
        media: { ...media, durationSeconds },
      });
    }
    return finished;
  }
}

const factsOf = (
  { video, audio }: MediaInfo,
  codec: string,
  segments: TrackFacts["segments"],
): TrackFacts => ({
  codec,
  segments,
  ...(video && { width: video.width, height: video.height }),
  ...(video?.framerate && { framerate: toNumber(video.framerate) }),
  ...(audio && { channels: audio.channels }),
});
