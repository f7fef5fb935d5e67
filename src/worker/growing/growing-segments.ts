import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { segmentsIn } from "../../manifest/write/live-playlist.ts";
import { publishedName } from "../../manifest/write/published-names.ts";
import type { KeptSegment, SegmentList } from "../live-set/recorded-segments.ts";

/** A playlist that an encoder rewrites with each segment: of one stream, or of the whole set. */
type List = { readonly path: string; stamp: string; segments: KeptSegment[] };

/** Where the head of a set is made: absolute paths, of its folder and of the playlists of its streams. */
export type HeadFiles = { readonly segments: string; readonly playlists: readonly string[] };

/** What the names of a head's files are published by begin with: they are those of the set's own, which lie in the same folder then. */
export const HEAD = "head-";
/** Another run than that of the set. */
const PARTS = { head: 0, set: 1 } as const;

/** Where segments are made, what their published names begin with, and by which run. */
type Place = { readonly folder: string; readonly mark: string; readonly part: number };

const listOf = (path: string): List => ({ path, stamp: "", segments: [] });

/** The segments of a set of a file, as its encoder writes them into its folder, under the names that they are published by. */
export class GrowingSegments implements SegmentList {
  readonly #all: KeptSegment[] = [];
  readonly #lists: readonly List[];
  readonly #heads: readonly List[];
  readonly #prefix: string;
  /** Nothing is removed here: the finished set is verified. */
  readonly freed = 0;

  /**
   * @param folder - absolute path of the work folder
   * @param segments - absolute path of the folder of the segments
   * @param playlists - absolute paths, one of each stream
   * @param tag - part of the names that segments are published by
   * @param head - absent if it has none
   */
  constructor(
    readonly folder: string,
    private readonly segments: string,
    playlists: readonly string[],
    private readonly tag: string,
    private readonly head: HeadFiles = { segments: "", playlists: [] },
  ) {
    this.#lists = playlists.map(listOf);
    this.#heads = head.playlists.map(listOf);
    this.#prefix = publishedName("", tag);
  }

  /** All segments that are whole, in the order in which they are sent. */
  get all(): readonly KeptSegment[] {
    return this.#all;
  }

  /** How many segments every stream has. */
  get rows(): number {
    return Math.min(...this.#lists.map(({ segments }) => segments.length));
  }

  /** The first segment of each stream of the head; empty until all are there. */
  get ofHead(): readonly KeptSegment[] {
    const first = this.#heads.flatMap(({ segments }) => segments.slice(0, 1));
    return first.length === this.#heads.length ? first : [];
  }

  /** The segments of one stream. */
  ofTrack(track: number): readonly KeptSegment[] {
    return this.#lists[track]?.segments ?? [];
  }

  /** Absolute path of a segment, or of its init segment, by the name that it is published by. */
  pathOf(_: KeptSegment, name: string): string {
    const own = name.slice(this.#prefix.length);
    return own.startsWith(HEAD)
      ? join(this.head.segments, own.slice(HEAD.length))
      : join(this.segments, own);
  }

  /** Looks for segments that are whole now; those of the last streams, sound and the smallest picture, are sent first. */
  async look(): Promise<void> {
    // The run of the set begins when that of the head has ended.
    if (this.ofHead.length < this.#heads.length)
      for (const [track, list] of this.#heads.entries())
        await this.#read(list, track, { folder: this.head.segments, mark: HEAD, part: PARTS.head });
    for (const [track, list] of [...this.#lists.entries()].reverse())
      await this.#read(list, track, { folder: this.segments, mark: "", part: PARTS.set });
  }

  async #read(list: List, track: number, { folder, mark, part }: Place): Promise<void> {
    const info = await stat(list.path).catch(() => undefined);
    const stamp = info ? `${info.mtimeMs} ${info.size} ${info.ino}` : "";
    if (stamp === list.stamp) return;
    const found = segmentsIn(await readFile(list.path, "utf8").catch(() => ""), 0);
    for (const { name, seconds, init } of found.slice(list.segments.length)) {
      const { size } = await stat(join(folder, name));
      const segment = {
        ...{ name: publishedName(mark + name, this.tag), seconds, part, track, folder: "" },
        sizeBytes: size,
        ...(init !== undefined && { init: publishedName(mark + init, this.tag) }),
      };
      list.segments.push(segment);
      this.#all.push(segment);
    }
    list.stamp = stamp;
  }

  // A later attempt begins its set anew.
  async sentTo(): Promise<number> {
    return 0;
  }
  async noteSent(): Promise<void> {}
  async free(): Promise<void> {}
}
