import { asc, count, eq, gt, or, sql } from "drizzle-orm";
import { LOCKS } from "../../db/postgres/locks.ts";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import { clients } from "../../db/postgres/tables/clients.ts";
import type { ErrorCode } from "../../task/errors.ts";
import type { KeySeal } from "../key-seal.ts";
import {
  ClientRecords,
  type ClientRow,
  clientExists,
  KnownClients,
  keyTaken,
  noSuchClient,
  publicKeysOf,
} from "../keys/client-records.ts";
import { SealedMediaKeys } from "../keys/media-keys.ts";
import type { Client, ClientStore, Nonce } from "../store.ts";
import { PostgresNonces } from "./nonces.ts";

/** Clients and their nonces in PostgreSQL, for all nodes; private keys are encrypted there, with one secret key for all nodes. */
export class PostgresClientStore implements ClientStore {
  readonly #database: PostgresDatabase;
  readonly #nonces: PostgresNonces;
  readonly #queries;
  readonly #known = new KnownClients();
  readonly #records: ClientRecords;
  /** The keys that segments are encrypted with, under the same secret key. */
  readonly mediaKeys: SealedMediaKeys;

  constructor(database: PostgresDatabase, seal: KeySeal) {
    this.#database = database;
    this.#records = new ClientRecords(seal);
    this.mediaKeys = new SealedMediaKeys(seal);
    this.#nonces = new PostgresNonces(database);
    this.#queries = prepareQueries(database);
  }

  async byPublicKey(publicKey: string): Promise<Client | undefined> {
    return this.#known.get(publicKey, () =>
      this.#database.read(async () => {
        const row = await this.#byKey(publicKey);
        return row && this.#records.clientOf(row);
      }),
    );
  }

  async byCode(clientCode: string): Promise<Client | undefined> {
    return this.#database.read(async () => {
      const row = await this.#byCode(clientCode);
      return row && this.#records.clientOf(row);
    });
  }

  async seed(seeds: readonly Client[]): Promise<void> {
    this.#known.forget();
    // A start that changes nothing writes nothing: it waits for no other node.
    if (await this.#database.read(() => this.#areSeeded(seeds))) return;
    await this.#change(async () => {
      const merged: [Client, Client][] = [];
      for (const seed of seeds)
        merged.push([this.#records.merged(seed, await this.#byCode(seed.clientCode)), seed]);
      // All are deleted before the first is inserted, as two clients may have exchanged their keys.
      for (const { clientCode } of seeds) await this.#queries.remove.execute({ clientCode });
      for (const [client, seed] of merged) await this.#insert(client, this.#records.seedOf(seed));
    });
  }

  async add(client: Client): Promise<void> {
    await this.#change(async () => {
      if (await this.#byCode(client.clientCode)) throw clientExists(client.clientCode);
      await this.#insert(client, null, "client_exists");
    });
  }

  async change(clientCode: string, change: (client: Client) => Client): Promise<Client> {
    return this.#change(async () => {
      const row = await this.#byCode(clientCode);
      const found = row && this.#records.clientOf(row);
      if (!found) throw noSuchClient(clientCode);
      const client = change(found);
      await this.#queries.remove.execute({ clientCode });
      await this.#insert(client, row.seed);
      return client;
    });
  }

  async list(after: string, limit: number): Promise<readonly Client[]> {
    const rows = await this.#database.read(() => this.#queries.page.execute({ after, limit }));
    return rows.flatMap((row) => this.#records.clientOf(row) ?? []);
  }

  /** Whether the key that this store was given is the one that private keys are encrypted with. */
  async canOpen(): Promise<boolean> {
    const [row] = await this.#database.read(() => this.#queries.sealed.execute());
    return !row || this.#records.canOpen(row);
  }

  /** Encrypts private keys that came from a database of an older build, which had them in clear. */
  async sealAll(): Promise<void> {
    const unsealed = () => this.#queries.unsealed.execute();
    if ((await this.#database.read(unsealed)).length === 0) return;
    await this.#change(async () => {
      for (const row of await unsealed()) {
        const client = this.#records.clientOf(row);
        if (!client) continue;
        await this.#queries.remove.execute(client);
        await this.#insert(client, row.seed);
      }
    });
  }

  async count(): Promise<number> {
    const [found] = await this.#database.read(() => this.#queries.count.execute());
    return found?.clients ?? 0;
  }

  async checkNonce(nonce: Nonce): Promise<void> {
    await this.#database.read(() => this.#nonces.check(nonce));
  }

  async useNonce(nonce: Nonce): Promise<void> {
    const refusal = await this.#database.write(() => this.#nonces.use(nonce));
    if (refusal) throw refusal;
  }

  /** Changes clients, one node at a time: an index cannot say that no second key is the first one of another client. */
  async #change<T>(statements: () => Promise<T>): Promise<T> {
    const value = await this.#database.write(async () => {
      await this.#database.execute(`select pg_advisory_xact_lock(${LOCKS.CLIENTS})`);
      return statements();
    });
    this.#known.forget();
    return value;
  }

  async #areSeeded(seeds: readonly Client[]): Promise<boolean> {
    for (const seed of seeds)
      if (!this.#records.isSeeded(seed, await this.#byCode(seed.clientCode))) return false;
    return true;
  }

  /** @param seed - what the config said, encrypted; null if it says nothing of this client */
  async #insert(
    client: Client,
    seed: string | null,
    taken: ErrorCode = "invalid_parameter",
  ): Promise<void> {
    for (const publicKey of publicKeysOf(client)) {
      const owner = await this.#byKey(publicKey);
      if (owner) throw keyTaken(taken, client.clientCode, owner.clientCode);
    }
    await this.#queries.insert.execute(this.#records.rowOf(client, seed));
  }

  async #byKey(publicKey: string): Promise<ClientRow | undefined> {
    return (await this.#queries.byPublicKey.execute({ publicKey }))[0];
  }

  async #byCode(clientCode: string): Promise<ClientRow | undefined> {
    return (await this.#queries.byCode.execute({ clientCode }))[0];
  }
}

/** Whether private keys are stored that only the right key decrypts. */
export const arePostgresKeysSealed = async (database: PostgresDatabase): Promise<boolean> =>
  (await database.read(() => prepareQueries(database).sealed.execute())).length > 0;

function prepareQueries({ orm, prepared }: PostgresDatabase) {
  const clientCode = sql.placeholder("clientCode");
  const publicKey = sql.placeholder("publicKey");
  const isSealed = (is: boolean) => orm.select().from(clients).where(eq(clients.isSealed, is));
  return prepared({
    byPublicKey: () =>
      orm
        .select()
        .from(clients)
        .where(or(eq(clients.publicKey, publicKey), eq(clients.secondPublicKey, publicKey)))
        .prepare("clients_by_key"),
    byCode: () =>
      orm
        .select()
        .from(clients)
        .where(eq(clients.clientCode, clientCode))
        .prepare("clients_by_code"),
    page: () =>
      orm
        .select()
        .from(clients)
        .where(gt(clients.clientCode, sql.placeholder("after")))
        .orderBy(asc(clients.clientCode))
        .limit(sql.placeholder("limit"))
        .prepare("clients_page"),
    sealed: () => isSealed(true).limit(1).prepare("clients_sealed"),
    unsealed: () => isSealed(false).prepare("clients_unsealed"),
    remove: () =>
      orm.delete(clients).where(eq(clients.clientCode, clientCode)).prepare("clients_remove"),
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
        .prepare("clients_insert"),
    count: () => orm.select({ clients: count() }).from(clients).prepare("clients_count"),
  });
}
