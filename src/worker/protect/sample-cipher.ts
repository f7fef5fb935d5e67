import { createCipheriv, randomBytes } from "node:crypto";
import type { SampleMethod } from "../../profile/fields/protection.ts";
import { BLOCK_BYTES, type Subsample } from "./subsamples.ts";

/** How many bytes the initialization vector of a sample has, where each has its own. */
export const OWN_VECTOR_BYTES = 8;
/** Of so many blocks the first is encrypted in pictures by `cbcs`. @see ISO/IEC 23001-7, 10.4 */
export const PATTERN = { crypt: 1, skip: 9 } as const;
const PATTERN_BLOCKS = PATTERN.crypt + PATTERN.skip;

/** What a set is encrypted with. */
export type Secret = {
  readonly method: SampleMethod;
  readonly key: Uint8Array;
  readonly keyId: Uint8Array;
  /** The initialization vector of all samples by `cbcs`. */
  readonly vector: Uint8Array;
};

/** Encrypts the samples of a stream, where they lie. */
export type SampleCipher = {
  /** How long the initialization vector is that each sample has of its own; 0 if all have the same. */
  readonly vectorBytes: number;
  /** Encrypts a sample, or parts of it. @returns its own initialization vector; empty if all have the same */
  readonly encrypt: (sample: Buffer, parts: readonly Subsample[] | undefined) => Uint8Array;
};

/** The cipher of a stream. */
export const sampleCipher = (secret: Secret): SampleCipher =>
  secret.method === "cenc" ? counting(secret) : chained(secret);

/** By AES-CTR: each sample has a number, which no other sample of the key may have. The first is chosen by chance. */
function counting({ key }: Secret): SampleCipher {
  let number = randomBytes(OWN_VECTOR_BYTES).readBigUInt64BE();
  return {
    vectorBytes: OWN_VECTOR_BYTES,
    encrypt: (sample, parts) => {
      const vector = Buffer.alloc(BLOCK_BYTES);
      vector.writeBigUInt64BE(number);
      number = BigInt.asUintN(64, number + 1n);
      const cipher = createCipheriv("aes-128-ctr", key, vector);
      for (const secret of secretsOf(sample, parts)) secret.set(cipher.update(secret));
      return vector.subarray(0, OWN_VECTOR_BYTES);
    },
  };
}

/** By AES-CBC, from the same vector on in each part; what is over behind the last whole block stays clear. */
const chained = ({ key, vector }: Secret): SampleCipher => ({
  vectorBytes: 0,
  encrypt: (sample, parts) => {
    for (const secret of secretsOf(sample, parts)) {
      const blocks = Math.floor(secret.length / BLOCK_BYTES);
      const every = parts ? PATTERN_BLOCKS : 1;
      const chosen = Array.from({ length: Math.ceil(blocks / every) }, (_, index) =>
        secret.subarray(index * every * BLOCK_BYTES, (index * every + 1) * BLOCK_BYTES),
      );
      const cipher = createCipheriv("aes-128-cbc", key, vector).setAutoPadding(false);
      const made = cipher.update(Buffer.concat(chosen));
      for (const [index, block] of chosen.entries())
        block.set(made.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES));
    }
    return new Uint8Array();
  },
});

/** The bytes of a sample that are encrypted, part by part. */
function secretsOf(sample: Buffer, parts: readonly Subsample[] | undefined): readonly Buffer[] {
  if (!parts) return [sample];
  let at = 0;
  return parts.flatMap(({ clear, secret }) => {
    const from = at + clear;
    at = from + secret;
    return secret > 0 ? [sample.subarray(from, at)] : [];
  });
}
