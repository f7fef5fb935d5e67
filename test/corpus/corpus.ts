import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** Real files for this suite alone: beside the project where the project's makers keep them, elsewhere where it is said. */
const FOLDER = process.env["PONTUS_CORPUS"] ?? join("..", "shared", "media");

/** What bare ffmpeg decodes of a stream: from when on, and for how long, the last duration included. */
type Decoded = { readonly start: number; readonly seconds: number };

/** One file of the corpus, as its index tells of it. */
export type CorpusFile = {
  readonly file: string;
  readonly format: string;
  readonly video?: Decoded & {
    readonly codec: string;
    readonly pictures: number;
    /** Of the coded picture. */
    readonly size: readonly [number, number];
    readonly rotation: number | null;
  };
  readonly audio?: Decoded & { readonly codec: string };
};

/** The folder of the real files and what its index says of them; nothing where there is none on this machine. */
export function openCorpus():
  | { readonly folder: string; readonly files: readonly CorpusFile[] }
  | undefined {
  const folder = resolve(FOLDER);
  const index = join(folder, "index.json");
  if (!existsSync(index)) return undefined;
  return { folder, files: JSON.parse(readFileSync(index, "utf8")) as CorpusFile[] };
}

/** Said where there are no real files. */
export const NO_CORPUS = `no real files in ${resolve(FOLDER)}: PONTUS_CORPUS names their folder`;
