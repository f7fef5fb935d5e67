/** A limit on how long nothing may happen; every start begins the wait again. */
export class IdleLimit {
  readonly #abort = new AbortController();
  readonly #limitMs: number;
  #hasEnded = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** Aborted when the wait was too long. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isOver(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Something happened or begins: the wait starts here. */
  start(): void {
    this.stop();
    if (this.#hasEnded) return;
    this.#timer = setTimeout(() => this.#abort.abort(), this.#limitMs);
  }

  /** Stops waiting until the next start. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Stops for good: a late start (of a body still being sent when its answer was read) has no effect. */
  end(): void {
    this.stop();
    this.#hasEnded = true;
  }
}
