import { setTimeout as sleep } from "node:timers/promises";
import { getLogger } from "@logtape/logtape";

const log = getLogger(["pontus", "database"]);

/** The least time between two statements that tell notices, and how much longer it is for each node that hears them: it costs the server a fiftieth of a ms. */
const PAUSE_MS = 3;
const PAUSE_MS_EACH = 0.1;

/** The least time between two statements of one node that tell notices, in ms. */
export const pauseMsOf = (hearers: number): number => PAUSE_MS + PAUSE_MS_EACH * hearers;

/** What is told: channels, and the payload for each. */
export type Notices = {
  readonly channels: readonly string[];
  readonly payloads: readonly string[];
};

/**
 * Tells notices of what is on disk, each once for all that was written in some milliseconds. A transaction that tells them itself waits at
 * its commit until every other such transaction is on disk: those of a whole server are then synced one by one.
 */
export class Notifier {
  readonly #send: (notices: Notices) => Promise<void>;
  readonly #hearers: () => number;
  #waiting = new Map<string, readonly [channel: string, payload: string]>();
  #telling: Promise<void> | undefined;

  /**
   * @param send - tells them, tried again where that may help
   * @param hearers - how many nodes hear them, as far as is known
   */
  constructor(send: (notices: Notices) => Promise<void>, hearers: () => number) {
    this.#send = send;
    this.#hearers = hearers;
  }

  /** Tells soon: at once, unless others were told just now. Where that fails, who listens finds out as he looks from time to time. */
  tell(channel: string, payload: string): void {
    this.#waiting.set(`${channel} ${payload}`, [channel, payload]);
    this.#telling ??= this.#tellAll().finally(() => {
      this.#telling = undefined;
    });
  }

  /** Resolves when all has been told. */
  async close(): Promise<void> {
    await this.#telling;
  }

  async #tellAll(): Promise<void> {
    // What else this turn of the event loop commits is told with it.
    await undefined;
    while (this.#waiting.size > 0) {
      const notices = [...this.#waiting.values()];
      this.#waiting = new Map();
      await this.#send({
        channels: notices.map(([channel]) => channel),
        payloads: notices.map(([, payload]) => payload),
      }).catch((error) => log.debug("Cannot tell other nodes what is new: {error}", { error }));
      await sleep(pauseMsOf(this.#hearers()));
    }
  }
}
