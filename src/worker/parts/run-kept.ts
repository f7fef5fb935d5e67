import { getLogger } from "@logtape/logtape";
import type { Engine, RunRequest } from "../../engine/engine.ts";
import { withOwnSignal } from "../../lib/own-signal.ts";
import type { Part, Sliced } from "../../plan/sliced.ts";
import type { PartProgress, SourceIdentity } from "../../slices/slices.ts";
import { joinSlices, judgePictures, OtherPictures, removeParts } from "./join-slices.ts";
import type { KeptParts, PartPlaces } from "./kept-parts.ts";
import { PartsProgress } from "./parts-progress.ts";
import { type Encoded, encodePart, stepOfPart } from "./run-part.ts";
import { keyOfStep } from "./slicing.ts";

const log = getLogger(["pontus", "slices"]);

/**
 * So long before a slice ends, the next one begins: while the encoder of the one empties, that of the other reads what it looks ahead at. It has
 * made no picture, or a few, by the time that the first has ended, so no more than a slice is lost with both.
 */
const AHEAD_SECONDS = 2;
/** How long a slice may still take to be noted once the run is to end: else it would be lost beside the one that is being made. */
const NOTE_MS_MAX = 10_000;

/** A task whose step is made in slices that outlive its run. */
export type KeptRun = {
  readonly engine: Engine;
  readonly taskId: string;
  readonly source: SourceIdentity;
  readonly kept: KeptParts;
  /** Notes what is done. */
  readonly decide: (sentence: string) => void;
};

/**
 * Runs a step in slices, one after the other, and joins them. Those that an earlier run has made of the same source by the same arguments
 * and encoder are not made again; what this run makes is kept for the next. If one has other pictures than it should, the whole is
 * encoded instead.
 *
 * @throws {TaskError} as `Engine.run` does
 */
export async function runKept(
  run: KeptRun,
  request: RunRequest,
  sliced: Sliced,
  signal: AbortSignal,
): Promise<void> {
  const { engine, kept, decide } = run;
  const { parts } = sliced;
  try {
    await making(signal, async (own, fail) => {
      const slices = new KeptSlices(run, request, { parts }, own, fail);
      await slices.make();
      await joinSlices(engine, request, sliced, own).catch(async (error: unknown) => {
        // It may be what was kept that cannot be joined.
        if (!own.aborted) await slices.drop();
        throw error;
      });
      await slices.setAside();
    });
    await removeParts(request.folder, sliced);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof OtherPictures)) throw error;
    decide(`Encodes the whole: ${error.message}`);
    // A first pass is of the whole as well.
    await kept.drop(digestOfParts(run, parts));
    await removeParts(request.folder, sliced);
    const { sliced: _, ...whole } = request.step;
    await engine.run({ ...request, step: whole }, signal);
  }
}

/**
 * Runs a first pass, unless an earlier run has made the same of the same source: two of them differ, and then no slice of the one is one of
 * the other.
 *
 * @throws {TaskError} as `Engine.run` does
 */
export function analyseKept(
  run: KeptRun,
  request: RunRequest,
  part: Part,
  signal: AbortSignal,
): Promise<void> {
  const first = { parts: [part], isAnalysis: true };
  return making(signal, (own, fail) => new KeptSlices(run, request, first, own, fail).make());
}

/** Calls back with what fails all that it does. */
function making(
  signal: AbortSignal,
  act: (own: AbortSignal, fail: (error: unknown) => void) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  return withOwnSignal([signal, failed.signal], (own) => act(own, (error) => failed.abort(error)));
}

/** What is kept. */
const isPassing = ({ isKept }: Part): boolean => !isKept;

const digestOfParts = ({ taskId, source, engine }: KeptRun, parts: readonly Part[]): string =>
  keyOfStep(taskId, parts.filter(isPassing), source, engine).digest;

/** A part, and its place among all of its step. */
type Placed = PartPlaces & { readonly part: Part };

/** A slice that is being made; neither promise rejects. */
type Going = { readonly nearEnd: Promise<void>; readonly done: Promise<void> };

/** What makes the slices of one step. */
class KeptSlices {
  readonly #run: KeptRun;
  readonly #request: RunRequest;
  readonly #signal: AbortSignal;
  readonly #fail: (error: unknown) => void;
  readonly #digest: string;
  /** What is kept, slices and sounds. */
  readonly #parts: readonly Placed[];
  /** What lies among the outputs, and is made anew. */
  readonly #others: readonly Part[];
  readonly #progress: PartsProgress;
  /** The parts are one, a first pass. */
  readonly #isAnalysis: boolean;
  /** What is being written down. */
  readonly #noting: Promise<void>[] = [];

  constructor(
    run: KeptRun,
    request: RunRequest,
    { parts, isAnalysis = false }: Pick<Sliced, "parts"> & { readonly isAnalysis?: boolean },
    signal: AbortSignal,
    fail: (error: unknown) => void,
  ) {
    this.#run = run;
    this.#request = request;
    this.#signal = signal;
    this.#fail = fail;
    this.#isAnalysis = isAnalysis;
    const digest = digestOfParts(run, parts);
    this.#digest = digest;
    this.#parts = parts
      .filter(isPassing)
      .map((part, index) => ({ digest, index, writes: part.writes, part }));
    this.#others = parts.filter((part) => !isPassing(part));
    this.#progress = new PartsProgress(request.onProgress);
  }

