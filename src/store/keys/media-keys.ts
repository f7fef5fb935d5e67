import type { KeySeal } from "../key-seal.ts";
import type { MediaKeys } from "../store.ts";

/** AES-128. */
const KEY_BYTES = 16;

/** Keys of media under the service's own secret key: made ones are derived from it, given ones encrypted with it. */
export class SealedMediaKeys implements MediaKeys {
  constructor(private readonly seal: KeySeal) {}

  made(taskId: string, key: number): Uint8Array {
    return this.seal.derive(`media key ${key} of ${taskId}`, KEY_BYTES);
  }

  idOf(taskId: string, key: number): string {
    const bytes = this.seal.derive(`media key id ${key} of ${taskId}`, KEY_BYTES);
    return Buffer.from(bytes).toString("hex");
  }

  close(hex: string, clientCode: string): string {
    return this.seal.close(hex, ownerOf(clientCode));
  }

  open(sealed: string, clientCode: string): Uint8Array | undefined {
    const hex = this.seal.open(sealed, ownerOf(clientCode));
    return hex === undefined ? undefined : Buffer.from(hex, "hex");
  }
}

/** So that the sealed private key of a client is never taken for a key of media. */
const ownerOf = (clientCode: string): string => `media key of ${clientCode}`;
