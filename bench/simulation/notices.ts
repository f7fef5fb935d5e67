import { spreadMsOf } from "../../src/queue/postgres/wake-ups.ts";
import type { Living, VirtualTime } from "./virtual-time.ts";

/** The pause of `src/db/postgres/notices/notifier.ts`: what is told within it is told once. */
const PAUSE_MS = 3;

type Listener = { readonly who: Living; readonly onWork: () => void; isWaking: boolean };

/** How nodes look for the work that they are told of. */
export type NoticeOptions = {
  /** From 0 up to 1. */
  readonly chance: () => number;
  /** Between two idle nodes that look for the same work, in ms. */
  readonly apartMs: number;
};

/** Who is told that there may be work. Each looks a little later, as `src/queue/postgres/wake-ups.ts` has it. */
export class Notices {
  readonly #time: VirtualTime;
  readonly #listeners = new Set<Listener>();
  readonly #options: NoticeOptions;
  #isTelling = false;
  /** How many nodes are idle, as far as nodes know. */
  idleNodes = 1;

  constructor(time: VirtualTime, options: NoticeOptions) {
    this.#time = time;
    this.#options = options;
  }

  listen(who: Living, onWork: () => void): () => void {
    const listener = { who, onWork, isWaking: false };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells all of them, soon. */
  tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    this.#time.at(this.#time.now() + PAUSE_MS, () => {
      this.#isTelling = false;
      for (const listener of this.#listeners) this.#wake(listener);
    });
  }

  #wake(listener: Listener): void {
    const { who, onWork, isWaking } = listener;
    if (who.isDead) this.#listeners.delete(listener);
    if (who.isDead || isWaking) return;
    const { chance, apartMs } = this.#options;
    const spreadMs = spreadMsOf(this.idleNodes, apartMs);
    if (spreadMs === 0) {
      onWork();
      return;
    }
    listener.isWaking = true;
    this.#time.at(this.#time.now() + chance() * spreadMs, () => {
      listener.isWaking = false;
      if (!who.isDead) onWork();
    });
  }
}