  /** Resolves when all parts lie in the work folder. @throws whatever a part failed with, or the signal's reason */
  async make(): Promise<void> {
    const missing: Placed[] = [];
    for (const one of this.#parts) if (!(await this.#find(one))) missing.push(one);
    this.#tellFound(missing);
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const sounds = missing.filter(({ part }) => part.isLight);
    // Three threads that open a file on two cores take one and a half times as long.
    const going = sounds.map(async (one) => {
      await begun;
      await this.#make(one, () => {}, undefined);
    });
    await this.#makeSlices(
      missing.filter(({ part }) => !part.isLight),
      begin,
    );
    begin();
    await Promise.all(going);
    for (const part of this.#others) await this.#makeOther(part);
    await Promise.all(this.#noting);
    this.#signal.throwIfAborted();
  }

  setAside(): Promise<void> {
    return this.#run.kept.setAside(this.#digest);
  }

  drop(): Promise<void> {
    return this.#run.kept.drop(this.#digest);
  }

  async #find(one: Placed): Promise<boolean> {
    const { kept } = this.#run;
    const found = await kept.find(one, this.#signal);
    if (found) this.#have(one, found);
    return found !== undefined;
  }

  #tellFound(missing: readonly Placed[]): void {
    const { decide, taskId } = this.#run;
    const areSlices = ({ part }: Placed) => !part.isLight;
    const all = this.#parts.filter(areSlices).length;
    const found = all - missing.filter(areSlices).length;
    if (this.#isAnalysis) {
      decide(found > 0 ? "Goes on with an earlier first pass" : "Makes its first pass");
      return;
    }
    decide(
      found === 0
        ? `Makes ${all} slices, each of which outlives this run`
        : `Goes on with ${found} of ${all} slices, which an earlier run has made`,
    );
    if (found > 0)
      log.info("Task {taskId} goes on with {found} of {all} slices", { taskId, found, all });
  }

  /** Makes slices one after the other, the next one from shortly before the end of the one before. */
  async #makeSlices(slices: readonly Placed[], onFirst: () => void): Promise<void> {
    let before: Going | undefined;
    for (const one of slices) {
      await before?.nearEnd;
      if (this.#signal.aborted) break;
      const going = this.#begin(one, onFirst, before);
      await before?.done;
      before = going;
    }
    await before?.done;
  }

  #begin(one: Placed, onFirst: () => void, before: Going | undefined): Going {
    const { promise: nearEnd, resolve } = Promise.withResolvers<void>();
    const pictures = Math.max(0, ...(one.part.frames ?? []));
    const onProgress = ({ frames, fps }: PartProgress): void => {
      if (frames === 0) return;
      onFirst();
      if (pictures - frames <= fps * AHEAD_SECONDS) resolve();
    };
    const done = this.#make(one, onProgress, before).finally(() => {
      onFirst();
      resolve();
    });
    return { nearEnd, done };
  }

  /**
   * Makes a part, and keeps it while the next one is made; a failure of it is that of all.
   *
   * @param before - what ends meanwhile: if this part fails, it is not lost as well
   */
  async #make(
    one: Placed,
    onProgress: (progress: PartProgress) => void,
    before: Going | undefined,
  ): Promise<void> {
    const { engine } = this.#run;
    const { args, writes, mayLack, isLight } = one.part;
    const { load } = this.#request.step;
    const tell = (progress: PartProgress): void => {
      if (!isLight && progress.frames > 0) this.#progress.tell(one.index, progress);
      onProgress(progress);
    };
    try {
      const part = { args, writes, ...(mayLack && { mayLack }), ...(load && { load }) };
      const made = await encodePart(engine, part, this.#request, tell, this.#signal);
      this.#have(one, made);
      this.#noting.push(this.#keep(one, made));
    } catch (error) {
      await before?.done;
      this.#fail(error);
    }
  }

  /** @throws {OtherPictures} */
  #have({ part, index }: Placed, { frames, outTimeSeconds, damage }: Encoded): void {
    judgePictures(part, index, frames);
    this.#request.onDamage?.(damage);
    if (!part.isLight) this.#progress.tell(index, { frames, outTimeSeconds, speed: 0, fps: 0 });
  }

  /** What cannot be noted is here all the same: only a later run would have to make it again. */
  async #keep(one: Placed, made: Encoded): Promise<void> {
    const { kept, taskId } = this.#run;
    const late = new AbortController();
    const end = () => void setTimeout(() => late.abort(), NOTE_MS_MAX).unref();
    if (this.#signal.aborted) end();
    this.#signal.addEventListener("abort", end);
    await kept
      .keep(one, made, late.signal)
      .catch((error: unknown) =>
        log.info("Cannot keep a slice of task {taskId}: {error}", { taskId, error }),
      );
    this.#signal.removeEventListener("abort", end);
  }

  async #makeOther(part: Part): Promise<void> {
    if (this.#signal.aborted) return;
    const step = stepOfPart(this.#request.step, part);
    const request = { ...this.#request, step, onProgress: () => {} };
    await this.#run.engine.run(request, this.#signal).catch(this.#fail);
  }
}
