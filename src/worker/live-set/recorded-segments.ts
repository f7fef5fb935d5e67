import { appendFile, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { type GrowingPiece, piecesIn } from "../../manifest/write/live-playlist.ts";
import { replaceFile } from "../output/replace-file.ts";

/** A piece that lies, or lay, in a recording's folder. */
export type KeptPiece = GrowingPiece & {
  /** The stream that it is of, where they are apart; else 0. */
  readonly track: number;
  /** The folder that it lies in, relative to the recording's; empty where that is the same. */
  readonly folder: string;
  readonly sizeBytes: number;
};

/** A list of pieces as an encoder writes it anew with each of them: of a run, or of one stream of it. */
type List = {
  readonly part: number;
  readonly track: number;
  readonly folder: string;
  readonly path: string;
};

const RUN_LIST = /^part-(\d+)\.m3u8$/;
const RUN_FOLDER = /^part-(\d+)$/;
const TRACK_LIST = /^media_(\d+)\.m3u8$/;
/** All pieces so far, one a line: an encoder's own lists may hold the newest alone. */
const NOTES = "pieces.jsonl";
/** How many of them were taken away. */
const FREED = "freed";
/** Of each stream; the last of all may be but a frame. */
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

/** The pieces of a set that grows, as encoders leave them in a folder; what is known of them outlives a crash. */
export class GrowingPieces {
  readonly folder: string;
  readonly #pieces: KeptPiece[] = [];
  readonly #tracks: KeptPiece[][] = [];
  readonly #known = new Set<string>();
  readonly #parts: Pick<KeptPiece, "part" | "folder">[] = [];
  /** By list: its last piece that is known, behind which it is read. */
  readonly #lastOf = new Map<string, string>();
  /** Those before it were taken away. */
  #freed: number;
  /** One look after the other, so that none finds what another is about to note. */
  #looking: Promise<void> = Promise.resolve();

  private constructor(folder: string, pieces: readonly KeptPiece[], freed: number) {
    this.folder = folder;
    this.#freed = freed;
    for (const piece of pieces) this.#add(piece);
  }

  /** @param folder - absolute, of the recording; it is there */
  static async open(folder: string): Promise<GrowingPieces> {
    const text = await readFile(join(folder, NOTES), "utf8").catch(() => "");
    const freed = await noteIn(join(folder, FREED));
    return new GrowingPieces(folder, text.split("\n").flatMap(pieceOf), freed);
  }

  /** All that are whole; those of one stream in their order. */
  get all(): readonly KeptPiece[] {
    return this.#pieces;
  }

  /** Those of one stream. */
  ofTrack(track: number): readonly KeptPiece[] {
    return this.#tracks[track] ?? [];
  }

  /** The runs that made them, each with the folder that they lie in. */
  get parts(): readonly Pick<KeptPiece, "part" | "folder">[] {
    return this.#parts;
  }

  /** So many from the first on were taken away. */
  get freed(): number {
    return this.#freed;
  }

  /** The last few of a stream in its last run, which are never taken away: they show what is in all of them. */
  newestOf(track: number): readonly KeptPiece[] {
    const own = this.ofTrack(track);
    return own.slice(-NEWEST).filter(({ part }) => part === own.at(-1)?.part);
  }

  /** Absolute path of a piece, or of what stands before it (`init`). */
  pathOf({ folder }: KeptPiece, name: string): string {
    return join(this.folder, folder, name);
  }

  /** Looks for those that have become whole since. */
  look(): Promise<void> {
    const looking = this.#looking.then(() => this.#lookOnce());
    this.#looking = looking.catch(() => {});
    return looking;
  }

  async #lookOnce(): Promise<void> {
    const last = Math.max(0, ...this.#pieces.slice(-1).map(({ part }) => part));
    // The runs before that have ended.
    for (const list of await this.#listsFrom(last))
      await this.#take(await readFile(list.path, "utf8"), list);
  }

  #add(piece: KeptPiece): void {
    this.#known.add(piece.name);
    this.#pieces.push(piece);
    const { part, folder } = piece;
    if (this.#parts.at(-1)?.part !== part) this.#parts.push({ part, folder });
    const own = this.#tracks[piece.track] ?? [];
    own.push(piece);
    this.#tracks[piece.track] = own;
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
    // Of a long list only what is new, with what stands before all pieces.
    const last = this.#lastOf.get(path);
    const at = last === undefined ? -1 : text.lastIndexOf(last);
    const head = text.slice(0, Math.max(0, text.indexOf("#EXTINF")));
    const fresh = last === undefined || at < 0 ? text : head + text.slice(at + last.length);
    for (const piece of piecesIn(fresh, part)) {
      this.#lastOf.set(path, piece.name);
      if (this.#known.has(piece.name)) continue;
      const { size } = await stat(join(this.folder, folder, piece.name));
      const kept = { ...piece, track, folder, sizeBytes: size };
      // On a line of its own, also behind one that a crash cut off.
      await appendFile(join(this.folder, NOTES), `\n${JSON.stringify(kept)}`);
      this.#add(kept);
    }
  }

  /** Takes away the first so many, which everybody has, but for the newest of each stream. */
  async free(count: number): Promise<void> {
    const newest = this.#tracks.map((own) => own.at(-NEWEST) ?? own[0]);
    const end = Math.min(count, this.#pieces.length);
    const from = this.#freed;
    for (let at = from; at < end; at += 1) {
      const piece = this.#pieces[at];
      if (!piece || newest.includes(piece)) break;
      await rm(this.pathOf(piece, piece.name), { force: true });
      this.#freed = at + 1;
    }
    if (this.#freed > from) await replaceFile(join(this.folder, FREED), String(this.#freed));
  }

  /** How many a target has, as noted by `noteSent`. */
  async sentTo(target: number): Promise<number> {
    return Math.min(await noteIn(join(this.folder, `sent-${target}`)), this.#pieces.length);
  }

  async noteSent(target: number, count: number): Promise<void> {
    await replaceFile(join(this.folder, `sent-${target}`), String(count));
  }
}

const noteIn = async (path: string): Promise<number> =>
  Number(await readFile(path, "utf8").catch(() => "0")) || 0;

/** A line that a crash cut off says nothing. */
function pieceOf(line: string): readonly KeptPiece[] {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return [];
  }
  const parsed = v.safeParse(noteSchema, json);
  if (!parsed.success) return [];
  const { init, ...piece } = parsed.output;
  return [{ ...piece, ...(init !== undefined && { init }) }];
}
