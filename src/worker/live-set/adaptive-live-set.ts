import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { availableFrom, liveMpd, type RunManifest } from "../../manifest/write/live-mpd.ts";
import { livePlaylist, type Telling } from "../../manifest/write/live-playlist.ts";
import { type PublishedText, publishedName } from "../../manifest/write/published-names.ts";
import { type LiveRecording, RUN_MANIFEST } from "../../plan/live/live.ts";
import type { PlannedOutput } from "../../plan/plan.ts";
import {
  masterPlaylist,
  type SetShape,
  totalOf,
  withTold,
} from "../../plan/verify/finished-set.ts";
import type { ToldStream } from "../../plan/verify/told-colour.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { isToldIn } from "../../profile/container-rules.ts";
import { TaskError } from "../../task/errors.ts";
import type { Output } from "../../task/task.ts";
import {
  describeRendition,
  describeSet,
  type FinishedTrack,
  trackFacts,
} from "../output/describe-output.ts";
import { refuseUntold } from "../output/iso-file.ts";
import { replaceFile } from "../output/replace-file.ts";
import { type LiveSet, type LiveSetTexts, type Probe, probeNewest } from "./live-set.ts";
import type { RecordedSegments } from "./recorded-segments.ts";
import { readRunCodecs } from "./run-codecs.ts";

const SHAPE = "set.json";
const KEPT = "kept";
const shapeSchema = v.object({
  tracks: v.array(v.object({ kind: v.picklist(["video", "audio"]), playlist: v.string() })),
  renditions: v.array(
    v.object({ video: v.exactOptional(v.number()), audio: v.exactOptional(v.number()) }),
  ),
  /** The streams that every run must make. */
  streams: v.string(),
  /** When the first segment became available (ISO 8601). */
  available: v.optional(v.string()),
});
type Shape = SetShape & { readonly streams: string; readonly available?: string | undefined };

/** How a set is described to players. */
export type SetForm = {
  readonly container: PlannedOutput["container"];
  /** The tag of all its segments (`publishedName`). */
  readonly tag: string;
  /** The clock, in ms since the epoch. */
  readonly now: () => number;
};

/** A live set of several separate streams: renditions that a player switches between, for HLS, DASH or both. */
export class AdaptiveLiveSet implements LiveSet {
  #shape: Shape | undefined;
  #version = 0;
  /** Multivariant playlists by the folder that they name, each with the number of segments it was made from. */
  readonly #masters = new Map<string, { readonly text: string; readonly count: number }>();
  readonly #media = new Map<number, MediaInfo>();
  /** The newest whole manifest of each run, by part. */
  readonly #told = new Map<number, string>();
  /** What the streams of each run tell players, by part. */
  readonly #codecs = new Map<number, readonly ToldStream[]>();

  private constructor(
    readonly segments: RecordedSegments,
    private readonly engine: Probe,
    private readonly form: SetForm,
    shape: Shape | undefined,
  ) {
    this.#shape = shape;
  }

  /** Opens a set, and continues that of an earlier attempt if there is one. */
  static async open(
    segments: RecordedSegments,
    engine: Probe,
    form: SetForm,
  ): Promise<AdaptiveLiveSet> {
    const text = await readFile(join(segments.folder, SHAPE), "utf8").catch(() => "");
    const parsed = v.safeParse(shapeSchema, text === "" ? undefined : JSON.parse(text));
    return new AdaptiveLiveSet(segments, engine, form, parsed.success ? parsed.output : undefined);
  }

  get version(): number {
    return this.#version;
  }

