import { randomBytes } from "node:crypto";

/** Random digits for so many ids are fetched at once: a call for each costs more than the rest of an id. */
const IDS_PER_FETCH = 256;
/** Hex digits that an id uses up: 2 for the variant, 14 for the tail, 3 for the seed of the counter, 1 to be even. */
const DIGITS_PER_ID = 20;

/**
 * Makes UUIDs of version 7 that grow with every call, also within one millisecond and when the clock goes back.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9562#section-6.2 method 1: a counter of 12 bits behind the time, seeded anew in
 * each millisecond; 62 random bits follow.
 */
export class TaskIds {
  #lastMs = 0;
  /** The time as it stands in the ids of this millisecond. */
  #head = "";
  #counter = 0;
  #random = "";
  #used = 0;

  /** @param nowMs - since the epoch */
  next(nowMs: number): string {
    const random = this.#fetch();
    if (nowMs > this.#lastMs) {
      this.#moveTo(nowMs);
      // The top bit stays clear, so that at least 2048 ids fit before the time itself has to move.
      this.#counter = Number.parseInt(random.slice(16, 19), 16) & 0x7ff;
    } else if (this.#counter < 0xfff) this.#counter++;
    else {
      this.#moveTo(this.#lastMs + 1);
      this.#counter = 0;
    }
    const counter = (0x7000 | this.#counter).toString(16);
    const variant = ((Number.parseInt(random.slice(0, 2), 16) & 0x3f) | 0x80).toString(16);
    return `${this.#head}-${counter}-${variant}${random.slice(2, 4)}-${random.slice(4, 16)}`;
  }

  #moveTo(ms: number): void {
    this.#lastMs = ms;
    const time = ms.toString(16).padStart(12, "0");
    this.#head = `${time.slice(0, 8)}-${time.slice(8)}`;
  }

  /** Digits never handed out before. */
  #fetch(): string {
    if (this.#used >= this.#random.length) {
      this.#random = randomBytes((IDS_PER_FETCH * DIGITS_PER_ID) / 2).toString("hex");
      this.#used = 0;
    }
    this.#used += DIGITS_PER_ID;
    return this.#random.slice(this.#used - DIGITS_PER_ID, this.#used);
  }
}
