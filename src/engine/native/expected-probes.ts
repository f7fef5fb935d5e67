import type { ProbeRequest } from "../engine.ts";
import type { StandbyProbe } from "./standby-probe.ts";

/** What stands by for the probes of outputs that are still being made, one for each. */
export class ExpectedProbes {
  readonly #waiting = new Map<string, StandbyProbe>();
  readonly #start: (request: ProbeRequest) => Promise<StandbyProbe | undefined>;

  /** @param start - starts one; undefined where none can stand by */
  constructor(start: (request: ProbeRequest) => Promise<StandbyProbe | undefined>) {
    this.#start = start;
  }

  /** As `Engine.expectProbe`. */
  async expect(request: ProbeRequest): Promise<() => Promise<void>> {
    const key = JSON.stringify(request);
    const started = await this.#start(request);
    if (!started) return async () => {};
    this.#waiting.set(key, started);
    return async () => {
      if (this.#waiting.get(key) === started) this.#waiting.delete(key);
      await started.end().catch(() => {});
    };
  }

  /** What waits for this very probe, which uses it up. */
  take(request: ProbeRequest): StandbyProbe | undefined {
    const key = JSON.stringify(request);
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    return waiting?.isReady ? waiting : undefined;
  }

  /** Ends all that wait. */
  async close(): Promise<void> {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    await Promise.all(waiting.map((each) => each.end()));
  }
}
