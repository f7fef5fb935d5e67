/** What is sent on of one piece of input; what stays together in it is not cut. */
export class Pieces {
  readonly #done: Uint8Array[] = [];
  #from = 0;
  #to = 0;

  constructor(readonly bytes: Uint8Array) {}

  /** Sends a part of the input on. */
  keep(from: number, to: number): void {
    if (from !== this.#to) {
      this.#flush();
      this.#from = from;
    }
    this.#to = to;
  }

  /** Sends something else. */
  add(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#flush();
    this.#done.push(bytes);
  }

  all(): readonly Uint8Array[] {
    this.#flush();
    return this.#done;
  }

  #flush(): void {
    if (this.#to > this.#from) this.#done.push(this.bytes.subarray(this.#from, this.#to));
    this.#from = this.#to;
  }
}
