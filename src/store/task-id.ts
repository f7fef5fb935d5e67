import { randomBytes } from "node:crypto";

/** Random bytes for so many ids are fetched at once: a call for each costs more than the rest of an id. */
const IDS_PER_FETCH = 256;

/**
 * Makes UUIDs of version 7 that grow with every call, also within one millisecond and when the clock goes back.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9562#section-6.2 method 1: a counter of 12 bits behind the time, seeded anew in
 * each millisecond; 62 random bits follow.
 */
export class TaskIds {
  #lastMs = 0;
  #counter = 0;
  #random = Buffer.alloc(0);
  #used = 0;

  /** @param nowMs - since the epoch */
  next(nowMs: number): string {
    const random = this.#fetch();
    if (nowMs > this.#lastMs) {
      this.#lastMs = nowMs;
      // The top bit stays clear, so that at least 2048 ids fit before the time itself has to move.
      this.#counter = random.readUInt16BE(8) & 0x7ff;
    } else if (this.#counter < 0xfff) this.#counter++;
    else {
      this.#lastMs++;
      this.#counter = 0;
    }
    const time = this.#lastMs.toString(16).padStart(12, "0");
    const counter = this.#counter.toString(16).padStart(3, "0");
    const variant = ((random[0] ?? 0) & 0x3f) | 0x80;
    const tail = variant.toString(16) + random.toString("hex", 1, 8);
    return `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${tail.slice(0, 4)}-${tail.slice(4)}`;
  }

  /** Ten bytes never handed out before. */
  #fetch(): Buffer {
    if (this.#used >= this.#random.length) {
      this.#random = randomBytes(IDS_PER_FETCH * 10);
      this.#used = 0;
    }
    this.#used += 10;
    return this.#random.subarray(this.#used - 10, this.#used);
  }
}
