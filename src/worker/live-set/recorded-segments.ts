import { appendFile, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { type ListedSegment, segmentsIn } from "../../manifest/write/live-playlist.ts";
import { replaceFile } from "../output/replace-file.ts";

/** A segment of a recording; its file may be removed already. */
export type KeptSegment = ListedSegment & {
  /** The index of its stream, if the streams are separate; else 0. */
  readonly track: number;
  /** Its folder, relative to that of the recording; empty if it is the same. */
  readonly folder: string;
  readonly sizeBytes: number;
};

/** A playlist that an encoder rewrites with each segment: of a run, or of one stream of it. */
type List = {
  readonly part: number;
  readonly track: number;
  readonly folder: string;
  readonly path: string;
};

const RUN_LIST = /^part-(\d+)\.m3u8$/;
const RUN_FOLDER = /^part-(\d+)$/;
const TRACK_LIST = /^media_(\d+)\.m3u8$/;
/**
 * The file of all segments so far, one a line: the playlist of an encoder may hold only the newest. The name stays, so that the
 * recordings of earlier versions are continued.
 */
const NOTES = "pieces.jsonl";
/** The file with the number of removed segments. */
const FREED = "freed";
/** So many segments of each stream are never removed; the very last may hold a single frame. */
const NEWEST = 3;

const noteSchema = v.object({
  name: v.string(),
  seconds: v.number(),
  part: v.number(),
  track: v.number(),
  folder: v.string(),
  sizeBytes: v.number(),
  init: v.optional(v.string()),
});

/** The segments of a set that grows, as its targets follow them; as of `RecordedSegments`. */
export type SegmentList = Pick<
  RecordedSegments,
  "folder" | "all" | "freed" | "pathOf" | "sentTo" | "noteSent" | "free"
>;

/** The segments of a live set, as encoders write them into a folder. The list of them outlives a crash. */
export class RecordedSegments {
  readonly folder: string;
  readonly #segments: KeptSegment[] = [];
  readonly #tracks: KeptSegment[][] = [];
  readonly #known = new Set<string>();
  readonly #parts: Pick<KeptSegment, "part" | "folder">[] = [];
  /** The last known segment of each playlist: the playlist is read from there on. */
  readonly #lastOf = new Map<string, string>();
  /** Segments before this index are removed. */
  #freed: number;
  /** Looks run one after the other, so that no segment is noted twice. */
  #looking: Promise<void> = Promise.resolve();

  private constructor(folder: string, segments: readonly KeptSegment[], freed: number) {
    this.folder = folder;
    this.#freed = freed;
    // Two processes may have noted the same one, if one was stopped for long.
    for (const segment of segments) if (!this.#known.has(segment.name)) this.#add(segment);
  }

  /** @param folder - absolute path of the recording; it exists */
  static async open(folder: string): Promise<RecordedSegments> {
    const text = await readFile(join(folder, NOTES), "utf8").catch(() => "");
    const freed = await noteIn(join(folder, FREED));
    return new RecordedSegments(folder, text.split("\n").flatMap(segmentOf), freed);
  }

  /** All whole segments; those of one stream are in their order. */
  get all(): readonly KeptSegment[] {
    return this.#segments;
  }

  /** The segments of one stream. */
  ofTrack(track: number): readonly KeptSegment[] {
    return this.#tracks[track] ?? [];
  }

  /** The runs that have segments, each with its folder. */
  get parts(): readonly Pick<KeptSegment, "part" | "folder">[] {
    return this.#parts;
  }

  /** How many segments are removed, counted from the first. */
  get freed(): number {
    return this.#freed;
  }

  /** The last few segments of a stream in its last run. They are never removed, and are probed for all of them. */
  newestOf(track: number): readonly KeptSegment[] {
    const own = this.ofTrack(track);
    return own.slice(-NEWEST).filter(({ part }) => part === own.at(-1)?.part);
  }

  /** Absolute path of a segment, or of its init segment. */
  pathOf({ folder }: KeptSegment, name: string): string {
    return join(this.folder, folder, name);
  }

  /** Looks for segments that are whole now. */
  look(): Promise<void> {
    const looking = this.#looking.then(() => this.#lookOnce());
    this.#looking = looking.catch(() => {});
    return looking;
  }

  async #lookOnce(): Promise<void> {
    const last = Math.max(0, ...this.#segments.slice(-1).map(({ part }) => part));
    // Runs before this one have ended.
    for (const list of await this.#listsFrom(last))
      await this.#take(await readFile(list.path, "utf8"), list);
  }

  #add(segment: KeptSegment): void {
    this.#known.add(segment.name);
    this.#segments.push(segment);
    const { part, folder } = segment;
    if (this.#parts.at(-1)?.part !== part) this.#parts.push({ part, folder });
    const own = this.#tracks[segment.track] ?? [];
    own.push(segment);
    this.#tracks[segment.track] = own;
  }

  async #listsFrom(part: number): Promise<readonly List[]> {
    const lists: List[] = [];
    for (const name of (await readdir(this.folder)).sort()) {
      const path = join(this.folder, name);
      const [run, runs] = [RUN_LIST.exec(name)?.[1], RUN_FOLDER.exec(name)?.[1]];
      const number = Number(run ?? runs ?? Number.NaN);
      if (!(number >= part)) continue;
      if (run !== undefined) lists.push({ part: number, track: 0, folder: "", path });
      else
        for (const each of await readdir(path)) {
          const track = TRACK_LIST.exec(each)?.[1];
          if (track !== undefined)
            lists.push({
              part: number,
              track: Number(track),
              folder: name,
              path: join(path, each),
            });
        }
    }
    return lists;
  }

  async #take(text: string, { part, track, folder, path }: List): Promise<void> {
    // Parses only the new part of a long playlist, behind its header.
    const last = this.#lastOf.get(path);
    const at = last === undefined ? -1 : text.lastIndexOf(last);
    const head = text.slice(0, Math.max(0, text.indexOf("#EXTINF")));
    const fresh = last === undefined || at < 0 ? text : head + text.slice(at + last.length);
    for (const segment of segmentsIn(fresh, part)) {
      this.#lastOf.set(path, segment.name);
      if (this.#known.has(segment.name)) continue;
      const { size } = await stat(join(this.folder, folder, segment.name));
      const kept = { ...segment, track, folder, sizeBytes: size };
      // The line break comes first, because a crash may have cut off the line before.
      await appendFile(join(this.folder, NOTES), `\n${JSON.stringify(kept)}`);
      this.#add(kept);
    }
  }

  /** Removes the first `count` segments, which all targets have, except the newest of each stream. */
  async free(count: number): Promise<void> {
    const newest = this.#tracks.map((own) => own.at(-NEWEST) ?? own[0]);
    const end = Math.min(count, this.#segments.length);
    const from = this.#freed;
    for (let at = from; at < end; at += 1) {
      const segment = this.#segments[at];
      if (!segment || newest.includes(segment)) break;
      await rm(this.pathOf(segment, segment.name), { force: true });
      this.#freed = at + 1;
    }
    if (this.#freed > from) await replaceFile(join(this.folder, FREED), String(this.#freed));
  }

  /** How many segments a target has, as noted by `noteSent`. */
  async sentTo(target: number): Promise<number> {
    return Math.min(await noteIn(join(this.folder, `sent-${target}`)), this.#segments.length);
  }

  async noteSent(target: number, count: number): Promise<void> {
    await replaceFile(join(this.folder, `sent-${target}`), String(count));
  }
}

const noteIn = async (path: string): Promise<number> =>
  Number(await readFile(path, "utf8").catch(() => "0")) || 0;

/** The segment of a line; none if a crash has cut the line off. */
function segmentOf(line: string): readonly KeptSegment[] {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return [];
  }
  const parsed = v.safeParse(noteSchema, json);
  if (!parsed.success) return [];
  const { init, ...segment } = parsed.output;
  return [{ ...segment, ...(init !== undefined && { init }) }];
}
