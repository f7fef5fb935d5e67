import { getLogger } from "@logtape/logtape";
import type { Side, Storage } from "../storage/storage.ts";
import type { LeftoverStore } from "../store/store.ts";
import type { Leftover } from "../task/leftovers.ts";
import { tagStemOf } from "../task/leftovers.ts";

const log = getLogger(["pontus", "worker"]);

/** How many targets one call clears up at most, and how long each may take. */
const AT_ONCE = 8;
const TIMEOUT_MS = 30_000;
/** The pauses between two tries at a target that is away; they double. After so many, which is a week, it is given up. */
const AGAIN_MS = 10_000;
const AGAIN_MS_MAX = 1_800_000;
const TRIES_MAX = 340;

/** What clearing up needs. */
export type SweepParts = {
  readonly leftovers: LeftoverStore;
  readonly storageOf: (url: string, side: Side) => Storage;
  readonly now: () => number;
};

/**
 * Removes what ended tasks have left at their targets. A target that is away is tried again later, also by another start.
 *
 * @param signal - ends it at once, as a service that stops waits for no target; what is not done then stays on the list as it is
 */
export async function sweepTargets(
  { leftovers, storageOf, now }: SweepParts,
  signal: AbortSignal,
): Promise<void> {
  const sweepOne = async (leftover: Leftover) => {
    const { taskId, url, attempt, tries } = leftover;
    try {
      await storageOf(url, "target").sweep?.(
        url,
        { stem: tagStemOf(taskId), attempt },
        {
          mayTidy: () => leftovers.mayTidy(leftover),
          signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
        },
      );
      await leftovers.done(leftover);
    } catch (error) {
      if (signal.aborted) return;
      const isOver = tries + 1 >= TRIES_MAX;
      log.info("Cannot clear up after task {taskId}, try {tries}: {error}", {
        taskId,
        tries: tries + 1,
        error,
      });
      const pauseMs = Math.min(AGAIN_MS_MAX, AGAIN_MS * 2 ** tries);
      await (isOver ? leftovers.done(leftover) : leftovers.later(leftover, now() + pauseMs));
    }
  };
  // Together: a target that hangs holds up no other.
  const due = await leftovers.due(now(), AT_ONCE);
  const swept = await Promise.allSettled(due.map(sweepOne));
  for (const each of swept) if (each.status === "rejected") throw each.reason;
}
