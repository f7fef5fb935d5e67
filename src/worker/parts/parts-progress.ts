import type { EngineProgress } from "../../engine/engine.ts";

/** The progress of slices together, as that of one run. */
export class PartsProgress {
  readonly #known = new Map<number, EngineProgress>();
  readonly #onProgress: (progress: EngineProgress) => void;

  constructor(onProgress: (progress: EngineProgress) => void) {
    this.#onProgress = onProgress;
  }

  /** What is known of a slice. */
  of(index: number): EngineProgress | undefined {
    return this.#known.get(index);
  }

  /** How far a slice is; one that is whole adds no speed. */
  tell(index: number, progress: EngineProgress): void {
    this.#known.set(index, progress);
    const all = [...this.#known.values()];
    const sum = (amount: (one: EngineProgress) => number): number =>
      all.reduce((total, one) => total + amount(one), 0);
    this.#onProgress({
      outTimeSeconds: sum((one) => one.outTimeSeconds),
      speed: sum((one) => one.speed),
      fps: sum((one) => one.fps),
      frames: sum((one) => one.frames),
    });
  }
}
