/** A limit on how long nothing may happen; every start begins the wait anew. */
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

  /** Something happened, or begins: waits from here. */
  start(): void {
    this.stop();
    if (this.#hasEnded) return;
    this.#timer = setTimeout(() => this.#abort.abort(), this.#limitMs);
  }

  /** Nothing is waited for, until the next start. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** All is over: a start that comes late (of a body still being sent when its answer was read) begins nothing. */
  end(): void {
    this.stop();
    this.#hasEnded = true;
  }
}
