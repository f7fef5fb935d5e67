import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import type { Engine, RunRequest } from "../../engine/engine.ts";
import { sleep } from "../../lib/sleep.ts";
import type { Part, Sliced } from "../../plan/sliced.ts";
import {
  OF_LEAD_ALONE,
  type PartProgress,
  type PartRun,
  type PartState,
  type StepKey,
  type TakenPart,
} from "../../slices/slices.ts";
import { toTaskError } from "../../task/errors.ts";
import { failureOf } from "../../task/task.ts";
import { judgePictures } from "./join-slices.ts";
import { PartsProgress } from "./parts-progress.ts";
import {
  type Encoded,
  encodePart,
  keepPart,
  namesOfPart,
  stepOfPart,
  storePart,
  storeReads,
} from "./run-part.ts";
import { keyOfStep, type SharedSource } from "./slicing.ts";

const log = getLogger(["pontus", "slices"]);

/** How often the entries are looked at while nothing is heard of them. */
const LOOK_MS = 1_000;
/** How often others make a slice in vain: what they store may be what this worker cannot read. */
const SPOILT_MAX = 2;

/** A task whose step is shared. */
export type SharedRun = SharedSource & {
  readonly engine: Engine;
  readonly taskId: string;
  readonly attempt: number;
  /** Notes what is done. */
  readonly decide: (sentence: string) => void;
};

/** Ends everything with an error. */
type Fail = (error: unknown) => void;

/** Others make slices only, as these are what takes long; they write one file each. */
const isOffered = ({ isLight, isKept, writes }: Part): boolean =>
  !isLight && !isKept && !writes.some((name) => name.includes("%"));

/** What the worker that runs a task does for the slices of one step. */
export class Lead {
  readonly #shared: SharedRun;
  readonly #request: RunRequest;
  readonly #signal: AbortSignal;
  readonly #key: StepKey;
  /** The parts are one, a first pass: others would give it up for tasks that wait, so this worker makes it. */
  readonly #isAnalysis: boolean;
  /** What is made here alone. */
  readonly #ownParts: readonly Part[];
  readonly #slices: readonly Part[];
  readonly #runs: readonly PartRun[];
  readonly #progress: PartsProgress;
  /** Slices whose files lie in the work folder. */
  readonly #here = new Set<number>();
  /** How often a slice was not in the store as it was made. */
  readonly #spoilt = new Map<number, number>();
  /** What goes on beside the loop, by what it is. */
  readonly #going = new Map<string, Promise<void>>();
  /** What is made here alone and has not begun. */
  readonly #waiting: Part[];
  readonly #by = { own: 0, helpers: 0, found: 0 };
  #wake = Promise.withResolvers<void>();

