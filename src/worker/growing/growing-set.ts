import { join } from "node:path";
import { markedGrowing } from "../../manifest/write/growing-playlist.ts";
import { livePlaylist } from "../../manifest/write/live-playlist.ts";
import { type PublishedText, publishedName } from "../../manifest/write/published-names.ts";
import type { PlannedOutput, SetPlan, Track } from "../../plan/plan.ts";
import { masterPlaylist, type TrackFacts } from "../../plan/verify/finished-set.ts";
import type { ToldStream } from "../../plan/verify/told-colour.ts";
import type { FinishedFiles } from "../../storage/storage.ts";
import { TaskError } from "../../task/errors.ts";
import type { Output } from "../../task/task.ts";
import type { LiveSet, LiveSetTexts } from "../live-set/live-set.ts";
import { readTold } from "../output/iso-file.ts";
import { GrowingSegments } from "./growing-segments.ts";

/** What a set has come to. */
type Finished = { readonly finished: Required<FinishedFiles>; readonly output: Output };

/** The number of the first segment, as the finished playlists have it: players tell by it which segment is which. ffmpeg's `dash` muxer counts from 1. */
const FIRST_IN_SET = 1;

/** A set of a file that is published while it is made. What it names is what the finished set is published by. */
export class GrowingSet implements LiveSet {
  readonly segments: GrowingSegments;
  readonly #set: SetPlan | undefined;
  /** What the streams tell players, by their init segments. */
  #told: readonly ToldStream[] = [];
  #master: { readonly text: string; readonly rows: number } | undefined;
  #done: Finished | undefined;

  /**
   * @param product - a set of HLS
   * @param folder - absolute path of the work folder
   * @param tag - part of the names of its segments
   */
  constructor(
    product: PlannedOutput,
    folder: string,
    readonly tag: string,
  ) {
    const { entry, segments = "", set } = product;
    const within = join(folder, segments);
    const playlists = set
      ? set.tracks.map(({ playlist }) => join(within, playlist))
      : [join(folder, entry)];
    this.#set = set;
    this.segments = new GrowingSegments(folder, within, playlists, tag);
  }

  get version(): number {
    return this.segments.rows;
  }

  /** The finished set, once it is verified. */
  get finished(): Required<FinishedFiles> | undefined {
    return this.#done?.finished;
  }

  /** To be called when it is verified. */
  finish(done: Finished): void {
    this.#done = done;
  }

  async look(): Promise<void> {
    if (!this.#done) await this.segments.look();
  }

  async begin(): Promise<void> {}

  async texts(folder: string): Promise<LiveSetTexts | undefined> {
    if (this.segments.rows === 0) return undefined;
    if (this.#set && this.#told.length === 0) this.#told = await this.#readTold(this.#set);
    const count = this.segments.all.length;
    const texts = this.#textsOf("event", folder, count);
    return { ...texts, entry: markedGrowing(texts.entry) };
  }

  endAfter(count: number, folder: string): LiveSetTexts | undefined {
    if (this.#set && !this.#master) return undefined;
    return this.#textsOf("whole", folder, count);
  }

  async describe(): Promise<Output> {
    if (this.#done) return this.#done.output;
    throw new TaskError("output_wrong", "Cannot deliver the set: it was not finished");
  }

  #textsOf(telling: "event" | "whole", folder: string, count: number): LiveSetTexts {
    const set = this.#set;
    const sent = new Set(this.segments.all.slice(0, count));
    const ofTrack = (track: number) =>
      this.segments.ofTrack(track).filter((segment) => sent.has(segment));
    if (!set) return { inFolder: [], entry: livePlaylist(ofTrack(0), folder, telling), count };
    const tracks = set.tracks.map((track) => ({ ...track, playlist: this.#nameOf(track) }));
    const inFolder = tracks.map(({ playlist: name }, at): PublishedText => {
      return { name, text: livePlaylist(ofTrack(at), "", telling, FIRST_IN_SET) };
    });
    return { inFolder, entry: this.#masterOf({ ...set, tracks }, folder), count };
  }

  #nameOf({ playlist }: Track): string {
    return publishedName(playlist, this.tag);
  }

  /** Players read it once, and bitrates change little: it is made again only when the set has doubled. */
  #masterOf(set: SetPlan, folder: string): string {
    const { rows } = this.segments;
    if (this.#master && rows < 2 * this.#master.rows) return this.#master.text;
    const facts = set.tracks.map((track, at) => this.#factsOf(track, at));
    const text = masterPlaylist(set, facts, encodeURIComponent(folder));
    this.#master = { text, rows };
    return text;
  }

  #factsOf({ expect: { video } }: Track, at: number): TrackFacts {
    const segments = this.segments.ofTrack(at);
    const { width, height } = video ?? {};
    return {
      ...(this.#told[at] ?? { codec: "" }),
      ...(width !== undefined && height !== undefined && { width, height }),
      segments: segments.map(({ seconds, sizeBytes }) => ({ seconds, bytes: sizeBytes })),
    };
  }

  async #readTold({ tracks }: SetPlan): Promise<readonly ToldStream[]> {
    const told: ToldStream[] = [];
    for (const at of tracks.keys()) {
      const [first] = this.segments.ofTrack(at);
      if (first?.init) told.push(await readTold(this.segments.pathOf(first, first.init)));
    }
    return told;
  }
}
