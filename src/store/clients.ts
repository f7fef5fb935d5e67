import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { asc, count, eq, gt, or, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { clients } from "../db/schema.ts";
import { type ErrorCode, TaskError } from "../task/errors.ts";
import { KeySeal, SEAL_KEY_BYTES } from "./key-seal.ts";
import { SealedMediaKeys } from "./keys/media-keys.ts";
import { Nonces } from "./nonces.ts";
import { mergeSeed } from "./seeded.ts";
import type { Client, ClientStore, Nonce } from "./store.ts";

/** How long a change made by another process (a client disabled, a key replaced) may go unnoticed. */
const REMEMBERED_MS = 1_000;

/** Clients and their nonces in SQLite; private keys are encrypted there. */
export class SqliteClientStore implements ClientStore {
  readonly #database: Database;
  readonly #nonces: Nonces;
  readonly #queries;
  /** Every call looks up its client, so a client is read at most once a second. */
  readonly #known = new Map<string, { readonly client: Client; readonly untilMs: number }>();

  readonly #seal: KeySeal;
  /** The keys that segments are encrypted with, under the same secret key. */
  readonly mediaKeys: SealedMediaKeys;

  /** @param seal - without it keys are encrypted for this process alone, as suits a database in memory */
  constructor(database: Database, seal = new KeySeal(randomBytes(SEAL_KEY_BYTES))) {
    this.#database = database;
    this.#seal = seal;
    this.mediaKeys = new SealedMediaKeys(seal);
    this.#nonces = new Nonces(database);
    this.#queries = prepareQueries(database);
  }

  async byPublicKey(publicKey: string): Promise<Client | undefined> {
    const nowMs = performance.now();
    const known = this.#known.get(publicKey);
    if (known && nowMs < known.untilMs) return known.client;
    const client = await this.#database.read(() => this.#find(publicKey));
    // Unknown keys are not remembered, as a stranger could fill the memory with them.
    if (client) this.#known.set(publicKey, { client, untilMs: nowMs + REMEMBERED_MS });
    else this.#known.delete(publicKey);
    return client;
  }

  async byCode(clientCode: string): Promise<Client | undefined> {
    return this.#database.read(() => {
      const row = this.#queries.byCode.get({ clientCode });
      return row && this.#clientOf(row);
    });
  }

  async seed(seeds: readonly Client[]): Promise<void> {
    this.#known.clear();
    // A start that changes nothing writes nothing: it works on a full disk, too.
    if (await this.#database.read(() => seeds.every((seed) => this.#isSeeded(seed)))) return;
    await this.#database.write(() => {
      const merged = seeds.map((seed) => [this.#merged(seed), seed] as const);
      // All are deleted before the first is inserted, as two clients may have exchanged their keys.
      for (const { clientCode } of seeds) this.#queries.remove.run({ clientCode });
      for (const [client, seed] of merged)
        this.#insert(client, this.#seal.close(JSON.stringify(seed), seed.clientCode));
    });
  }

  async add(client: Client): Promise<void> {
    const { clientCode } = client;
    await this.#database.write(() => {
      if (this.#queries.byCode.get({ clientCode }))
        throw new TaskError(
          "client_exists",
          `Cannot add client "${clientCode}": there is one with this code`,
        );
      this.#insert(client, null, "client_exists");
    });
    this.#known.clear();
  }

  async change(clientCode: string, change: (client: Client) => Client): Promise<Client> {
    const changed = await this.#database.write(() => {
      const row = this.#queries.byCode.get({ clientCode });
      const found = row && this.#clientOf(row);
      if (!found)
        throw new TaskError("no_such_client", `Cannot find client "${clientCode}": there is none`);
      const client = change(found);
      this.#queries.remove.run({ clientCode });
      this.#insert(client, row.seed);
      return client;
    });
    this.#known.clear();
    return changed;
  }

  async list(after: string, limit: number): Promise<readonly Client[]> {
    return this.#database.read(() =>
      this.#queries.page.all({ after, limit }).flatMap((row) => this.#clientOf(row) ?? []),
    );
  }

  /** Whether the key that this store was given is the one that private keys are encrypted with. */
  async canOpen(): Promise<boolean> {
    return this.#database.read(() => {
      const row = this.#queries.sealed.get();
      return !row || this.#seal.open(row.privateKey, row.clientCode) !== undefined;
    });
  }

  /** Encrypts the private keys that an older build has stored in clear; nothing of them stays in the file. */
  async sealAll(): Promise<void> {
    const isOpen = () => this.#queries.unsealed.get() !== undefined;
    if (!(await this.#database.read(isOpen))) return;
    await this.#database.erase(() => {
      const all = this.#queries.all.all().map((row) => [this.#clientOf(row), row.seed] as const);
      this.#queries.clear.run();
      for (const [client, seed] of all) if (client) this.#insert(client, seed);
    });
  }

  /** @param seed - what the config said, encrypted; null if it says nothing of this client */
  #insert(client: Client, seed: string | null, taken: ErrorCode = "invalid_parameter"): void {
    const { clientCode, publicKey, second, webhookSecrets } = client;
    for (const key of second ? [publicKey, second.publicKey] : [publicKey]) {
      const owner = this.#queries.byPublicKey.get({ publicKey: key });
      if (owner)
        throw new TaskError(
          taken,
          `Cannot add client "${clientCode}": its public key is that of "${owner.clientCode}"`,
        );
    }
    this.#queries.insert.run({
      ...client,
      privateKey: this.#seal.close(client.privateKey, clientCode),
      secondPublicKey: second?.publicKey ?? null,
      secondPrivateKey: second && this.#seal.close(second.privateKey, clientCode),
      seed,
      webhookSecrets:
        webhookSecrets && this.#seal.close(JSON.stringify(webhookSecrets), clientCode),
    });
  }

  /** Whether the config says the same of a client as when it was last seeded. */
  #isSeeded(now: Client): boolean {
    const row = this.#queries.byCode.get(now);
    return row !== undefined && isDeepStrictEqual(this.#seedOf(row), now);
  }

  /** What becomes of a client that the config names. */
  #merged(now: Client): Client {
    const row = this.#queries.byCode.get(now);
    const record = row && this.#clientOf(row);
    // Of older builds, the record is what the config said last.
    return record ? mergeSeed({ before: this.#seedOf(row) ?? record, now, record }) : now;
  }

  #seedOf({ seed, clientCode }: typeof clients.$inferSelect): Client | undefined {
    const text = seed === null ? undefined : this.#seal.open(seed, clientCode);
    return text === undefined ? undefined : (JSON.parse(text) as Client);
  }

  #find(publicKey: string): Client | undefined {
    const row = this.#queries.byPublicKey.get({ publicKey });
    return row && this.#clientOf(row);
  }

  /** Undefined if its keys cannot be decrypted: it has none that a call could be signed with. */
  #clientOf({
    isSealed,
    secondPublicKey,
    secondPrivateKey,
    seed: _,
    webhookSecrets: sealedSecrets,
    ...row
  }: typeof clients.$inferSelect): Client | undefined {
    const { clientCode } = row;
    const opened = (key: string) => (isSealed ? this.#seal.open(key, clientCode) : key);
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

  async count(): Promise<number> {
    return this.#database.read(() => this.#queries.count.get()?.clients ?? 0);
  }

  async checkNonce(nonce: Nonce): Promise<void> {
    await this.#database.read(() => this.#nonces.check(nonce));
  }

  async useNonce(nonce: Nonce): Promise<void> {
    const refusal = await this.#database.write(() => this.#nonces.use(nonce));
    if (refusal) throw refusal;
  }
}

/** Whether private keys are stored that only the right key decrypts. */
export const areKeysSealed = (database: Database): Promise<boolean> =>
  database.read(() => prepareQueries(database).sealed.get() !== undefined);

function prepareQueries({ orm, prepared }: Database) {
  const clientCode = sql.placeholder("clientCode");
  const publicKey = sql.placeholder("publicKey");
  return prepared({
    byPublicKey: () =>
      orm
        .select()
        .from(clients)
        .where(or(eq(clients.publicKey, publicKey), eq(clients.secondPublicKey, publicKey)))
        .prepare(),
    byCode: () => orm.select().from(clients).where(eq(clients.clientCode, clientCode)).prepare(),
    page: () =>
      orm
        .select()
        .from(clients)
        .where(gt(clients.clientCode, sql.placeholder("after")))
        .orderBy(asc(clients.clientCode))
        .limit(sql.placeholder("limit"))
        .prepare(),
    all: () => orm.select().from(clients).prepare(),
    clear: () => orm.delete(clients).prepare(),
    sealed: () => orm.select().from(clients).where(eq(clients.isSealed, true)).limit(1).prepare(),
    unsealed: () =>
      orm.select().from(clients).where(eq(clients.isSealed, false)).limit(1).prepare(),
    remove: () => orm.delete(clients).where(eq(clients.clientCode, clientCode)).prepare(),
    insert: () =>
      orm
        .insert(clients)
        .values({
          clientCode,
          publicKey,
          privateKey: sql.placeholder("privateKey"),
          isSealed: true,
          secondPublicKey: sql.placeholder("secondPublicKey"),
          secondPrivateKey: sql.placeholder("secondPrivateKey"),
          reach: sql.placeholder("reach"),
          notification: sql.placeholder("notification"),
          webhookSecrets: sql.placeholder("webhookSecrets"),
          strongOnly: sql.placeholder("strongOnly"),
          disabled: sql.placeholder("disabled"),
          admin: sql.placeholder("admin"),
          seed: sql.placeholder("seed"),
          weight: sql.placeholder("weight"),
          pendingMax: sql.placeholder("pendingMax"),
          runningMax: sql.placeholder("runningMax"),
          requestsPerSecond: sql.placeholder("requestsPerSecond"),
        })
        .prepare(),
    count: () => orm.select({ clients: count() }).from(clients).prepare(),
  });
}
