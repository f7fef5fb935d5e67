import { getLogger } from "@logtape/logtape";
import { otlpJson, type Span } from "./spans.ts";

const log = getLogger(["pontus", "telemetry"]);

/** How long spans wait for others, and how many go together. */
const GATHER_MS = 1_000;
const BATCH_MAX = 512;
/** More than so many that wait for a collector that is away are dropped, the newest first. */
const WAITING_MAX = 4_096;
/** How long the collector has to take a batch. */
const SEND_MS_MAX = 5_000;
/** The pause before what was not taken is sent again. */
const AGAIN_MS = 5_000;

/** Where spans are sent. */
export type Collector = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The service's own version. */
  readonly version: string;
};

/** Sends spans to a collector, some at a time, without making anyone wait. What it cannot send for long, or is refused, is dropped and counted. */
export class SpanSender {
  readonly #collector: Collector;
  #waiting: Span[] = [];
  #dropped = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending = Promise.resolve();
  /** Whether the last batch was not taken, which is said once. */
  #isFailing = false;

  constructor(collector: Collector) {
    this.#collector = collector;
  }

  /** Sends a span, soon. */
  add(span: Span): void {
    if (this.#waiting.length >= WAITING_MAX) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(span);
    if (!this.#isFailing && this.#waiting.length === BATCH_MAX) this.#flush();
    else this.#arm(this.#isFailing ? AGAIN_MS : GATHER_MS);
  }

  /** Sends what is left, once. */
  async close(): Promise<void> {
    this.#flush();
    await this.#sending;
    clearTimeout(this.#timer);
  }

  #arm(delayMs: number): void {
    this.#timer ??= setTimeout(() => this.#flush(), delayMs).unref();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending = this.#sending.then(() => this.#sendAll());
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, BATCH_MAX);
      const lack = await this.#send(batch);
      if (lack && !lack.mayPass) this.#dropped += batch.length;
      this.#tell(lack?.detail);
      if (lack?.mayPass) return this.#arm(AGAIN_MS);
      this.#waiting = this.#waiting.slice(batch.length);
    }
  }

  /** @returns why a batch was not taken, and whether it may be later */
  async #send(
    batch: readonly Span[],
  ): Promise<{ readonly detail: string; readonly mayPass: boolean } | undefined> {
    const { url, headers, version } = this.#collector;
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body: JSON.stringify(otlpJson(batch, version)),
        redirect: "error",
        signal: AbortSignal.timeout(SEND_MS_MAX),
      });
      await response.body?.cancel();
      const { ok, status } = response;
      const mayPass = status === 429 || status >= 500;
      return ok ? undefined : { detail: `the collector answers ${status}`, mayPass };
    } catch (error) {
      return { detail: error instanceof Error ? error.message : String(error), mayPass: true };
    }
  }

  #tell(detail: string | undefined): void {
    const dropped = this.#dropped;
    if (detail !== undefined && !this.#isFailing)
      log.warn("Cannot send traces: {detail}", { detail });
    if (detail === undefined && this.#isFailing)
      log.info("Traces are sent again; {dropped} spans were dropped", { dropped });
    this.#isFailing = detail !== undefined;
    if (!this.#isFailing) this.#dropped = 0;
  }
}
