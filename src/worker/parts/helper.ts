import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import type { Engine } from "../../engine/engine.ts";
import type { Reach } from "../../lib/reach.ts";
import type { HelpedPart, PartProgress, StepKey } from "../../slices/slices.ts";
import { type Side, type Storage, schemeOf } from "../../storage/storage.ts";
import { TaskError, toTaskError } from "../../task/errors.ts";
import { failureOf } from "../../task/task.ts";
import { identityOf } from "../source/open-source.ts";
import { encodePart, fetchReads, keepPart, namesOfPart, storePart } from "./run-part.ts";
import { serveSource } from "./serve-source.ts";
import type { Slicing } from "./slicing.ts";

const log = getLogger(["pontus", "slices"]);

/** How long a worker keeps away from a step that it could not help with. */
const AVOID_MS = 60_000;

/** How long what a slice that is not made may have left in the store is tried to be removed: later it is with all of its task. */
const TIDY_MS_MAX = 10_000;

/** What a helper works with. */
export type HelperParts = {
  readonly slicing: Slicing;
  readonly engine: Engine;
  readonly storageOf: (url: string, side: Side, reach: Reach | null) => Storage;
  /** Absolute path of this instance's scratch folder. */
  readonly scratch: string;
};

type Helping = {
  readonly part: HelpedPart;
  readonly abort: (reason: unknown) => void;
  readonly done: Promise<void>;
};

/** An input that the encoder reads, of a source that is the task's. */
type PartInput = {
  readonly inputPath: string;
  readonly isServed?: true;
  /** Why it could not be read, if it could not. */
  readonly failure?: () => unknown;
  readonly close: () => Promise<void>;
};

/** Makes slices of other workers' tasks in slots that are free. */
export class Helper {
  readonly #parts: HelperParts;
  readonly #helping = new Set<Helping>();
  readonly #avoided = new Map<string, number>();

  constructor(parts: HelperParts) {
    this.#parts = parts;
  }

  /** How many slices are made now, each in a slot. */
  get running(): number {
    return this.#helping.size;
  }

