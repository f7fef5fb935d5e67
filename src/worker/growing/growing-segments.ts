import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { segmentsIn } from "../../manifest/write/live-playlist.ts";
import { publishedName } from "../../manifest/write/published-names.ts";
import type { KeptSegment, SegmentList } from "../live-set/recorded-segments.ts";

/** A playlist that an encoder rewrites with each segment: of one stream, or of the whole set. */
type List = { readonly path: string; stamp: string; segments: KeptSegment[] };

/** The segments of a set of a file, as its encoder writes them into its folder, under the names that they are published by. */
export class GrowingSegments implements SegmentList {
  readonly #all: KeptSegment[] = [];
  readonly #lists: readonly List[];
  readonly #prefix: string;
  /** Nothing is removed here: the finished set is verified. */
  readonly freed = 0;

  /**
   * @param folder - absolute path of the work folder
   * @param segments - absolute path of the folder of the segments
   * @param playlists - absolute paths, one of each stream
   * @param tag - part of the names that segments are published by
   */
  constructor(
    readonly folder: string,
    private readonly segments: string,
    playlists: readonly string[],
    private readonly tag: string,
  ) {
    this.#lists = playlists.map((path) => ({ path, stamp: "", segments: [] }));
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

  /** The segments of one stream. */
  ofTrack(track: number): readonly KeptSegment[] {
    return this.#lists[track]?.segments ?? [];
  }

  /** Absolute path of a segment, or of its init segment, by the name that it is published by. */
  pathOf(_: KeptSegment, name: string): string {
    return join(this.segments, name.slice(this.#prefix.length));
  }

  /** Looks for segments that are whole now; those of the last streams, sound and the smallest picture, are sent first. */
  async look(): Promise<void> {
    for (const [track, list] of [...this.#lists.entries()].reverse()) {
      const info = await stat(list.path).catch(() => undefined);
      const stamp = info ? `${info.mtimeMs} ${info.size} ${info.ino}` : "";
      if (stamp === list.stamp) continue;
      const found = segmentsIn(await readFile(list.path, "utf8").catch(() => ""), 0);
      for (const { name, seconds, init } of found.slice(list.segments.length)) {
        const { size } = await stat(join(this.segments, name));
        const segment = {
          ...{ name: publishedName(name, this.tag), seconds, part: 0, track, folder: "" },
          sizeBytes: size,
          ...(init !== undefined && { init: publishedName(init, this.tag) }),
        };
        list.segments.push(segment);
        this.#all.push(segment);
      }
      list.stamp = stamp;
    }
  }

  // A later attempt begins its set anew.
  async sentTo(): Promise<number> {
    return 0;
  }
  async noteSent(): Promise<void> {}
  async free(): Promise<void> {}
}
