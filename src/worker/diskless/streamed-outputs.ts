import { basename, dirname } from "node:path";
import type { ByteSink } from "../../engine/engine.ts";
import { withTargetDuration } from "../../manifest/write/set-playlists.ts";
import type { Plan, PlannedOutput } from "../../plan/plan.ts";
import { namesOthers } from "../../profile/container-rules.ts";
import { isDiskless, type TargetWriter } from "../../storage/storage.ts";
import { TaskError } from "../../task/errors.ts";
import { KeptEnd } from "../output/kept-end.ts";
import type { Run } from "../run.ts";

/** So much of the beginning of each product is kept and probed: its streams are described there. */
const HEAD_BYTES = 2 << 20;
/** The suffix of a playlist that ffmpeg has not finished. */
const UNFINISHED = ".tmp";

/** What is known of a product while it is sent. */
export type Outgoing = {
  readonly product: PlannedOutput;
  /** By the index of the target; a target that fails is removed. */
  readonly writers: Map<number, TargetWriter>;
  /** The beginning of the file or of the first segment; all of it if `headFileBytes` is no larger than `headBytes`. */
  readonly head: Uint8Array[];
  headBytes: number;
  headFile: string | undefined;
  headFileBytes: number;
  sizeBytes: number;
  /** The last bytes, which are decoded. */
  readonly end: KeptEnd;
  /** The playlists of a set, by name. */
  readonly texts: Map<string, string>;
};

/** Ends the encoder when every target has failed. */
export class NobodyLeft extends Error {
  override readonly name = "NobodyLeft";
}

/** Sends each product to all of its targets while it is made. A target that fails does not stop the others. */
export class StreamedOutputs implements ByteSink {
  readonly #run: Run;
  #products: readonly Outgoing[] = [];
  /** Playlists that are being written, by path. */
  readonly #texts = new Map<string, Uint8Array[]>();

  constructor(run: Run) {
    this.#run = run;
  }

  /** The products of the plan that was opened last. */
  get products(): readonly Outgoing[] {
    return this.#products;
  }

  /** Opens the targets of a plan; one that cannot be opened is recorded as failed. */
  async open(plan: Plan): Promise<void> {
    this.#products = plan.products.map((product) => ({
      product,
      writers: new Map(),
      head: [],
      headBytes: 0,
      headFile: undefined,
      headFileBytes: 0,
      sizeBytes: 0,
      end: new KeptEnd(),
      texts: new Map(),
    }));
    for (const outgoing of this.#products)
      for (const index of outgoing.product.targets)
        await this.#guarded(outgoing, index, async () => {
          outgoing.writers.set(index, await this.#writerOf(outgoing.product, index));
        });
  }

  async write(path: string, position: number, bytes: Uint8Array): Promise<void> {
    const outgoing = this.#productOf(path);
    outgoing.sizeBytes += bytes.length;
    if (isText(path)) {
      const text = this.#texts.get(path) ?? [];
      this.#texts.set(path, [...text, new Uint8Array(bytes)]);
      return;
    }
    outgoing.end.write(path, bytes, outgoing.product.segments !== undefined);
    outgoing.headFile ??= path;
    if (outgoing.headFile === path) {
      if (position !== outgoing.headFileBytes) throw wentBack();
      outgoing.headFileBytes += bytes.length;
      if (outgoing.headBytes < HEAD_BYTES) {
        outgoing.head.push(new Uint8Array(bytes));
        outgoing.headBytes += bytes.length;
      }
    }
    await this.#each(outgoing, (writer) => writer.write(basename(path), bytes));
  }

  async close(path: string): Promise<void> {
    if (isText(path)) return this.#keepText(path);
    await this.#each(this.#productOf(path), (writer) => writer.close(basename(path)));
  }

  async rename(path: string, to: string): Promise<void> {
    if (!isText(path)) throw new TaskError("internal", `Cannot rename "${path}": it has left`);
    this.#texts.set(to, this.#texts.get(path) ?? []);
    this.#texts.delete(path);
    this.#keepText(to);
  }

  async remove(path: string): Promise<void> {
    if (!isText(path)) throw new TaskError("internal", `Cannot remove "${path}": it has left`);
    this.#texts.delete(path);
  }

  /** Makes a product visible at its targets; `published` is called for each that has it. */
  async publish(outgoing: Outgoing, published: (index: number) => Promise<void>): Promise<void> {
    const { writers, texts } = outgoing;
    const all = [...writers].map(([index, writer]) =>
      this.#guarded(outgoing, index, async () => {
        await writer.publish(texts);
        writers.delete(index);
        await published(index);
      }),
    );
    // All of them end before the task does, so that nothing is published afterwards.
    for (const result of await Promise.allSettled(all))
      if (result.status === "rejected") throw result.reason;
  }

  /** Removes what was not published. */
  async discard(): Promise<void> {
    const writers = this.#products.flatMap((outgoing) => [...outgoing.writers.values()]);
    this.#products = [];
    this.#texts.clear();
    await Promise.all(writers.map((writer) => writer.discard()));
  }

  async #writerOf({ entry, segments }: PlannedOutput, index: number): Promise<TargetWriter> {
    const { conditions } = this.#run;
    const url = this.#run.targetUrl(index);
    const storage = this.#run.storageOf(url, "target");
    if (!isDiskless(storage))
      throw new TaskError(
        "output_not_supported",
        "Cannot write the target: its storage needs a disk, and here is none",
      );
    const name = basename(entry);
    const isSet = segments !== undefined;
    return storage.write(url, { ...conditions, entry: name, isSet });
  }

  /** The product that a file belongs to: each product has its own folder. */
  #productOf(path: string): Outgoing {
    const folder = path.split("/")[0];
    const found = this.#products.find(({ product }) => dirname(product.entry) === folder);
    if (!found) throw new TaskError("internal", `Cannot write "${path}": it is of no output`);
    return found;
  }

  #keepText(path: string): void {
    if (path.endsWith(UNFINISHED)) return;
    const text = Buffer.concat(this.#texts.get(path) ?? []).toString("utf8");
    this.#texts.delete(path);
    this.#productOf(path).texts.set(basename(path), withTargetDuration(text));
  }

  /** Does something with all targets of a product that have not failed. @throws {NobodyLeft} if no target is left */
  async #each(outgoing: Outgoing, action: (writer: TargetWriter) => Promise<void>): Promise<void> {
    const all = [...outgoing.writers].map(([index, writer]) =>
      this.#guarded(outgoing, index, () => action(writer)),
    );
    await Promise.all(all);
    if (this.#products.every(({ writers }) => writers.size === 0)) throw new NobodyLeft();
  }

  async #guarded(outgoing: Outgoing, index: number, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      await this.#run.failTarget(index, error);
      const writer = outgoing.writers.get(index);
      outgoing.writers.delete(index);
      await writer?.discard();
    }
  }
}

/** Texts that name the files of a set are kept whole, and written last. */
const isText = (path: string): boolean =>
  namesOthers(path.endsWith(UNFINISHED) ? path.slice(0, -UNFINISHED.length) : path);

const wentBack = (): TaskError =>
  new TaskError("internal", "Cannot write the output: its muxer goes back in what has left");
