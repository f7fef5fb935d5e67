import { randomBytes } from "node:crypto";
import { asc, count, eq, gt, or, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { clients } from "../db/schema.ts";
import type { ErrorCode } from "../task/errors.ts";
import { KeySeal, SEAL_KEY_BYTES } from "./key-seal.ts";
import {
  ClientRecords,
  clientExists,
  KnownClients,
  keyTaken,
  noSuchClient,
  publicKeysOf,
} from "./keys/client-records.ts";
import { SealedMediaKeys } from "./keys/media-keys.ts";
import { Nonces } from "./nonces.ts";
import type { Client, ClientStore, Nonce } from "./store.ts";

/** Clients and their nonces in SQLite; private keys are encrypted there. */
export class SqliteClientStore implements ClientStore {
  readonly #database: Database;
  readonly #nonces: Nonces;
  readonly #queries;
  readonly #known = new KnownClients();
  readonly #records: ClientRecords;
  /** The keys that segments are encrypted with, under the same secret key. */
  readonly mediaKeys: SealedMediaKeys;

  /** @param seal - without it keys are encrypted for this process alone, as suits a database in memory */
  constructor(database: Database, seal = new KeySeal(randomBytes(SEAL_KEY_BYTES))) {
    this.#database = database;
    this.#records = new ClientRecords(seal);
    this.mediaKeys = new SealedMediaKeys(seal);
    this.#nonces = new Nonces(database);
    this.#queries = prepareQueries(database);
  }

  async byPublicKey(publicKey: string): Promise<Client | undefined> {
    return this.#known.get(publicKey, () => this.#database.read(() => this.#find(publicKey)));
  }

  async byCode(clientCode: string): Promise<Client | undefined> {
    return this.#database.read(() => {
      const row = this.#queries.byCode.get({ clientCode });
      return row && this.#records.clientOf(row);
    });
  }

  async seed(seeds: readonly Client[]): Promise<void> {
    this.#known.forget();
    const rowOf = (seed: Client) => this.#queries.byCode.get(seed);
    const isSeeded = (seed: Client) => this.#records.isSeeded(seed, rowOf(seed));
    // A start that changes nothing writes nothing: it works on a full disk, too.
    if (await this.#database.read(() => seeds.every(isSeeded))) return;
    await this.#database.write(() => {
      const merged = seeds.map((seed) => [this.#records.merged(seed, rowOf(seed)), seed] as const);
      // All are deleted before the first is inserted, as two clients may have exchanged their keys.
      for (const { clientCode } of seeds) this.#queries.remove.run({ clientCode });
      for (const [client, seed] of merged) this.#insert(client, this.#records.seedOf(seed));
    });
  }

  async add(client: Client): Promise<void> {
    const { clientCode } = client;
    await this.#database.write(() => {
      if (this.#queries.byCode.get({ clientCode })) throw clientExists(clientCode);
      this.#insert(client, null, "client_exists");
    });
    this.#known.forget();
  }

  async change(clientCode: string, change: (client: Client) => Client): Promise<Client> {
    const changed = await this.#database.write(() => {
      const row = this.#queries.byCode.get({ clientCode });
      const found = row && this.#records.clientOf(row);
      if (!found) throw noSuchClient(clientCode);
      const client = change(found);
      this.#queries.remove.run({ clientCode });
      this.#insert(client, row.seed);
      return client;
    });
    this.#known.forget();
    return changed;
  }

  async list(after: string, limit: number): Promise<readonly Client[]> {
    return this.#database.read(() =>
      this.#queries.page.all({ after, limit }).flatMap((row) => this.#records.clientOf(row) ?? []),
    );
  }

  /** Whether the key that this store was given is the one that private keys are encrypted with. */
  async canOpen(): Promise<boolean> {
    return this.#database.read(() => {
      const row = this.#queries.sealed.get();
      return !row || this.#records.canOpen(row);
    });
  }

  /** Encrypts the private keys that an older build has stored in clear; nothing of them stays in the file. */
  async sealAll(): Promise<void> {
    const isOpen = () => this.#queries.unsealed.get() !== undefined;
    if (!(await this.#database.read(isOpen))) return;
    await this.#database.erase(() => {
      const all = this.#queries.all
        .all()
        .map((row) => [this.#records.clientOf(row), row.seed] as const);
      this.#queries.clear.run();
      for (const [client, seed] of all) if (client) this.#insert(client, seed);
    });
  }

  /** @param seed - what the config said, encrypted; null if it says nothing of this client */
  #insert(client: Client, seed: string | null, taken: ErrorCode = "invalid_parameter"): void {
    for (const publicKey of publicKeysOf(client)) {
      const owner = this.#queries.byPublicKey.get({ publicKey });
      if (owner) throw keyTaken(taken, client.clientCode, owner.clientCode);
    }
    this.#queries.insert.run(this.#records.rowOf(client, seed));
  }

  #find(publicKey: string): Client | undefined {
    const row = this.#queries.byPublicKey.get({ publicKey });
    return row && this.#records.clientOf(row);
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
