import { lstat, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { getLogger } from "@logtape/logtape";
import * as v from "valibot";
import { digestOf } from "../../disk/file-digest.ts";
import type { Encoded } from "./run-part.ts";

const log = getLogger(["pontus", "slices"]);

/** The file that says which finished parts lie in a folder. */
const NOTE = "slices.json";
/** Where they lie in it once they are joined: beside the outputs, of which they are none. */
const ASIDE = "slices";

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const name = v.pipe(v.string(), v.regex(/^(?!.*\.\.)[^/][^\p{Cc}]*$/u));
const hex = v.pipe(v.string(), v.regex(/^[0-9a-f]+$/));
const noteSchema = v.object({
  taskId: v.pipe(v.string(), v.uuid()),
  parts: v.array(
    v.object({
      digest: hex,
      index: whole,
      files: v.array(v.object({ name, at: name, sizeBytes: whole, sha256: hex })),
      frames: whole,
      outTimeSeconds: v.number(),
      damage: v.object({
        isTold: v.boolean(),
        isFilled: v.boolean(),
        speakers: v.array(v.string()),
        failures: v.record(v.string(), whole),
      }),
    }),
  ),
});

/** Finished parts of a task's steps, and where their files lie below a folder. */
export type PartsNote = v.InferOutput<typeof noteSchema>;
type KeptFile = PartsNote["parts"][number]["files"][number];

/** A part of a step: of which step, its place in it, and the files that it writes. */
export type PartPlaces = {
  readonly digest: string;
  readonly index: number;
  /** Relative to the work folder. */
  readonly writes: readonly string[];
};

/** The parts that are noted in a folder; undefined if none are. */
export async function readParts(folder: string): Promise<PartsNote | undefined> {
  try {
    return v.parse(noteSchema, JSON.parse(await readFile(join(folder, NOTE), "utf8")));
  } catch {
    return undefined;
  }
}

/** Notes parts in a folder, in place of those that are noted there: all of them or, after a crash, as it was. */
async function writeParts(folder: string, note: PartsNote): Promise<void> {
  const path = join(folder, NOTE);
  const file = await open(`${path}.new`, "w");
  try {
    await file.writeFile(JSON.stringify(note));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

/** How much room the parts of a note take. */
export const sizeOfParts = (note: PartsNote | undefined): number =>
  (note?.parts ?? [])
    .flatMap(({ files }) => files)
    .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

/** Moves parts from one folder to another on the same disk, and notes them there; what is not there any more is left out. */
export async function moveParts(from: string, note: PartsNote, to: string): Promise<void> {
  await mkdir(join(to, ASIDE), { recursive: true });
  const parts: PartsNote["parts"] = [];
  for (const [place, part] of note.parts.entries()) {
    const files: KeptFile[] = [];
    for (const [at, file] of part.files.entries()) {
      const lies = await placeOf(from, file);
      const moved = `${ASIDE}/${place}-${at}`;
      if (lies === undefined) continue;
      await rename(join(from, lies), join(to, moved));
      files.push({ ...file, at: moved });
    }
    if (files.length === part.files.length) parts.push({ ...part, files });
  }
  await writeParts(to, { ...note, parts });
}

/** Where a file lies: a process may have died between moving it and noting that. */
async function placeOf(folder: string, { at, name, sizeBytes }: KeptFile) {
  for (const place of [at, name, asideOf(name)]) {
    const info = await lstat(join(folder, place)).catch(() => undefined);
    if (info?.isFile() && info.size === sizeBytes) return place;
  }
  return undefined;
}

const asideOf = (path: string): string => `${ASIDE}/${path.replaceAll("/", "-")}`;

/**
 * The finished parts of one run of a task, which a later one may go on with. They lie in the run's work folder, and are noted there once
 * they are on the disk.
 */
export class KeptParts {
  readonly #folder: string;
  readonly #taskId: string;
  #parts: PartsNote["parts"];
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, taskId: string, parts: PartsNote["parts"]) {
    this.#folder = folder;
    this.#taskId = taskId;
    this.#parts = parts;
  }

  /**
   * Opens those of a work folder.
   *
   * @param folder - absolute path; its files that an earlier run has made are noted in it
   */
  static async of(folder: string, taskId: string): Promise<KeptParts> {
    return new KeptParts(folder, taskId, (await readParts(folder))?.parts ?? []);
  }

  /**
   * Puts the files of a part where its run would have written them.
   *
   * @returns what its run said; undefined if it is not there as it was made: sizes and digests are compared
   * @throws the signal's reason
   */
  async find(part: PartPlaces, signal: AbortSignal): Promise<Encoded | undefined> {
    const kept = this.#parts.find((one) => isOf(one, part));
    if (!kept) return undefined;
    const isWhole =
      kept.files.map((file) => file.name).join("\n") === part.writes.join("\n") &&
      (await Promise.all(kept.files.map((file) => this.#place(file, signal)))).every(Boolean);
    if (isWhole) return kept;
    signal.throwIfAborted();
    log.warn("File {name} of task {taskId} is not what was kept, and is made again", {
      name: part.writes[0],
      taskId: this.#taskId,
    });
    await this.#note((parts) => parts.filter((one) => one !== kept));
    return undefined;
  }

  async #place(file: KeptFile, signal: AbortSignal): Promise<boolean> {
    const lies = await placeOf(this.#folder, file);
    if (lies === undefined) return false;
    const path = join(this.#folder, lies);
    if ((await digestOf(path, signal).catch(() => "")) !== file.sha256) return false;
    const wanted = join(this.#folder, file.name);
    await mkdir(dirname(wanted), { recursive: true });
    await rename(path, wanted);
    return true;
  }

  /** Notes a part that is made, once its files are on the disk. */
  async keep(
    { digest, index, writes }: PartPlaces,
    { frames, outTimeSeconds, damage }: Encoded,
    signal: AbortSignal,
  ): Promise<void> {
    const files = await Promise.all(writes.map((path) => this.#flushed(path, signal)));
    const { isTold, isFilled, speakers, failures } = damage;
    const told = { isTold, isFilled, speakers: [...speakers], failures: { ...failures } };
    await this.#note((parts) => [
      ...parts.filter((one) => !isOf(one, { digest, index })),
      { digest, index, files, frames, outTimeSeconds, damage: told },
    ]);
  }

  async #flushed(path: string, signal: AbortSignal): Promise<KeptFile> {
    const whole = join(this.#folder, path);
    const file = await open(whole, "r+");
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    const { size: sizeBytes } = await lstat(whole);
    return { name: path, at: path, sizeBytes, sha256: await digestOf(whole, signal) };
  }

  /** Moves the files of a step's parts from beside its outputs, where each is one of a set, to where a run that fails later keeps them. */
  async setAside(digest: string): Promise<void> {
    await mkdir(join(this.#folder, ASIDE), { recursive: true });
    for (const { files } of this.#parts.filter((one) => one.digest === digest))
      for (const { name: path } of files)
        await rename(join(this.#folder, path), join(this.#folder, asideOf(path))).catch(() => {});
  }

  /** Removes the parts of a step, or all of them: nobody is to go on with them. */
  async drop(digest?: string): Promise<void> {
    const isMeant = (one: { readonly digest: string }) =>
      digest === undefined || one.digest === digest;
    const dropped = this.#parts.filter(isMeant);
    if (dropped.length === 0) return;
    await this.#note((parts) => parts.filter((one) => !isMeant(one)));
    for (const file of dropped.flatMap(({ files }) => files)) {
      const lies = await placeOf(this.#folder, file);
      if (lies !== undefined) await rm(join(this.#folder, lies), { force: true });
    }
  }

  /** Changes the note, one change after the other. */
  async #note(change: (parts: PartsNote["parts"]) => PartsNote["parts"]): Promise<void> {
    this.#parts = change(this.#parts);
    const written = this.#writing
      .catch(() => {})
      .then(() => writeParts(this.#folder, { taskId: this.#taskId, parts: this.#parts }));
    this.#writing = written;
    await written;
  }
}

const isOf = (
  one: Pick<PartPlaces, "digest" | "index">,
  { digest, index }: Pick<PartPlaces, "digest" | "index">,
): boolean => one.digest === digest && one.index === index;
