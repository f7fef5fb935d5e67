import { onceLoaded } from "../../lib/once.ts";
import { type ErrorCode, toTaskError } from "../../task/errors.ts";
import type { Grower } from "../growing/grow.ts";
import type { Verified } from "../output/verify-products.ts";
import { isLastRun, type RetryLimits } from "../retry.ts";
import type { Run } from "../run.ts";
import type { FileLine } from "./file-line.ts";

// Few tasks publish what they have not finished.
const growing = onceLoaded(() => import("../growing/grow.ts"));

/** The sets of a task that are published while they are made; none where it does not ask for that. */
export class GrowingSets {
  #grower: Grower | undefined;

  /**
   * @param folder - absolute path of the work folder
   * @param retries - when a task gets another run
   */
  constructor(
    private readonly run: Run,
    private readonly folder: string,
    private readonly retries: RetryLimits,
  ) {}

  /** A line that begins to publish with each of its plans. @param wanted - the indexes of the targets that can be written */
  beginning<Own extends Pick<FileLine, "begin">>(line: Own, wanted: ReadonlySet<number>): Own {
    const { run, folder } = this;
    if (!run.task.extras?.growing) return line;
    const begin: FileLine["begin"] = async (planned) => {
      await line.begin?.(planned);
      this.#grower ??= new (await growing()).Grower(run, folder, wanted);
      await this.#grower.begin(planned.plan);
    };
    return { ...line, begin };
  }

  /** Completes them by what was verified. @returns what is to be delivered whole. @throws {TaskError} as `Grower.complete` */
  async complete(made: readonly Verified[]): Promise<readonly Verified[]> {
    return this.#grower ? await this.#grower.complete(made) : made;
  }

  /** To be called with why a run ends that did not do all: they end with it if it is the last one. Never rejects. */
  async end(...reasons: readonly unknown[]): Promise<void> {
    const { task, failedRuns: failures, now } = this.run;
    const failed = { task, failures, nowMs: now() };
    const codes = reasons.map((reason): ErrorCode => toTaskError(reason).code);
    const isLast = codes.every((code) => isLastRun(code, failed, this.retries));
    await this.#grower?.abandon(reasons[0], isLast);
  }
}
