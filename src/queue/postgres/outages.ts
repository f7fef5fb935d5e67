/** A call that waits for so large a share of a lease was kept from the server: other nodes' heartbeats are, too. */
const SHARE = 1 / 3;
/** So often one after the other are leases spared: a server that is always slow keeps no dead worker's tasks for ever. */
const SPARED_MAX = 3;

/** What a node knows of the times in which the server was away: all workers get the time of a lease after each, as none could tell that it lives. */
export class Outages {
  readonly #leaseMs: number;
  #wasAway = false;
  #spared = 0;
  #sparedUntilMs: number | undefined;

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  /** To be called when a call failed, or was left out: nobody knows then whether the server was there. */
  unknown(): void {
    this.#wasAway = true;
  }

  /**
   * To be called with each answer of the server.
   *
   * @param waitedMs - for how long the call waited for it
   * @returns whether leases that are over now must be spared
   */
  spares(waitedMs: number, nowMs: number): boolean {
    const isBack = this.#wasAway || waitedMs >= this.#leaseMs * SHARE;
    this.#wasAway = false;
    if (isBack && this.#spared < SPARED_MAX) {
      this.#spared += 1;
      this.#sparedUntilMs = nowMs + this.#leaseMs;
    }
    const untilMs = this.#sparedUntilMs;
    // A clock that was set back would spare them for as long.
    if (untilMs !== undefined && nowMs < untilMs && nowMs >= untilMs - this.#leaseMs) return true;
    this.#spared = 0;
    this.#sparedUntilMs = undefined;
    return false;
  }
}
