import { getLogger } from "@logtape/logtape";

const log = getLogger(["pontus", "worker"]);

/** How long a worker rests after a run that its disk had no room for; twice as long after each further one, until a task succeeds. */
const REST_MS = 5_000;
const REST_MS_MAX = 300_000;

/**
 * A worker of a fleet whose disk had no room for a task takes none up for a while: others have room for it, and this one would go through
 * the whole queue in vain.
 */
export class Rest {
  readonly #now: () => number;
  #restMs = REST_MS;
  #untilMs = Number.NEGATIVE_INFINITY;

  /** @param now - ms, by any clock */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether it rests now. */
  get isOn(): boolean {
    return this.#now() < this.#untilMs;
  }

  /** Begins to rest. */
  begin(): void {
    // Runs that end together are one lack of room.
    if (this.isOn) return;
    this.#untilMs = this.#now() + this.#restMs;
    log.warn("Takes no tasks for {seconds} s: its disk had no room for one", {
      seconds: this.#restMs / 1_000,
    });
    this.#restMs = Math.min(REST_MS_MAX, this.#restMs * 2);
  }

  /** A task succeeded: there is room. */
  end(): void {
    this.#restMs = REST_MS;
  }
}
