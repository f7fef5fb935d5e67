import { join } from "node:path";
import { markedGrowing } from "../../manifest/write/growing-playlist.ts";
import { type ListedSegment, livePlaylist } from "../../manifest/write/live-playlist.ts";
import { type PublishedText, publishedName } from "../../manifest/write/published-names.ts";
import type { SetHead } from "../../plan/heads/set-head.ts";
import type { PlannedOutput, SetPlan, Track } from "../../plan/plan.ts";
import { masterPlaylist, type SetShape, type TrackFacts } from "../../plan/verify/finished-set.ts";
import type { ToldStream } from "../../plan/verify/told-colour.ts";
import type { FinishedFiles } from "../../storage/storage.ts";
import { TaskError } from "../../task/errors.ts";
import type { Output } from "../../task/task.ts";
import type { LiveSet, LiveSetTexts } from "../live-set/live-set.ts";
import type { KeptSegment } from "../live-set/recorded-segments.ts";
import { readTold } from "../output/iso-file.ts";
import { GrowingSegments, HEAD } from "./growing-segments.ts";

/** What a set has come to. */
type Finished = { readonly finished: Required<FinishedFiles>; readonly output: Output };

/** The number of the first segment, as the finished playlists have it: players tell by it which segment is which. ffmpeg's `dash` muxer counts from 1. */
const FIRST_IN_SET = 1;

