/** The time between two idle nodes that look for the same work, on average. */
export const APART_MS = 5;
/** The longest that any waits: an idle worker looks as often by itself. */
const APART_MS_MAX = 5_000;

/** Within which time idle nodes look for work that all of them hear of at once, in ms: each after a part of it that is its own. */
export const spreadMsOf = (idleNodes: number, apartMs = APART_MS): number =>
  Math.min(APART_MS_MAX, apartMs * Math.max(0, idleNodes - 1));

/**
 * Has a node look for work that it hears of a little later, and once for all that it hears of meanwhile. Every create is told to all nodes: a thousand
 * that are idle would ask for one task at once, and hold up the one that takes it.
 */
export class WakeUps {
  readonly #wake: () => void;
  readonly #idleNodes: () => number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param idleNodes - how many nodes have a free slot, this one among them, as far as is known */
  constructor(wake: () => void, idleNodes: () => number) {
    this.#wake = wake;
    this.#idleNodes = idleNodes;
  }

  /** There may be work. */
  hear(): void {
    if (this.#timer) return;
    const spreadMs = spreadMsOf(this.#idleNodes());
    if (spreadMs === 0) {
      this.#wake();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#wake();
    }, Math.random() * spreadMs);
  }

  /** Forgets what it has heard. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
