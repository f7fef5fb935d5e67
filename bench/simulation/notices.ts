import { pauseMsOf } from "../../src/db/postgres/notices/notifier.ts";
import { idleMsOf, spreadMsOf } from "../../src/queue/postgres/wake-ups.ts";
import type { Living, VirtualTime } from "./virtual-time.ts";

type Listener = { readonly who: Living; readonly onWork: () => void; isWaking: boolean };

/** How nodes look for the work that they are told of. */
export type NoticeOptions = {
  /** From 0 up to 1. */
  readonly chance: () => number;
  /** Between two idle nodes that look for the same work, in ms. */
  readonly apartMs: number;
  /** Called each time that the server tells all of them. */
  readonly onTold: () => void;
};

/** Who is told that there may be work. Each looks a little later, as `src/queue/postgres/wake-ups.ts` has it. */
export class Notices {
  readonly #time: VirtualTime;
  readonly #listeners = new Set<Listener>();
  readonly #options: NoticeOptions;
  #isTelling = false;
  #nextMs = 0;
  /** How many nodes are idle, as far as nodes know. */
  idleNodes = 1;
  /** How many nodes hear notices. */
  hearers = 1;

  constructor(time: VirtualTime, options: NoticeOptions) {
    this.#time = time;
    this.#options = options;
  }

  listen(who: Living, onWork: () => void): () => void {
    const listener = { who, onWork, isWaking: false };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** How much later a node looks than what it looks for is due, in ms. */
  pauseMs(): number {
    return this.#options.chance() * spreadMsOf(this.idleNodes, this.#options.apartMs);
  }

  /** How long an idle node sleeps that hears of nothing, in ms. */
  idleMs(): number {
    return idleMsOf(this.idleNodes, this.#options.chance());
  }

  /**
   * Tells all of them, as `src/db/postgres/notices/notifier.ts` does: at once, unless others were told just now. All that creates tasks is one node here.
   */
  tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    this.#time.at(Math.max(this.#time.now(), this.#nextMs), () => {
      this.#isTelling = false;
      this.#nextMs = this.#time.now() + pauseMsOf(this.hearers);
      this.#options.onTold();
      for (const listener of this.#listeners) this.#wake(listener);
    });
  }

  #wake(listener: Listener): void {
    const { who, onWork, isWaking } = listener;
    if (who.isDead) this.#listeners.delete(listener);
    if (who.isDead || isWaking) return;
    const pauseMs = this.pauseMs();
    if (pauseMs === 0) {
      onWork();
      return;
    }
    listener.isWaking = true;
    this.#time.at(this.#time.now() + pauseMs, () => {
      listener.isWaking = false;
      if (!who.isDead) onWork();
    });
  }
}