  /**
   * Begins a slice, if there is any.
   *
   * @param onFree - called when its slot is free again
   * @returns whether there was one
   */
  async take(onFree: () => void): Promise<boolean> {
    const { slicing, engine } = this.#parts;
    const { queue, workerId: id } = slicing;
    const self = { id, engine: engine.name, engineVersion: engine.capabilities.version };
    const part = await queue.take(self, (key) => this.#isAvoided(key));
    if (!part) return false;
    const stopped = new AbortController();
    const abort = (reason: unknown): void => stopped.abort(reason);
    const done = this.#make(part, stopped).finally(() => {
      this.#helping.delete(helping);
      onFree();
    });
    const helping: Helping = { part, abort, done };
    this.#helping.add(helping);
    return true;
  }

  /** A task was cancelled. */
  cancel(taskId: string): void {
    const reason = new TaskError("cancelled", "The task was cancelled by its client");
    for (const { part, abort } of this.#helping) if (part.key.taskId === taskId) abort(reason);
  }

  /** Ends what it makes, for others to make. @returns how many */
  handBack(reason: TaskError): number {
    for (const { abort } of this.#helping) abort(reason);
    return this.#helping.size;
  }

  /** The same, for good: nothing is taken any more. @returns when all is handed back */
  async stop(): Promise<void> {
    this.handBack(new TaskError("shutdown", "Cannot finish the slice: the service is stopping"));
    await Promise.all([...this.#helping].map(({ done }) => done));
  }

  #isAvoided({ taskId, digest }: StepKey): boolean {
    return (this.#avoided.get(`${taskId} ${digest}`) ?? 0) > performance.now();
  }

  #avoid({ taskId, digest }: StepKey): void {
    const nowMs = performance.now();
    for (const [key, untilMs] of this.#avoided) if (untilMs < nowMs) this.#avoided.delete(key);
    this.#avoided.set(`${taskId} ${digest}`, nowMs + AVOID_MS);
  }

  /** One slice from its source to the store; never rejects. */
  async #make(part: HelpedPart, stopped: AbortController): Promise<void> {
    const { slicing, scratch } = this.#parts;
    const { key, index, token } = part;
    const { taskId } = key;
    const folder = join(scratch, `${taskId}-slice-${index}-${token}`);
    let progress: PartProgress | undefined;
    const onLost = (reason: TaskError): void => stopped.abort(reason);
    const release = keepPart(slicing.queue, part, () => progress, onLost);
    log.info("Slice {index} of task {taskId} begins", { taskId, index });
    try {
      await mkdir(folder, { recursive: true });
      await this.#encode(part, folder, stopped.signal, (told) => {
        progress = told;
      });
      slicing.count("helper", "made");
      log.info("Slice {index} of task {taskId} is made", { taskId, index });
    } catch (error) {
      await this.#failed(part, stopped.signal.aborted ? stopped.signal.reason : error);
    } finally {
      release();
      await rm(folder, { recursive: true, force: true }).catch((error) =>
        log.warn("Cannot empty the work folder of a slice: {error}", { error }),
      );
    }
  }

  async #encode(
    part: HelpedPart,
    folder: string,
    signal: AbortSignal,
    onProgress: (progress: PartProgress) => void,
  ): Promise<void> {
    const { slicing, engine } = this.#parts;
    const { queue, store, workerId } = slicing;
    const began = performance.now();
    await fetchReads(store, part, folder, signal);
    const input = await this.#open(part, folder, signal);
    try {
      const { inputPath, isServed } = input;
      const place = { folder, inputPath, onLog: () => {}, ...(isServed && { isServed }) };
      const { damage, ...told } = await encodePart(
        engine,
        part.run,
        place,
        onProgress,
        signal,
      ).catch((error: unknown) => {
        throw input.failure?.() ?? error;
      });
      const files = await storePart(store, part, folder, signal);
      const seconds = Math.round((performance.now() - began) / 100) / 10;
      const made = { files, damage: [damage], workerId, ...told, seconds };
      if (!(await queue.complete(part, made)))
        throw new TaskError("lease_lost", "Cannot hand the slice over: it is another worker's");
    } finally {
      await input.close();
    }
  }

  /** Opens the source as the task's worker has, without fetching it whole. */
  async #open(
    { sourceUrl, reach, source }: HelpedPart,
    folder: string,
    signal: AbortSignal,
  ): Promise<PartInput> {
    const storage = this.#parts.storageOf(sourceUrl, "source", reach);
    if (schemeOf(sourceUrl) === "file") {
      const opened = await storage.open(sourceUrl, { folder, signal });
      const close = async () => opened.close?.();
      const own = await identityOf(sourceUrl, opened);
      if (own?.sizeBytes === source.sizeBytes && own.version === source.version)
        return { inputPath: opened.path, close };
      await close();
      throw another();
    }
    if (!storage.read) throw another();
    const reader = await storage.read(sourceUrl, signal);
    if (reader.sizeBytes !== source.sizeBytes || reader.version !== source.version) {
      reader.close();
      throw another();
    }
    const served = await serveSource(reader);
    const close = async () => {
      reader.close();
      await served.close();
    };
    return { inputPath: served.url, isServed: true, failure: served.failure, close };
  }

  async #failed(part: HelpedPart, error: unknown): Promise<void> {
    const { queue, store, count } = this.#parts.slicing;
    const failure = failureOf(toTaskError(error));
    const { taskId } = part.key;
    log.info("Slice {index} of task {taskId} is not made: {code}: {detail}", {
      taskId,
      index: part.index,
      ...failure,
    });
    count("helper", "failed");
    this.#avoid(part.key);
    await queue
      .fail(part, failure)
      .catch((cause) => log.warn("Cannot give a slice back: {cause}", { cause }));
    await store
      .remove(namesOfPart(part), AbortSignal.timeout(TIDY_MS_MAX))
      .catch((cause) => log.info("Cannot remove a slice: {cause}", { cause }));
  }
}

const another = (): TaskError =>
  new TaskError(
    "source_unreachable",
    "Cannot read the source: it is not the file that the task's worker reads",
  );