/** A set of a file that is published while it is made. What it names is what the finished set is published by. */
export class GrowingSet implements LiveSet {
  readonly segments: GrowingSegments;
  readonly #set: SetPlan | undefined;
  /** What is played of the head, and after it of the same tracks. */
  readonly #head: Head | undefined;
  /** What the streams tell players, by their init segments. */
  #told: readonly ToldStream[] = [];
  #master: { readonly text: string; readonly rows: number } | undefined;
  /** Its text, once the head can be seen. */
  #headMaster: string | undefined;
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
    const { entry, segments = "", set, head } = product;
    const within = join(folder, segments);
    const playlists = set
      ? set.tracks.map(({ playlist }) => join(within, playlist))
      : [join(folder, entry)];
    this.#set = set;
    this.#head = set && head && headIn(set, head);
    const heads = this.#head?.shape.tracks.map(({ playlist }) =>
      join(folder, head?.segments ?? "", playlist),
    );
    const files = heads && { segments: join(folder, head?.segments ?? ""), playlists: heads };
    this.segments = new GrowingSegments(folder, within, playlists, tag, files);
  }

  get version(): number {
    return this.segments.rows + Math.min(1, this.segments.ofHead.length);
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
    const { rows, ofHead } = this.segments;
    if (rows === 0 && ofHead.length === 0) return undefined;
    if (this.#head && ofHead.length > 0)
      this.#headMaster ??= await this.#makeHeadMaster(this.#head, folder);
    if (this.#set && rows > 0 && this.#told.length === 0)
      this.#told = await this.#readTold(this.#set);
    const count = this.segments.all.length;
    const texts = this.#textsOf("event", folder, count);
    return { ...texts, entry: markedGrowing(texts.entry) };
  }

  endAfter(count: number, folder: string): LiveSetTexts | undefined {
    if (this.#set && !this.#master && this.#headMaster === undefined) return undefined;
    return this.#textsOf("whole", folder, count);
  }

  async describe(): Promise<Output> {
    if (this.#done) return this.#done.output;
    throw new TaskError("output_wrong", "Cannot deliver the set: it was not finished");
  }

  /** What is besides the finished set for who began with its head: the playlists of that, which end as well. */
  besides(): readonly PublishedText[] {
    if (this.#headMaster === undefined || !this.#head) return [];
    return this.#headTexts(this.#head, "whole", (track) => this.segments.ofTrack(track));
  }

  #textsOf(telling: "event" | "whole", folder: string, count: number): LiveSetTexts {
    const set = this.#set;
    const sent = new Set(this.segments.all.slice(0, count));
    const ofTrack = (track: number) =>
      this.segments.ofTrack(track).filter((segment) => sent.has(segment));
    if (!set) return { inFolder: [], entry: livePlaylist(ofTrack(0), folder, telling), count };
    const head = this.#headMaster !== undefined && this.#head;
    const heads = head ? this.#headTexts(head, telling, ofTrack) : [];
    const isBegun = set.tracks.every((_, at) => ofTrack(at).length > 0);
    // Players that see a rendition may choose it.
    if (head && !isBegun) return { inFolder: heads, entry: this.#headMaster ?? "", count };
    const tracks = set.tracks.map((track) => ({ ...track, playlist: this.#nameOf(track) }));
    const inFolder = tracks.map(({ playlist: name }, at): PublishedText => {
      return { name, text: livePlaylist(ofTrack(at), "", telling, FIRST_IN_SET) };
    });
    const entry = this.#masterOf({ ...set, tracks }, folder);
    return { inFolder: [...inFolder, ...heads], entry, count };
  }

  /** The playlists of a head: after its own segment they go on with those of its tracks, for a playlist that players have may not change. */
  #headTexts(
    { shape }: Head,
    telling: "event" | "whole",
    ofTrack: (track: number) => readonly ListedSegment[],
  ): readonly PublishedText[] {
    return shape.tracks.map(({ playlist: name, of }, at) => {
      const own = this.segments.ofHead.slice(at, at + 1);
      const text = livePlaylist([...own, ...ofTrack(of).slice(1)], "", telling, FIRST_IN_SET);
      return { name: publishedName(HEAD + name, this.tag), text };
    });
  }

  /** Of the head alone. */
  async #makeHeadMaster({ shape }: Head, folder: string): Promise<string> {
    const firsts = this.segments.ofHead;
    const told = await Promise.all(firsts.map((one) => this.#readInit(one)));
    const facts = shape.tracks.map((track, at) =>
      factsOf(track, firsts.slice(at, at + 1), told[at]),
    );
    const tracks = shape.tracks.map((track) => {
      return { ...track, playlist: publishedName(HEAD + track.playlist, this.tag) };
    });
    return masterPlaylist({ ...shape, tracks }, facts, encodeURIComponent(folder));
  }

  #nameOf({ playlist }: Track): string {
    return publishedName(playlist, this.tag);
  }

  /** Players read it once, and bitrates change little: it is made again only when the set has doubled. */
  #masterOf(set: SetPlan, folder: string): string {
    const { rows } = this.segments;
    if (this.#master && rows < 2 * this.#master.rows) return this.#master.text;
    const facts = set.tracks.map((track, at) =>
      factsOf(track, this.segments.ofTrack(at), this.#told[at]),
    );
    const text = masterPlaylist(set, facts, encodeURIComponent(folder));
    this.#master = { text, rows };
    return text;
  }

  async #readTold({ tracks }: SetPlan): Promise<readonly ToldStream[]> {
    const told: ToldStream[] = [];
    for (const at of tracks.keys()) {
      const [first] = this.segments.ofTrack(at);
      if (first?.init) told.push(await this.#readInit(first));
    }
    return told;
  }

  #readInit(segment: KeptSegment): Promise<ToldStream> {
    return readTold(this.segments.pathOf(segment, segment.init ?? ""));
  }
}

function factsOf(
  { expect: { video } }: Pick<Track, "expect">,
  segments: readonly KeptSegment[],
  told: ToldStream = { codec: "" },
): TrackFacts {
  const { width, height } = video ?? {};
  return {
    ...told,
    ...(width !== undefined && height !== undefined && { width, height }),
    segments: segments.map(({ seconds, sizeBytes }) => ({ seconds, bytes: sizeBytes })),
  };
}

/** The head of a set as a set of its own. */
type Head = {
  readonly shape: Omit<SetShape, "tracks"> & {
    readonly tracks: readonly (Track & { readonly of: number })[];
  };
};

function headIn({ tracks, renditions, captions }: SetPlan, head: SetHead): Head {
  const own = head.tracks.flatMap((of, at) => {
    const track = tracks[of];
    return track ? [{ ...track, of, playlist: `media_${at}.m3u8` }] : [];
  });
  const { audio, sounds } = renditions.find(({ video }) => video === head.tracks[0]) ?? {};
  const placeOf = (track: number) => head.tracks.indexOf(track);
  const rendition = {
    video: 0,
    ...(audio !== undefined && { audio: placeOf(audio) }),
    ...(sounds && { sounds: sounds.map(placeOf) }),
  };
  return { shape: { tracks: own, renditions: [rendition], ...(captions && { captions }) } };
}
