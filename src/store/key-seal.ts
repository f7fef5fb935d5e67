import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** How long the key is that others are encrypted with. */
export const SEAL_KEY_BYTES = 32;

const CIPHER = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts private keys for the database, each bound to the client it belongs to. */
export class KeySeal {
  readonly #key: Uint8Array;

  /** @param key - of `SEAL_KEY_BYTES` */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** Encrypts a private key: base64 of a fresh IV, the tag and the text. */
  close(privateKey: string, clientCode: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, iv).setAAD(Buffer.from(clientCode));
    const text = Buffer.concat([cipher.update(privateKey, "utf8"), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), text]).toString("base64");
  }

  /** Decrypts what `close` made; undefined if another key made it, or for another client. */
  open(sealed: string, clientCode: string): string | undefined {
    const bytes = Buffer.from(sealed, "base64");
    const text = bytes.subarray(IV_BYTES + TAG_BYTES);
    try {
      const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, IV_BYTES))
        .setAAD(Buffer.from(clientCode))
        .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return decipher.update(text, undefined, "utf8") + decipher.final("utf8");
    } catch {
      return undefined;
    }
  }

  /** A secret of its own for a purpose, by HKDF with SHA-256 (RFC 5869): the same each time, and nothing of the key is learned from it. */
  derive(purpose: string, bytes: number): Uint8Array {
    return new Uint8Array(hkdfSync("sha256", this.#key, "", purpose, bytes));
  }
}
