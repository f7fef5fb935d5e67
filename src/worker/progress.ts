import type { EngineProgress } from "../engine/engine.ts";
import type { Plan, Step } from "../plan/plan.ts";
import type { Fetched } from "../storage/storage.ts";
import type { Progress } from "../task/task.ts";

/** The highest percentage before the outputs have been verified. */
const PERCENT_UNVERIFIED_MAX = 99;
/** The weight of the newest speed in the moving average that the ETA is computed from. */
const SPEED_WEIGHT = 0.3;

/** The progress of a task while its source is fetched; the percentage is of that phase. */
export function fetching({ doneBytes, totalBytes = 0 }: Fetched): Progress {
  const progress = { phase: "FETCHING", outTimeSeconds: 0, speed: 0, fps: 0 } as const;
  if (totalBytes <= 0) return progress;
  const percent = Math.round((doneBytes / totalBytes) * 1000) / 10;
  return { ...progress, percent: Math.min(PERCENT_UNVERIFIED_MAX, percent) };
}

/** The progress of a task that delivers the outputs of an earlier run. */
export const delivering = (durationSeconds: number): Progress => ({
  phase: "DELIVERING",
  percent: PERCENT_UNVERIFIED_MAX,
  outTimeSeconds: durationSeconds,
  speed: 0,
  fps: 0,
});

/** The progress of a task that encodes an output once more, of which it was not known before. */
export const onceMore = ({ outTimeSeconds, speed, fps }: EngineProgress): Progress => ({
  phase: "TRANSCODING",
  percent: PERCENT_UNVERIFIED_MAX,
  ...{ outTimeSeconds, speed, fps },
});

/** Turns what an engine reports of each step into the progress of the task. Each run of a plan has its own tracker. */
export class ProgressTracker {
  readonly #plan: Plan;
  #doneShare = 0;
  #step: Step | undefined;
  #speed = 0;
  #last: EngineProgress = { outTimeSeconds: 0, speed: 0, fps: 0, frames: 0 };

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** To be called when a step begins: the one before it is done. */
  begin(step: Step): void {
    this.#doneShare += this.#step?.share ?? 0;
    this.#step = step;
    this.#speed = 0;
  }

  /** The progress after a report of the running step. */
  update(report: EngineProgress): Progress {
    this.#last = report;
    this.#speed =
      this.#speed === 0 ? report.speed : this.#speed + SPEED_WEIGHT * (report.speed - this.#speed);
    return this.#progress("TRANSCODING");
  }

  /** The progress once all steps are done and the outputs are delivered. */
  delivering(): Progress {
    this.#doneShare = 1;
    this.#step = undefined;
    return this.#progress("DELIVERING");
  }

  #progress(phase: Progress["phase"]): Progress {
    const duration = this.#plan.durationSeconds;
    const { outTimeSeconds, speed, fps } = this.#last;
    const base = { phase, outTimeSeconds, speed, fps };
    if (duration === undefined || duration <= 0) return base;
    const ofStep = Math.min(1, outTimeSeconds / duration);
    const share = this.#step?.share ?? 0;
    const done = Math.min(1, this.#doneShare + ofStep * share);
    const percent = Math.min(PERCENT_UNVERIFIED_MAX, Math.round(done * 1000) / 10);
    if (this.#speed <= 0 || share === 0) return { ...base, percent };
    const stepSecondsLeft = ((1 - ofStep) * duration) / this.#speed;
    const laterShare = Math.max(0, 1 - this.#doneShare - share);
    const laterSeconds = ((laterShare / share) * duration) / this.#speed;
    return { ...base, percent, etaSeconds: Math.ceil(stepSecondsLeft + laterSeconds) };
  }
}
