import { getLogger } from "@logtape/logtape";
import type { Plan } from "../../plan/plan.ts";
import { isToldIn } from "../../profile/container-rules.ts";
import { LiveSetPublisher } from "../live-set/live-set-publisher.ts";
import { LiveSetTarget } from "../live-set/live-set-target.ts";
import type { Verified } from "../output/verify-products.ts";
import type { Run } from "../run.ts";
import { GrowingSet } from "./growing-set.ts";

const log = getLogger(["pontus", "worker"]);

/** Publishes the sets of a file while they are made, to the targets that can be written. */
export class Grower {
  readonly #run: Run;
  readonly #folder: string;
  readonly #wanted: ReadonlySet<number>;
  #publisher: LiveSetPublisher | undefined;
  #sets: ReadonlyMap<number, GrowingSet> = new Map();
  #plans = 0;

  /**
   * @param folder - absolute path of the work folder
   * @param wanted - the indexes of the targets that can be written
   */
  constructor(run: Run, folder: string, wanted: ReadonlySet<number>) {
    this.#run = run;
    this.#folder = folder;
    this.#wanted = wanted;
  }

  /** To be called before each plan is run. What one before it has published is replaced by the first playlist of this one. */
  async begin({ products }: Pick<Plan, "products">): Promise<void> {
    await this.#publisher?.abandon(new Error("planned anew"), false);
    const run = this.#run;
    const sets = new Map<number, GrowingSet>();
    const targets: LiveSetTarget[] = [];
    // Names of another plan would be those of other segments.
    const tag = this.#plans === 0 ? run.tag : `${run.tag}-r${this.#plans}`;
    this.#plans += 1;
    for (const product of products) {
      if (!isToldIn(product.container, "hls")) continue;
      const set = new GrowingSet(product, this.#folder, tag);
      for (const index of product.targets.filter((at) => this.#wanted.has(at))) {
        sets.set(index, set);
        targets.push(await LiveSetTarget.open(run, index, set));
      }
    }
    this.#sets = sets;
    // What was not read now is read with the next look, and at the latest with the finished set.
    const onUnread = (error: unknown) =>
      log.info("Cannot read segments of task {taskId} yet: {error}", {
        taskId: run.task.id,
        error,
      });
    this.#publisher = LiveSetPublisher.of(run, targets, onUnread);
    this.#publisher.start();
  }

  /**
   * Completes the sets by what was verified, and records how each of their targets ended.
   *
   * @returns what is to be delivered whole
   * @throws {TaskError} as `LiveSetPublisher.finish`
   */
  async complete(made: readonly Verified[]): Promise<readonly Verified[]> {
    for (const { targets, finished, output } of made)
      for (const index of targets) {
        const { entry, segments } = finished;
        if (segments !== undefined)
          this.#sets.get(index)?.finish({ finished: { entry, segments }, output });
      }
    await this.#publisher?.finish();
    return made.map((one) => ({
      ...one,
      targets: one.targets.filter((index) => !this.#sets.has(index)),
    }));
  }

  /** Ends without the rest, and takes the sets down, or ends them, if the task gets no other run. Never rejects. */
  async abandon(reason: unknown, isFinal: boolean): Promise<void> {
    const ending = this.#run.task.extras?.growing?.atFailure === "close" ? "close" : "takeDown";
    await this.#publisher?.abandon(reason, isFinal, ending);
  }
}
