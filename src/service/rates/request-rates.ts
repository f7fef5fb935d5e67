import { TaskError } from "../../task/errors.ts";
import type { Caller } from "../authenticate.ts";

/** What is left to a client: it fills up with time, to the calls of one second, but not more than `BURST_MAX`. */
type Bucket = { calls: number; atMs: number };

/** So many calls at once hold up those of others by some milliseconds. */
const BURST_MAX = 100;
/** Other clients count as calling for so long after a call. */
const CALLING_MS = 10_000;

/** Counts calls of authenticated clients, and refuses those above their limits. */
export interface Rates {
  /**
   * Counts a call.
   *
   * @returns a function that takes it back, where it turns out to be no call of that client's
   * @throws {TaskError} `too_many_requests`
   */
  take(
    caller: Pick<Caller, "clientCode" | "requestsPerSecond">,
  ): (() => void) | Promise<() => void>;
}

/** How many calls at once a client may make that may make so many a second. */
export const atOnceOf = (perSecond: number): number => Math.min(perSecond, BURST_MAX);

/** What a client is told that calls too often. */
export const tooManyCalls = (clientCode: string, perSecond: number): TaskError =>
  new TaskError(
    "too_many_requests",
    `Cannot answer client "${clientCode}": it makes more than ${perSecond} calls a second`,
  );

/**
 * How many calls a second each client may make of one service, kept in memory: a token bucket for each client that is known.
 *
 * The default holds only while other clients call, too: whoever is alone may have the whole service. A limit of a client's own holds
 * always.
 */
export class RequestRates implements Rates {
  readonly #perSecond: number;
  readonly #nowMs: () => number;
  readonly #buckets = new Map<string, Bucket>();
  /** The last call, and the last one of any other client. */
  #last = { clientCode: "", atMs: Number.NEGATIVE_INFINITY };
  #lastOther = this.#last;

  /**
   * @param perSecond - the default; 0 is any number
   * @param nowMs - of a clock that never goes back
   */
  constructor(perSecond: number, nowMs: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#nowMs = nowMs;
  }

  take({
    clientCode,
    requestsPerSecond,
  }: Pick<Caller, "clientCode" | "requestsPerSecond">): () => void {
    const nowMs = this.#nowMs();
    const isAlone = this.#noteCall(clientCode, nowMs);
    const perSecond = requestsPerSecond ?? (isAlone ? 0 : this.#perSecond);
    if (perSecond === 0) return () => {};
    const bucket = this.#filled(clientCode, perSecond, nowMs);
    if (bucket.calls < 1) throw tooManyCalls(clientCode, perSecond);
    bucket.calls -= 1;
    return () => {
      bucket.calls += 1;
    };
  }

  /** Remembers who calls. @returns whether no other client does */
  #noteCall(clientCode: string, nowMs: number): boolean {
    if (this.#last.clientCode !== clientCode) this.#lastOther = this.#last;
    this.#last = { clientCode, atMs: nowMs };
    return nowMs - this.#lastOther.atMs > CALLING_MS;
  }

  #filled(clientCode: string, perSecond: number, nowMs: number): Bucket {
    const callsMax = atOnceOf(perSecond);
    const known = this.#buckets.get(clientCode);
    const bucket = known ?? { calls: callsMax, atMs: nowMs };
    if (!known) this.#buckets.set(clientCode, bucket);
    bucket.calls = Math.min(callsMax, bucket.calls + ((nowMs - bucket.atMs) / 1000) * perSecond);
    bucket.atMs = nowMs;
    return bucket;
  }
}
