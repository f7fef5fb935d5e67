import { getLogger } from "@logtape/logtape";
import type { Plan } from "../plan/plan.ts";
import { differs, WrongCopy } from "../plan/verify/wrong-copy.ts";
import type { MediaInfo } from "../probe/media.ts";
import type { Planned } from "./plan-source.ts";

const log = getLogger(["pontus", "worker"]);

/** How what is asked for is planned, and how a plan is carried out. */
export type Making<T> = {
  readonly plan: (media: MediaInfo) => Promise<Planned>;
  /** Runs a plan, and verifies what came of it. */
  readonly make: (planned: Planned) => Promise<T>;
  /** Removes what came of a plan. */
  readonly discard: (plan: Plan) => Promise<void>;
};

/**
 * Makes what is asked for; where a copy turns out to be wrong, once more by another plan: with an encode in its place where what is
 * asked for allows that, or another way of copying. It ends as each plan is made for a source of which more is known.
 *
 * @throws {TaskError} what planning, running and verifying throw
 */
export async function makeUncopied<T>(
  media: MediaInfo,
  { plan, make, discard }: Making<T>,
): Promise<T> {
  let planned = await plan(media);
  for (;;) {
    try {
      return await make(planned);
    } catch (error) {
      if (!(error instanceof WrongCopy)) throw error;
      const next = await plan(error.marked(planned.media));
      if (!differs(next.plan, planned.plan)) throw error;
      log.info("Cannot copy so, and plans anew: {detail}", { detail: error.message });
      await discard(planned.plan);
      planned = next;
    }
  }
}
