import { appendFile, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { type GrowingPiece, piecesIn } from "../plan/growing-list.ts";

/** A piece that lies, or lay, in the recording's folder. */
export type KeptPiece = GrowingPiece & { readonly sizeBytes: number };

const LIST = /^part-(\d+)\.m3u8$/;
/** All pieces so far, one a line: ffmpeg's own lists hold the newest alone. */
const NOTES = "pieces.jsonl";

/** The last of a stream may be but a frame. */
const NEWEST = 3;

const noteSchema = v.object({
  name: v.string(),
  seconds: v.number(),
  part: v.number(),
  sizeBytes: v.number(),
  init: v.optional(v.string()),
});

/** The pieces of a set that grows, as an encoder leaves them in a folder; what is known of them outlives a crash. */
export class GrowingPieces {
  readonly #folder: string;
  readonly #pieces: KeptPiece[];
  readonly #known: Set<string>;
  /** Those before it were taken away. */
  #freed = 0;

  private constructor(folder: string, pieces: readonly KeptPiece[]) {
    this.#folder = folder;
    this.#pieces = [...pieces];
    this.#known = new Set(pieces.map(({ name }) => name));
  }

  /** @param folder - absolute, of the recording; it is there */
  static async open(folder: string): Promise<GrowingPieces> {
    const text = await readFile(join(folder, NOTES), "utf8").catch(() => "");
    return new GrowingPieces(folder, text.split("\n").flatMap(pieceOf));
  }

  /** All that are whole, in order. */
  get all(): readonly KeptPiece[] {
    return this.#pieces;
  }

  pathOf(name: string): string {
    return join(this.#folder, name);
  }

  /** Looks for those that have become whole since. */
  async look(): Promise<void> {
    const last = this.#pieces.at(-1)?.part ?? 0;
    for (const name of (await readdir(this.#folder)).filter((each) => LIST.test(each)).sort()) {
      const part = Number(LIST.exec(name)?.[1]);
      // The runs before that have ended.
      if (part >= last) await this.#take(await readFile(this.pathOf(name), "utf8"), part);
    }
  }

  async #take(list: string, part: number): Promise<void> {
    for (const piece of piecesIn(list, part)) {
      if (this.#known.has(piece.name)) continue;
      const { size } = await stat(this.pathOf(piece.name));
      const kept = { ...piece, sizeBytes: size };
      await appendFile(this.pathOf(NOTES), `${JSON.stringify(kept)}\n`);
      this.#known.add(piece.name);
      this.#pieces.push(kept);
    }
  }

  /** The last few of the last run, which are never taken away: they show what is in all of them. */
  get newest(): readonly KeptPiece[] {
    const part = this.#pieces.at(-1)?.part;
    return this.#pieces.slice(-NEWEST).filter((piece) => piece.part === part);
  }

  /** Takes away the first so many, which everybody has. */
  async free(count: number): Promise<void> {
    for (; this.#freed < Math.min(count, this.#pieces.length - NEWEST); this.#freed += 1)
      await rm(this.pathOf(this.#pieces[this.#freed]?.name ?? NOTES), { force: true });
  }

  /** How many a target has, as noted by `noteSent`. */
  async sentTo(target: number): Promise<number> {
    const text = await readFile(this.pathOf(`sent-${target}`), "utf8").catch(() => "0");
    return Math.min(Number(text) || 0, this.#pieces.length);
  }

  async noteSent(target: number, count: number): Promise<void> {
    await writeFile(this.pathOf(`sent-${target}`), String(count));
  }
}

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
