import { unlessAborted } from "../../lib/unless-aborted.ts";
import type { Progress } from "../../task/task.ts";

/** How the making of a result ended: others can use it, have to make it themselves, or may try. */
type Landing = "kept" | "unkept" | "failed";

type Flight = {
  readonly landed: Promise<Landing>;
  readonly followers: Set<(progress: Progress) => void>;
};

/** How one run comes to a result. */
export type Flying<Made> = {
  /** Takes it from where results are kept; undefined if it is not there. */
  readonly look: () => Promise<Made | undefined>;
  /**
   * Makes it, and keeps it if that can be.
   *
   * @param tell - how far it is, for those that wait for it
   */
  readonly make: (
    tell: (progress: Progress) => void,
  ) => Promise<{ readonly made: Made; readonly isKept: boolean }>;
  /** Called before it waits for another run that makes the same. */
  readonly onWait: () => void;
  /** How far that one is. */
  readonly onProgress: (progress: Progress) => void;
};

/** Lets one of several runs make what all of them want at once, in this process. */
export class Flights {
  readonly #flights = new Map<string, Flight>();

  /**
   * Gives a result: one that is kept, or else the one that another run is making, or else a new one. If that other run fails or is
   * stopped, the next one that waits makes it. Each waits by its own signal.
   *
   * @throws what making it throws, or the signal's reason
   */
  async give<Made>(key: string, flying: Flying<Made>, signal: AbortSignal): Promise<Made> {
    for (let other = this.#flights.get(key); other; other = this.#flights.get(key)) {
      const landing = await follow(other, flying, signal);
      if (landing === "unkept") return (await flying.make(() => {})).made;
      const found = landing === "kept" ? await flying.look() : undefined;
      if (found !== undefined) return found;
    }
    return this.#fly(key, flying);
  }

  async #fly<Made>(key: string, { look, make }: Flying<Made>): Promise<Made> {
    const { promise: landed, resolve: land } = Promise.withResolvers<Landing>();
    const followers: Flight["followers"] = new Set();
    this.#flights.set(key, { landed, followers });
    let landing: Landing = "failed";
    try {
      const found = await look();
      if (found !== undefined) {
        landing = "kept";
        return found;
      }
      const { made, isKept } = await make((progress) => {
        for (const follow of followers) follow(progress);
      });
      landing = isKept ? "kept" : "unkept";
      return made;
    } finally {
      this.#flights.delete(key);
      land(landing);
    }
  }
}

async function follow(
  { landed, followers }: Flight,
  { onWait, onProgress }: Pick<Flying<unknown>, "onWait" | "onProgress">,
  signal: AbortSignal,
): Promise<Landing> {
  onWait();
  followers.add(onProgress);
  try {
    return await unlessAborted(landed, signal);
  } finally {
    followers.delete(onProgress);
  }
}
