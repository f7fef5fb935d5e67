import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { getLogger } from "@logtape/logtape";
import * as v from "valibot";
import type { TaskStore } from "../../store/store.ts";
import type { Output } from "../../task/task.ts";
import { sizeOfFinished } from "../output/finished-size.ts";
import type { Verified } from "../output/verify-products.ts";
import { moveParts, readParts, sizeOfParts } from "../parts/kept-parts.ts";

const log = getLogger(["pontus", "worker"]);

/** The file that says which verified products lie in its folder. */
const NOTE = "products.json";
/** The prefix of a folder that is being filled, and the age from which on such a folder is the rest of a crash. */
const NASCENT = ".";
const NASCENT_MS_MAX = 600_000;

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const name = v.pipe(v.string(), v.regex(/^(?!.*\.\.)[^/][^\p{Cc}]*$/u));
const stream = v.looseObject({ codec: v.string() });
const noteSchema = v.object({
  taskId: v.pipe(v.string(), v.uuid()),
  products: v.array(
    v.object({
      targets: v.array(whole),
      entry: name,
      segments: v.optional(name),
      // The service itself wrote it in an earlier run, so callers get its numbers unchecked.
      output: v.looseObject({
        sizeBytes: whole,
        durationSeconds: v.number(),
        container: v.string(),
        bitrateBps: v.number(),
        video: v.optional(stream),
        audio: v.optional(stream),
      }),
    }),
  ),
});

/** How long what was encoded is kept, and how many bytes all of it may take. */
export type KeepLimits = { readonly keepMs: number; readonly bytesMax: number };

/**
 * What a run has encoded and could not deliver, kept for a later run of its task: verified products, or else the finished slices of a long
 * encode. Each task has a folder below one root.
 *
 * A run takes a task's folder by renaming it, so that no two instances send the same files. It notes its slices in its work folder as
 * they are made, and its products before it delivers them, so that a crash loses none of them.
 */
export class KeptEncodes {
  readonly #root: string;
  readonly #limits: KeepLimits;
  readonly #now: () => number;

  /** @param root - absolute path, on the same disk as the scratch folders */
  constructor(root: string, limits: KeepLimits, now: () => number) {
    this.#root = root;
    this.#limits = limits;
    this.#now = now;
  }

