import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** How long the key is that others are encrypted with. */
export const SEAL_KEY_BYTES = 32;

const CIPHER = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** More clients than call within the same second: their keys are decrypted once. */
const OPENED_MAX = 1024;

/** Encrypts private keys for the database, each bound to the client it belongs to. */
export class KeySeal {
  readonly #key: Uint8Array;
  readonly #opened = new Map<string, string>();

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
    const name = `${clientCode} ${sealed}`;
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const bytes = Buffer.from(sealed, "base64");
    const text = bytes.subarray(IV_BYTES + TAG_BYTES);
    try {
      const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, IV_BYTES))
        .setAAD(Buffer.from(clientCode))
        .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      const privateKey = decipher.update(text, undefined, "utf8") + decipher.final("utf8");
      if (this.#opened.size >= OPENED_MAX) this.#opened.clear();
      this.#opened.set(name, privateKey);
      return privateKey;
    } catch {
      return undefined;
    }
  }
}
