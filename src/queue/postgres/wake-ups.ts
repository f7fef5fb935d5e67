/** The time between two idle nodes that look for the same work, on average. */
export const APART_MS = 5;
/** The longest that any waits. */
const APART_MS_MAX = 30_000;
/** How long an idle worker sleeps that hears of nothing, and how much longer for each that is idle, too: of many, one looks soon. */
const LOOK_MS = 5_000;
const LOOK_MS_EACH = 20;
const LOOK_MS_MAX = 30_000;

/** Within which time idle nodes look for work that all of them hear of at once, in ms: each after a part of it that is its own. */
export const spreadMsOf = (idleNodes: number, apartMs = APART_MS): number =>
  Math.min(APART_MS_MAX, apartMs * Math.max(0, idleNodes - 1));

/** How long an idle worker sleeps that hears of nothing, in ms: between three and five quarters of what is meant for so many, by chance. */
export const idleMsOf = (idleNodes: number, chance: number): number =>
  Math.min(LOOK_MS_MAX, Math.max(LOOK_MS, LOOK_MS_EACH * idleNodes)) * (0.75 + chance / 2);

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
    const pauseMs = this.pauseMs();
    if (pauseMs === 0) {
      this.#wake();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#wake();
    }, pauseMs);
  }

  /** A part of the time within which idle nodes look, in ms, that is this one's by chance. */
  pauseMs(): number {
    return Math.random() * spreadMsOf(this.#idleNodes());
  }

  /** How long an idle worker sleeps that hears of nothing, in ms. */
  idleMs(): number {
    return idleMsOf(this.#idleNodes(), Math.random());
  }

  /** Forgets what it has heard. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