  get #isOff(): boolean {
    return this.#limits.keepMs === 0 || this.#limits.bytesMax === 0;
  }

  /** Moves what is kept of a task into a work folder: slices are noted there. @returns its products; leaves out damaged ones */
  async take(taskId: string, folder: string): Promise<readonly Verified[]> {
    if (this.#isOff) return [];
    const taken = join(folder, "kept");
    try {
      await rename(join(this.#root, taskId), taken);
    } catch {
      return [];
    }
    const parts = await readParts(taken);
    if (parts) await moveParts(taken, parts, folder);
    const whole: Verified[] = [];
    for (const product of (await readNote(taken))?.products ?? [])
      if (await isWhole(product)) whole.push(product);
    // So that they are kept again if this run fails too.
    await this.note(taskId, folder, whole);
    return whole;
  }

  /** Writes down in a work folder which of its files are verified products. */
  async note(taskId: string, folder: string, products: readonly Verified[]): Promise<void> {
    if (!this.#isOff && products.length > 0) await writeNote(folder, taskId, products);
  }

  /**
   * Keeps what is noted in a work folder; its owner removes the rest of the folder. If all that is kept takes too much space, the oldest
   * is removed. Never rejects: what cannot be kept is encoded again.
   *
   * @param isWanted - whether a target still needs its product; by default all do
   * @param areSlicesWanted - whether another run may go on with slices
   */
  async keep(
    folder: string,
    isWanted: (target: number) => boolean = () => true,
    areSlicesWanted = true,
  ): Promise<void> {
    if (this.#isOff) return;
    const note = await readNote(folder);
    const products = note?.products.filter(({ targets }) => targets.some(isWanted)) ?? [];
    const parts = areSlicesWanted ? await readParts(folder) : undefined;
    const taskId = note?.taskId ?? parts?.taskId;
    if (taskId === undefined || products.length + (parts?.parts.length ?? 0) === 0) return;
    const nascent = join(this.#root, `${NASCENT}${taskId}`);
    try {
      await rm(nascent, { recursive: true, force: true });
      const moved: Verified[] = [];
      for (const [index, product] of products.entries())
        moved.push(await moveProduct(product, join(nascent, String(index))));
      if (parts) await moveParts(folder, parts, nascent);
      if (moved.length > 0) await writeNote(nascent, taskId, moved);
      const place = join(this.#root, taskId);
      await rm(place, { recursive: true, force: true });
      await rename(nascent, place);
      await this.sweep();
    } catch (error) {
      log.warn("Cannot keep the outputs of task {taskId}: {error}", { taskId, error });
      await rm(nascent, { recursive: true, force: true }).catch(() => {});
    }
  }

  /** Keeps what is noted in the work folders of a dead instance. */
  async rescue(scratch: string): Promise<void> {
    for (const name of await readdir(scratch)) await this.keep(join(scratch, name));
  }

  /** Removes what nobody wants any more: the products of tasks that were delivered or cancelled. */
  async forget(tasks: Pick<TaskStore, "ended">): Promise<void> {
    const names = await readdir(this.#root).catch(() => []);
    for (const name of names.length > 0 ? await tasks.ended(names, "FAILED") : [])
      await rm(join(this.#root, name), { recursive: true, force: true });
  }

  /** Removes products that were kept for too long, and the oldest ones while all together are too large. */
  async sweep(): Promise<void> {
    const names = await readdir(this.#root).catch(() => []);
    const found = await Promise.all(
      names.map(async (name) => {
        const folder = join(this.#root, name);
        // Another instance may have taken it since.
        const keptMs = await stat(folder).then(
          (info) => info.mtimeMs,
          () => undefined,
        );
        return keptMs === undefined ? [] : [{ name, folder, keptMs }];
      }),
    );
    let bytes = 0;
    for (const { name, folder, keptMs } of found.flat().sort((a, b) => b.keptMs - a.keptMs)) {
      const isNascent = name.startsWith(NASCENT);
      const ageMs = this.#now() - keptMs;
      bytes += isNascent ? 0 : await sizeOfNoted(folder);
      const isTooMuch = bytes > this.#limits.bytesMax;
      const isOld = ageMs > (isNascent ? NASCENT_MS_MAX : this.#limits.keepMs);
      if (isOld || isTooMuch) await rm(folder, { recursive: true, force: true });
    }
  }
}

type Note = { readonly taskId: string; readonly products: readonly Verified[] };

async function readNote(folder: string): Promise<Note | undefined> {
  try {
    const text = await readFile(join(folder, NOTE), "utf8");
    const { taskId, products } = v.parse(noteSchema, JSON.parse(text));
    return {
      taskId,
      products: products.map(({ targets, entry, segments, output }) => ({
        targets,
        finished: {
          entry: join(folder, entry),
          ...(segments !== undefined && { segments: join(folder, segments) }),
        },
        output: output as Output,
      })),
    };
  } catch {
    return undefined;
  }
}

async function writeNote(
  folder: string,
  taskId: string,
  verified: readonly Verified[],
): Promise<void> {
  const products = verified.map(({ targets, finished: { entry, segments }, output }) => ({
    targets,
    entry: relative(folder, entry),
    ...(segments !== undefined && { segments: relative(folder, segments) }),
    output,
  }));
  await writeFile(join(folder, NOTE), JSON.stringify({ taskId, products }));
}

async function moveProduct({ finished, ...rest }: Verified, folder: string): Promise<Verified> {
  await mkdir(folder, { recursive: true });
  const entry = join(folder, basename(finished.entry));
  await rename(finished.entry, entry);
  if (finished.segments === undefined) return { ...rest, finished: { entry } };
  const segments = join(folder, basename(finished.segments));
  await rename(finished.segments, segments);
  return { ...rest, finished: { entry, segments } };
}

async function isWhole({ finished, output }: Verified): Promise<boolean> {
  return (await sizeOfFinished(finished).catch(() => undefined)) === output.sizeBytes;
}

async function sizeOfNoted(folder: string): Promise<number> {
  const products = (await readNote(folder))?.products ?? [];
  const ofSlices = sizeOfParts(await readParts(folder));
  return products.reduce((sum, { output }) => sum + output.sizeBytes, ofSlices);
}
