import { isDeepStrictEqual } from "node:util";
import { type ErrorCode, TaskError } from "../../task/errors.ts";
import type { KeySeal } from "../key-seal.ts";
import type { Client } from "../store.ts";
import { mergeSeed } from "./seeded.ts";

/** A client as every database keeps it: null stands for what is not there, and its secrets are encrypted. */
export type ClientRow = Omit<Client, "second" | "webhookSecrets"> & {
  readonly isSealed: boolean;
  readonly secondPublicKey: string | null;
  readonly secondPrivateKey: string | null;
  readonly webhookSecrets: string | null;
  readonly seed: string | null;
};

/** What becomes of clients on their way into a database and out of it. */
export class ClientRecords {
  constructor(private readonly seal: KeySeal) {}

  /** @param seed - what the config said, encrypted; null if it says nothing of this client */
  rowOf({ second, webhookSecrets, ...client }: Client, seed: string | null): ClientRow {
    const close = (text: string) => this.seal.close(text, client.clientCode);
    return {
      ...client,
      privateKey: close(client.privateKey),
      isSealed: true,
      secondPublicKey: second?.publicKey ?? null,
      secondPrivateKey: second && close(second.privateKey),
      seed,
      webhookSecrets: webhookSecrets && close(JSON.stringify(webhookSecrets)),
    };
  }

  /** Undefined if its keys cannot be decrypted: it has none that a call could be signed with. */
  clientOf({
    isSealed,
    secondPublicKey,
    secondPrivateKey,
    seed: _,
    webhookSecrets: sealedSecrets,
    ...row
  }: ClientRow): Client | undefined {
    const { clientCode } = row;
    const opened = (key: string) => (isSealed ? this.seal.open(key, clientCode) : key);
    const privateKey = opened(row.privateKey);
    if (privateKey === undefined) return undefined;
    const second = secondPrivateKey === null ? undefined : opened(secondPrivateKey);
    const hasSecond = secondPublicKey !== null && second !== undefined;
    const secrets = sealedSecrets === null ? undefined : opened(sealedSecrets);
    return {
      ...row,
      privateKey,
      webhookSecrets: secrets === undefined ? null : (JSON.parse(secrets) as readonly string[]),
      second: hasSecond ? { publicKey: secondPublicKey, privateKey: second } : null,
    };
  }

  /** Whether the private key of a client was encrypted with the key that this store was given. */
  canOpen({ privateKey, clientCode }: ClientRow): boolean {
    return this.seal.open(privateKey, clientCode) !== undefined;
  }

  /** What the config says of a client, as its row keeps it. */
  seedOf(seed: Client): string {
    return this.seal.close(JSON.stringify(seed), seed.clientCode);
  }

  /** Whether the config says the same of a client as when it was last seeded. */
  isSeeded(now: Client, row: ClientRow | undefined): boolean {
    return row !== undefined && isDeepStrictEqual(this.#seededOf(row), now);
  }

  /** What becomes of a client that the config names. */
  merged(now: Client, row: ClientRow | undefined): Client {
    const record = row && this.clientOf(row);
    // Of older builds, the record is what the config said last.
    return record ? mergeSeed({ before: this.#seededOf(row) ?? record, now, record }) : now;
  }

  #seededOf({ seed, clientCode }: ClientRow): Client | undefined {
    const text = seed === null ? undefined : this.seal.open(seed, clientCode);
    return text === undefined ? undefined : (JSON.parse(text) as Client);
  }
}

/** How long a change made by another process (a client disabled, a key replaced) may go unnoticed. */
const REMEMBERED_MS = 1_000;

/** Clients that were looked up a moment ago: every call looks up its client, so one is read at most once a second. */
export class KnownClients {
  readonly #known = new Map<string, { readonly client: Client; readonly untilMs: number }>();

  /** @param find - asks the database */
  async get(
    publicKey: string,
    find: (publicKey: string) => Promise<Client | undefined>,
  ): Promise<Client | undefined> {
    const nowMs = performance.now();
    const known = this.#known.get(publicKey);
    if (known && nowMs < known.untilMs) return known.client;
    const client = await find(publicKey);
    // Unknown keys are not remembered, as a stranger could fill the memory with them.
    if (client) this.#known.set(publicKey, { client, untilMs: nowMs + REMEMBERED_MS });
    else this.#known.delete(publicKey);
    return client;
  }

  /** To be called before and after what changes clients here. */
  forget(): void {
    this.#known.clear();
  }
}

/** The public keys that belong to a client. */
export const publicKeysOf = ({ publicKey, second }: Client): readonly string[] =>
  second ? [publicKey, second.publicKey] : [publicKey];

/** The error about a client whose code is taken. */
export const clientExists = (clientCode: string): TaskError =>
  new TaskError("client_exists", `Cannot add client "${clientCode}": there is one with this code`);

/** The error about a client one of whose public keys another one has. */
export const keyTaken = (code: ErrorCode, clientCode: string, owner: string): TaskError =>
  new TaskError(code, `Cannot add client "${clientCode}": its public key is that of "${owner}"`);

/** The error about a client that is not there. */
export const noSuchClient = (clientCode: string): TaskError =>
  new TaskError("no_such_client", `Cannot find client "${clientCode}": there is none`);
