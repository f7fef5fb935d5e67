import { getLogger } from "@logtape/logtape";
import { onceLoaded } from "../lib/once.ts";
import { sleep } from "../lib/sleep.ts";
import type { NotificationStore } from "../store/store.ts";
import type { NotifierPorts } from "./notifier.ts";

const log = getLogger(["pontus", "webhooks"]);

/** How often it is looked whether there is something to tell: an event is told so late at most, if its receiver is idle. */
const LOOK_MS = 1_000;

/** What telling receivers needs. */
export type WebhookPorts = NotifierPorts & {
  readonly notifications: Pick<NotificationStore, "isDue">;
};

/** Tells receivers for as long as the service runs. What that takes is loaded when there is something to tell. */
export class Webhooks {
  readonly #stopping = new AbortController();
  readonly #ports: WebhookPorts;
  #done = Promise.resolve();
  #wake = Promise.withResolvers<void>();

  constructor(ports: WebhookPorts) {
    this.#ports = ports;
  }

  /** Begins to look for what there is to tell. */
  start(): void {
    this.#done = this.#run();
  }

  /** Ends what is under way, which is told again by the next service. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake.resolve();
    await this.#done;
  }

  async #run(): Promise<void> {
    const ports = this.#ports;
    const { signal } = this.#stopping;
    const running = new Set<Promise<void>>();
    const notifier = onceLoaded(async () => {
      const { Notifier } = await import("./notifier.ts");
      return new Notifier(ports, signal);
    });
    for (;;) {
      await sleep(LOOK_MS, this.#wake.promise);
      if (signal.aborted) break;
      this.#wake = Promise.withResolvers();
      try {
        const begun = (await ports.notifications.isDue()) ? await (await notifier()).begin() : [];
        for (const each of begun) {
          running.add(each);
          void each.then(() => {
            running.delete(each);
            this.#wake.resolve();
          });
        }
      } catch (error) {
        log.error("Cannot look for receivers to notify: {error}", { error });
      }
    }
    await Promise.all(running);
  }
}