  constructor(
    shared: SharedRun,
    request: RunRequest,
    { parts, isAnalysis = false }: Pick<Sliced, "parts"> & { readonly isAnalysis?: boolean },
    signal: AbortSignal,
  ) {
    this.#isAnalysis = isAnalysis;
    this.#shared = shared;
    this.#request = request;
    this.#signal = signal;
    this.#slices = parts.filter(isOffered);
    this.#ownParts = parts.filter((part) => !isOffered(part));
    this.#waiting = this.#ownParts.filter(({ isLight }) => !isLight);
    const { load } = request.step;
    this.#runs = this.#slices.map(({ args, writes, reads, mayLack }) => ({
      ...{ args, writes, ...(reads && { reads }), ...(mayLack && { mayLack }) },
      ...(load && { load }),
    }));
    this.#key = keyOfStep(shared.taskId, this.#runs, shared.source, shared.engine);
    this.#progress = new PartsProgress(request.onProgress);
  }

  /** Resolves when all parts lie in the work folder. @throws whatever `fail` was called with */
  async make(fail: Fail): Promise<void> {
    const { slicing, source, attempt, limitSeconds, engine, decide, taskId } = this.#shared;
    const { queue } = slicing;
    const engineVersion = this.#isAnalysis ? OF_LEAD_ALONE : engine.capabilities.version;
    const engineOf = { engine: engine.name, engineVersion };
    const step = { key: this.#key, attempt, ...engineOf, source, parts: this.#runs, limitSeconds };
    await storeReads(slicing.store, step, this.#request.folder, this.#signal);
    await queue.offer(step);
    if (!this.#isAnalysis) decide(`Offers ${this.#runs.length} slices to all workers`);
    for (const [at, part] of this.#ownParts.entries())
      if (part.isLight) this.#begin(`alone ${at}`, fail, () => this.#makeAlone(part));
    const unlisten = queue.listen(taskId, () => this.#wake.resolve());
    try {
      for (let isFirst = true; !this.#isDone(); isFirst = false) {
        this.#signal.throwIfAborted();
        this.#wake = Promise.withResolvers();
        const { promise: wake } = this.#wake;
        await this.#look(fail, isFirst).catch((error: unknown) => this.#passOver(error));
        if (!this.#isDone()) await this.#pause(wake);
      }
    } finally {
      unlisten();
    }
    const { own, helpers, found } = this.#by;
    if (this.#isAnalysis) {
      decide(own === 0 ? "Goes on with an earlier first pass" : "Has made its first pass");
      return;
    }
    decide(
      `Has all ${this.#runs.length} slices: ${own} made here, ${helpers} by other workers, ${found} by an earlier attempt`,
    );
  }

  /** Others make no more of its slices. Where the server is away, they go on in vain. */
  async withdraw(): Promise<void> {
    await this.#shared.slicing.queue
      .withdraw(this.#key)
      .catch((error) => log.warn("Cannot withdraw slices: {error}", { error }));
  }

  /** Resolves when nothing goes on any more. */
  async settled(): Promise<void> {
    while (this.#going.size > 0) await Promise.allSettled(this.#going.values());
  }

  #isDone(): boolean {
    const isAnyGoing = [...this.#going.keys()].some((name) => name.startsWith("alone"));
    return this.#here.size === this.#runs.length && this.#waiting.length === 0 && !isAnyGoing;
  }

  /** While the server is away, this worker's own encoder goes on. */
  #passOver(error: unknown): void {
    this.#signal.throwIfAborted();
    if (toTaskError(error).code !== "service_unavailable") throw error;
    log.warn("Cannot look after slices now: {error}", { error });
  }

  async #pause(wake: Promise<void>): Promise<void> {
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    const onAbort = () => resolve();
    this.#signal.addEventListener("abort", onAbort, { once: true });
    if (this.#signal.aborted) resolve();
    await sleep(LOOK_MS, Promise.race([wake, aborted]));
    this.#signal.removeEventListener("abort", onAbort);
  }

  /** Begins what can be done by how the slices stand. */
  async #look(fail: Fail, isFirst: boolean): Promise<void> {
    const { queue, workerId } = this.#shared.slicing;
    const states = await queue.states(this.#key);
    for (const state of states) this.#see(state, fail, isFirst);
    if ([...this.#going.keys()].some((name) => name.endsWith("in the slot"))) return;
    const alone = this.#waiting.shift();
    if (alone) return this.#begin("alone in the slot", fail, () => this.#makeAlone(alone));
    const lost = states.find((state) => this.#isLost(state) && !this.#here.has(state.index));
    if (lost) return this.#begin("lost in the slot", fail, () => this.#makeLost(lost.index));
    const part = await queue.takeOf(this.#key, workerId);
    if (part) this.#begin("own in the slot", fail, () => this.#makeOwn(part));
  }

  #see(state: PartState, fail: Fail, isFirst: boolean): void {
    const { index } = state;
    const name = `fetch ${index}`;
    if (this.#here.has(index) || this.#going.has(name) || this.#isLost(state)) return;
    if (state.state === "running" && state.progress) this.#progress.tell(index, state.progress);
    if (state.state === "made") this.#begin(name, fail, () => this.#fetch(state, isFirst));
  }

  /** Whether it is not to be had from others. */
  #isLost({ state, index }: PartState): boolean {
    return state === "failed" || (this.#spoilt.get(index) ?? 0) >= SPOILT_MAX;
  }

  #begin(name: string, fail: Fail, work: () => Promise<void>): void {
    const going = work()
      .catch(fail)
      .finally(() => {
        this.#going.delete(name);
        this.#wake.resolve();
      });
    this.#going.set(name, going);
  }

  /** Fetches a slice that another has made, or has it made again. */
  async #fetch(
    { index, token, made }: Extract<PartState, { state: "made" }>,
    isFound: boolean,
  ): Promise<void> {
    const { slicing, decide } = this.#shared;
    const { queue, store, count } = slicing;
    const writes = this.#runs[index]?.writes ?? [];
    let isHere = made.files.length === writes.length;
    for (const [at, file] of isHere ? made.files.entries() : []) {
      const path = join(this.#request.folder, writes[at] ?? "");
      isHere &&= await store.fetch(file, path, this.#signal);
    }
    const { workerId, seconds } = made;
    if (!isHere) {
      const times = (this.#spoilt.get(index) ?? 0) + 1;
      this.#spoilt.set(index, times);
      decide(`Slice ${index} of worker ${workerId} is not in the store as it was made: once more`);
      count("helper", "again");
      if (times < SPOILT_MAX) await queue.again(this.#key, index, token);
      return;
    }
    for (const damage of made.damage) this.#request.onDamage?.(damage);
    this.#have(index, made);
    this.#by[isFound ? "found" : "helpers"] += 1;
    if (this.#isAnalysis) return;
    decide(
      `Slice ${index} was made by worker ${workerId} in ${seconds} s${isFound ? " before" : ""}`,
    );
  }

  /** @throws {OtherPictures} */
  #have(index: number, { frames, outTimeSeconds }: Omit<Encoded, "damage">): void {
    const slice = this.#slices[index];
    if (slice) judgePictures(slice, index, frames);
    this.#here.add(index);
    this.#progress.tell(index, { frames, outTimeSeconds, speed: 0, fps: 0 });
  }

  async #makeAlone(part: Part): Promise<void> {
    const step = stepOfPart(this.#request.step, part);
    await this.#shared.engine.run({ ...this.#request, step, onProgress: () => {} }, this.#signal);
  }

  /** Makes a slice, and stores it for a later attempt while the next one is made. */
  async #makeOwn(part: TakenPart): Promise<void> {
    const { queue, count } = this.#shared.slicing;
    const { index } = part;
    const lost = new AbortController();
    const progress = () => this.#progress.of(index);
    const release = keepPart(queue, part, progress, (reason) => lost.abort(reason));
    const began = performance.now();
    try {
      const made = await this.#encode(part, AbortSignal.any([this.#signal, lost.signal]));
      const seconds = Math.round((performance.now() - began) / 100) / 10;
      const store = () => this.#store(part, made, seconds).finally(release);
      this.#begin(`store ${index}`, () => {}, store);
    } catch (error) {
      release();
      // Another has it now, as this worker was silent for too long.
      if (lost.signal.aborted && !this.#signal.aborted) return;
      count("own", "failed");
      await queue.fail(part, failureOf(toTaskError(error))).catch(() => {});
      throw error;
    }
  }

  /** Makes a slice that is not to be had from others: nothing is tried after that. */
  async #makeLost(index: number): Promise<void> {
    const run = this.#runs[index];
    if (!run) return;
    this.#shared.decide(`Slice ${index} could not be had from others: it is made here`);
    await this.#encode({ index, run }, this.#signal);
  }

  async #encode({ index, run }: Pick<TakenPart, "index" | "run">, signal: AbortSignal) {
    const { engine, slicing } = this.#shared;
    const tell = (progress: PartProgress): void => this.#progress.tell(index, progress);
    const made = await encodePart(engine, run, this.#request, tell, signal);
    this.#request.onDamage?.(made.damage);
    this.#by.own += 1;
    slicing.count("own", "made");
    this.#have(index, made);
    return made;
  }

  /** What cannot be stored is here all the same: only a later attempt would have to make it again. */
  async #store(part: TakenPart, { damage, ...told }: Encoded, seconds: number): Promise<void> {
    const { queue, store, workerId } = this.#shared.slicing;
    const { folder } = this.#request;
    const files = await storePart(store, part, folder, this.#signal).catch((error: unknown) => {
      log.info("Cannot store a slice of task {taskId}: {error}", { ...part.key, error });
      return [];
    });
    if (this.#signal.aborted) return;
    const made = { files, damage: [damage], workerId, ...told, seconds };
    if (!(await queue.complete(part, made))) await store.remove(namesOfPart(part), this.#signal);
  }
}