  async look(): Promise<void> {
    const before = this.segments.all.length;
    // Before the segments, so that all segments that the manifest names are found afterwards.
    const isNew = await this.#readManifest();
    await this.segments.look();
    await readRunCodecs(this.segments, this.#shape?.tracks.length ?? 0, this.#codecs);
    if (isNew || this.segments.all.length > before) this.#version += 1;
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
    await this.#keepShape({
      tracks: tracks.map(({ kind, playlist }) => ({ kind, playlist })),
      renditions,
      streams,
    });
  }

  async #keepShape(shape: Shape): Promise<void> {
    await replaceFile(join(this.segments.folder, SHAPE), JSON.stringify(shape));
    this.#shape = shape;
  }

  async texts(
    folder: string,
    telling: Telling,
    signal: AbortSignal,
  ): Promise<LiveSetTexts | undefined> {
    const shape = this.#shape;
    if (!shape || this.#runs().length === 0) return undefined;
    const { container } = this.form;
    const isHls = isToldIn(container, "hls");
    const master = isHls ? await this.#masterOf(shape, folder, telling, signal) : "";
    // No await from here on, so that all texts describe the same segments.
    const count = this.segments.all.length;
    if (!isHls)
      return {
        inFolder: [],
        entry: this.#manifest(`${encodeURIComponent(folder)}/`, telling),
        count,
      };
    const manifest = { name: RUN_MANIFEST, text: this.#manifest("", telling) };
    const inFolder = [
      ...this.#playlists(shape, telling, count),
      ...(isToldIn(container, "dash") ? [manifest] : []),
    ];
    return { inFolder, entry: master, count };
  }

  endAfter(count: number, folder: string): LiveSetTexts | undefined {
    const master = this.#masters.get(folder);
    // A manifest names segments by numbers, also those that may not have been sent.
    if (!this.#shape || !master || isToldIn(this.form.container, "dash")) return undefined;
    const inFolder = this.#playlists(this.#shape, "whole", count);
    return { inFolder, entry: master.text, count };
  }

  /** The media playlists of all streams, with the first `count` segments. */
  #playlists({ tracks }: Shape, telling: Telling, count: number): readonly PublishedText[] {
    const left = new Set(this.segments.all.slice(count));
    return tracks.map(({ playlist }, at) => {
      const own = this.segments.ofTrack(at);
      const segments = left.size === 0 ? own : own.filter((segment) => !left.has(segment));
      return { name: this.#nameOf(playlist), text: livePlaylist(segments, "", telling) };
    });
  }

  #nameOf(playlist: string): string {
    return publishedName(playlist, this.form.tag);
  }

  /** The multivariant playlist. Bitrates change little, so it is made again only when the set has doubled, and at its end. */
  async #masterOf(
    shape: Shape,
    folder: string,
    telling: Telling,
    signal: AbortSignal,
  ): Promise<string> {
    const known = this.#masters.get(folder);
    const count = this.segments.all.length;
    if (known && telling === "grows" && count < 2 * known.count) return known.text;
    const facts = (await this.#finished(shape, signal)).map((track) => track.facts);
    const tracks = shape.tracks.map((track) => ({
      ...track,
      playlist: this.#nameOf(track.playlist),
    }));
    const text = masterPlaylist({ ...shape, tracks }, facts, encodeURIComponent(folder));
    this.#masters.set(folder, { text, count });
    return text;
  }

  #manifest(prefix: string, telling: Telling): string {
    const publishMs = this.form.now();
    const available = this.#shape?.available ?? new Date(publishMs).toISOString();
    return liveMpd(this.#runs(), prefix, telling !== "grows", { available, publishMs });
  }

  async describe(signal: AbortSignal): Promise<Output> {
    const shape = this.#shape;
    if (!shape) throw new TaskError("output_wrong", "Cannot deliver the set: nothing of it came");
    const finished = await this.#finished(shape, signal);
    const renditions = shape.renditions.map((pair) => describeRendition(this.form, pair, finished));
    const sizeBytes = totalOf(this.segments.all.map((segment) => segment.sizeBytes));
    // As its manifest tells: a run lasts as long as the longest of its streams, and another stream may be the longest of the next.
    const durationSeconds = totalOf(this.#runs().map(({ seconds }) => seconds));
    return describeSet(this.form, renditions, sizeBytes, durationSeconds);
  }

  /**
   * Reads the manifest of the newest run. An encoder that is ended in the middle of a read leaves an empty one, so the last whole one
   * is kept in another file.
   *
   * @returns whether it has changed
   */
  async #readManifest(): Promise<boolean> {
    let isNew = false;
    for (const { part, folder } of this.segments.parts) {
      const isNewest = part === this.segments.all.at(-1)?.part;
      if (this.#told.has(part) && !isNewest) continue;
      const path = join(this.segments.folder, folder, RUN_MANIFEST);
      const kept = `${path}.${KEPT}`;
      const text = await readFile(path, "utf8").catch(() => "");
      const known = this.#told.get(part);
      if (text !== known && text.trimEnd().endsWith("</MPD>")) {
        await replaceFile(kept, text);
        this.#told.set(part, text);
        await this.#noteBeginning(text);
        isNew = true;
      } else if (known === undefined)
        this.#told.set(part, await readFile(kept, "utf8").catch(() => ""));
    }
    return isNew;
  }

  /** Notes when the set began: the final manifest of a run does not say it. */
  async #noteBeginning(manifest: string): Promise<void> {
    const available = availableFrom(manifest);
    const shape = this.#shape;
    if (!shape || shape.available !== undefined || available === undefined) return;
    await this.#keepShape({ ...shape, available });
  }

  /** The runs that have a segment of every stream. */
  #runs(): readonly RunManifest[] {
    const lengths = new Map<number, number[]>();
    for (const { part, track, seconds } of this.segments.all) {
      const own = lengths.get(part) ?? this.#shape?.tracks.map(() => 0) ?? [];
      own[track] = (own[track] ?? 0) + seconds;
      lengths.set(part, own);
    }
    return [...this.#told].flatMap(([part, text]) => {
      const own = lengths.get(part) ?? [0];
      if (text === "" || own.includes(0)) return [];
      const told = withTold(text, this.#codecs.get(part) ?? []);
      return [{ part, text: told, seconds: Math.max(...own) }];
    });
  }

  /** All streams as they are now. */
  async #finished({ tracks }: Shape, signal: AbortSignal): Promise<readonly FinishedTrack[]> {
    const codecs = [...this.#codecs.values()].at(-1) ?? [];
    const finished: FinishedTrack[] = [];
    for (const at of tracks.keys()) {
      const media =
        this.#media.get(at) ?? (await probeNewest(this.segments, at, this.engine, signal));
      this.#media.set(at, media);
      const segments = this.segments
        .ofTrack(at)
        .map(({ seconds, sizeBytes }) => ({ seconds, bytes: sizeBytes }));
      const durationSeconds = totalOf(segments.map(({ seconds }) => seconds));
      finished.push({
        facts: trackFacts(media, codecs[at] ?? refuseUntold(), segments),
        media: { ...media, durationSeconds },
      });
    }
    return finished;
  }
}
