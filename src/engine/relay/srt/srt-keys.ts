import { createCipheriv, createDecipheriv, pbkdf2Sync } from "node:crypto";

/** The first bytes of a Key Material message. @see https://datatracker.ietf.org/doc/html/draft-sharabayko-srt-01#section-3.2.2 */
const SIGN = Buffer.from([0x12, 0x20, 0x29]);
const HEAD_BYTES = 16;
const SALT_BYTES = 16;
const KEY_BYTES = [16, 24, 32];
const ROUNDS = 2048;
/** A peer keeps its salt for as long as a connection lasts: these are two salts with two passphrases. */
const KEYS_MAX = 4;
/** How long there is no other key then. SRT repeats a message that gets no answer. */
const NEXT_KEY_MS = 1_000;
/** @see https://www.rfc-editor.org/rfc/rfc3394#section-2.2.3.1 */
const CHECK = Buffer.alloc(8, 0xa6);
const WRAP_ROUNDS = 6;

/**
 * The keys of one connection that come from passphrases and salts. Each takes milliseconds to make, in which everything else stands
 * still, so that somebody who sends one salt after the other gets few.
 */
export class PhraseKeys {
  readonly #known = new Map<string, Uint8Array>();
  #madeMs = 0;
  /** Whether a message was made with the passphrase that it should be. */
  hasFit = false;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** @returns undefined if there have been too many */
  of(phrase: string, salt: Buffer, keyBytes: number): Uint8Array | undefined {
    const name = `${keyBytes} ${salt.toString("hex")} ${phrase}`;
    const known = this.#known.get(name);
    if (known) return known;
    const nowMs = this.now();
    const [oldest] = this.#known.size < KEYS_MAX ? [] : this.#known.keys();
    if (oldest !== undefined && nowMs - this.#madeMs < NEXT_KEY_MS) return undefined;
    if (oldest !== undefined) this.#known.delete(oldest);
    const key = pbkdf2Sync(phrase, salt, ROUNDS, keyBytes, "sha1");
    this.#known.set(name, key);
    this.#madeMs = nowMs;
    return key;
  }
}

/**
 * A Key Material message of somebody who knows one passphrase as one for somebody who knows another: the keys of the stream in it stay,
 * so the stream itself need not be read.
 *
 * @param phraseKeys - of the connection
 * @returns undefined if it is none, was not made with the first passphrase, or there were too many
 */
export function rekeyed(
  message: Uint8Array,
  from: string,
  to: string,
  phraseKeys: PhraseKeys,
): Uint8Array | undefined {
  const bytes = Buffer.from(message);
  const keyBytes = 4 * (bytes[HEAD_BYTES - 1] ?? 0);
  const isOurs =
    bytes.subarray(0, 3).equals(SIGN) && 4 * (bytes[HEAD_BYTES - 2] ?? 0) === SALT_BYTES;
  if (!isOurs || !KEY_BYTES.includes(keyBytes)) return undefined;
  const salt = bytes.subarray(HEAD_BYTES, HEAD_BYTES + SALT_BYTES);
  const wrapped = bytes.subarray(HEAD_BYTES + SALT_BYTES);
  if (wrapped.length !== 8 + keyBytes && wrapped.length !== 8 + 2 * keyBytes) return undefined;
  // The key that wraps those of the stream comes from the second half of the salt.
  const keyFrom = (phrase: string) =>
    phraseKeys.of(phrase, salt.subarray(SALT_BYTES / 2), keyBytes);
  const key = keyFrom(from);
  const keys = key && unwrap(key, wrapped);
  if (!keys) return undefined;
  phraseKeys.hasFit = true;
  const other = keyFrom(to);
  return other && Buffer.concat([bytes.subarray(0, HEAD_BYTES + SALT_BYTES), wrap(other, keys)]);
}

const cipherOf = (key: Uint8Array) => `aes-${key.length * 8}-ecb`;
const count = (block: Buffer, step: number): void => {
  block.writeUInt32BE((block.readUInt32BE(4) ^ step) >>> 0, 4);
};

function wrap(key: Uint8Array, plain: Uint8Array): Uint8Array {
  const blocks = blocksOf(plain);
  let check: Buffer = Buffer.from(CHECK);
  for (let round = 0; round < WRAP_ROUNDS; round++)
    for (const [at, block] of blocks.entries()) {
      const cipher = createCipheriv(cipherOf(key), key, null).setAutoPadding(false);
      const mixed = Buffer.concat([cipher.update(Buffer.concat([check, block])), cipher.final()]);
      check = mixed.subarray(0, 8);
      count(check, round * blocks.length + at + 1);
      blocks[at] = mixed.subarray(8);
    }
  return Buffer.concat([check, ...blocks]);
}

function unwrap(key: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined {
  const [first = Buffer.alloc(8), ...blocks] = blocksOf(wrapped);
  let check = first;
  for (let round = WRAP_ROUNDS - 1; round >= 0; round--)
    for (let at = blocks.length - 1; at >= 0; at--) {
      count(check, round * blocks.length + at + 1);
      const cipher = createDecipheriv(cipherOf(key), key, null).setAutoPadding(false);
      const block = blocks[at] ?? Buffer.alloc(8);
      const mixed = Buffer.concat([cipher.update(Buffer.concat([check, block])), cipher.final()]);
      check = mixed.subarray(0, 8);
      blocks[at] = mixed.subarray(8);
    }
  return check.equals(CHECK) ? Buffer.concat(blocks) : undefined;
}

const blocksOf = (bytes: Uint8Array): Buffer[] =>
  Array.from({ length: bytes.length / 8 }, (_, at) =>
    Buffer.from(bytes.subarray(8 * at, 8 * at + 8)),
  );
