import { randomUUID } from "node:crypto";

/** The index at which the variant and the 62 random bits of a UUID begin, with the dash before them. */
const TAIL_AT = "xxxxxxxx-xxxx-4xxx".length;

/**
 * Makes UUIDs of version 7 that grow with every call, even within one millisecond or if the clock goes back.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9562#section-6.2 method 1: a counter of 12 bits behind the time, seeded again in
 * each millisecond; 62 random bits follow.
 */
export class TaskIds {
  #lastMs = 0;
  /** The time as the ids of this millisecond spell it. */
  #head = "";
  #counter = 0;

  /** @param nowMs - since the epoch */
  next(nowMs: number): string {
    const random = randomUUID();
    if (nowMs > this.#lastMs) {
      this.#moveTo(nowMs);
      // The top bit stays clear, so that at least 2048 ids fit before the time itself has to move.
      this.#counter = Number.parseInt(random.slice(0, 3), 16) & 0x7ff;
    } else if (this.#counter < 0xfff) this.#counter++;
    else {
      this.#moveTo(this.#lastMs + 1);
      this.#counter = 0;
    }
    const counter = (0x7000 | this.#counter).toString(16);
    return `${this.#head}-${counter}${random.slice(TAIL_AT)}`;
  }

  #moveTo(ms: number): void {
    this.#lastMs = ms;
    const time = ms.toString(16).padStart(12, "0");
    this.#head = `${time.slice(0, 8)}-${time.slice(8)}`;
  }
}
