/** The longest Exp-Golomb code of a number of 32 bits. */
const LEADING_ZEROS_MAX = 32;

/**
 * Reads the bits of a NAL unit, and leaves out the bytes that keep start codes from appearing in it (emulation prevention).
 *
 * @see ITU-T H.264, 7.3.1 and 9.1
 */
export class NalBits {
  readonly #bytes: Uint8Array;
  /** The byte that is read, as it lies in the unit, and its bit, from the highest. */
  #at: number;
  #bit = 0;
  #zeros = 0;

  /** @param at - where the first byte lies; the head of the unit, which comes before, has none of those bytes */
  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** How many bytes of the unit were read, one that was begun included. */
  get bytesRead(): number {
    return this.#at + (this.#bit > 0 ? 1 : 0);
  }

  /** @throws {RangeError} at the end of the unit */
  bit(): number {
    if (this.#bit === 0 && this.#zeros >= 2 && this.#bytes[this.#at] === 3) {
      this.#zeros = 0;
      this.#at += 1;
    }
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new RangeError("the NAL unit has ended");
    const bit = (byte >> (7 - this.#bit)) & 1;
    this.#bit += 1;
    if (this.#bit === 8) {
      this.#bit = 0;
      this.#at += 1;
      this.#zeros = byte === 0 ? this.#zeros + 1 : 0;
    }
    return bit;
  }

  /** Whether the next bit is set. */
  flag(): boolean {
    return this.bit() === 1;
  }

  /** A number of so many bits. */
  bits(count: number): number {
    let value = 0;
    for (let left = count; left > 0; left -= 1) value = value * 2 + this.bit();
    return value;
  }

  /** Passes over so many bits. */
  skip(count: number): void {
    for (let left = count; left > 0; left -= 1) this.bit();
  }

  /** A number in Exp-Golomb code, `ue(v)`. */
  number(): number {
    let zeros = 0;
    while (this.bit() === 0) {
      zeros += 1;
      if (zeros > LEADING_ZEROS_MAX) throw new RangeError("no code of a number is so long");
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** A number with a sign, `se(v)`. */
  signed(): number {
    const code = this.number();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}

/** How many bits tell so many things apart: `Ceil(Log2(count))`. */
export const bitsFor = (count: number): number => Math.ceil(Math.log2(Math.max(1, count)));

/** Passes over the lists of a scaling matrix that is told by deltas, of sizes in coefficients. @see ITU-T H.264, 7.3.2.1.1.1 */
export function skipScalingLists(bits: NalBits, sizes: readonly number[]): void {
  for (const size of sizes) {
    if (!bits.flag()) continue;
    let last = 8;
    let next = 8;
    for (let index = 0; index < size; index += 1) {
      if (next !== 0) next = (last + bits.signed() + 256) % 256;
      if (next !== 0) last = next;
    }
  }
}
