import { isDeepStrictEqual } from "node:util";
import { count, eq, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { clients } from "../db/schema.ts";
import { TaskError } from "../task/errors.ts";
import { Nonces } from "./nonces.ts";
import type { Client, ClientStore, Nonce } from "./store.ts";

/** How long a change made by another process (a client disabled, a key replaced) may go unnoticed. */
const REMEMBERED_MS = 1_000;

/** Clients and their nonces in SQLite. */
export class SqliteClientStore implements ClientStore {
  readonly #database: Database;
  readonly #nonces: Nonces;
  readonly #queries;
  /** Every call looks up its client, so a client is read at most once a second. */
  readonly #known = new Map<string, { readonly client: Client; readonly untilMs: number }>();

  constructor(database: Database) {
    this.#database = database;
    this.#nonces = new Nonces(database);
    this.#queries = prepareQueries(database);
  }

  async byPublicKey(publicKey: string): Promise<Client | undefined> {
    const nowMs = performance.now();
    const known = this.#known.get(publicKey);
    if (known && nowMs < known.untilMs) return known.client;
    const client = await this.#database.read(() => this.#queries.byPublicKey.get({ publicKey }));
    // Unknown keys are not remembered, as a stranger could fill the memory with them.
    if (client) this.#known.set(publicKey, { client, untilMs: nowMs + REMEMBERED_MS });
    else this.#known.delete(publicKey);
    return client;
  }

  async seed(seeds: readonly Client[]): Promise<void> {
    this.#known.clear();
    // A start that changes nothing writes nothing: it works on a full disk, too.
    if (await this.#database.read(() => seeds.every((seed) => this.#isThere(seed)))) return;
    await this.#database.write(() => {
      // All are deleted before the first is inserted, as two clients may have exchanged their keys.
      for (const { clientCode } of seeds) this.#queries.remove.run({ clientCode });
      for (const client of seeds) {
        const owner = this.#queries.byPublicKey.get(client);
        if (owner)
          throw new TaskError(
            "invalid_parameter",
            `Cannot add client "${client.clientCode}": its public key is that of "${owner.clientCode}"`,
          );
        this.#queries.insert.run(client);
      }
    });
  }

  #isThere(seed: Client): boolean {
    return isDeepStrictEqual({ ...this.#queries.byPublicKey.get(seed) }, seed);
  }

  async count(): Promise<number> {
    return this.#database.read(() => this.#queries.count.get()?.clients ?? 0);
  }

  async isNonceUsed(nonce: Nonce): Promise<boolean> {
    return this.#database.read(() => this.#nonces.isUsed(nonce));
  }

  async useNonce(nonce: Nonce): Promise<void> {
    const refusal = await this.#database.write(() => this.#nonces.use(nonce));
    if (refusal) throw refusal;
  }
}

function prepareQueries({ orm, prepared }: Database) {
  const clientCode = sql.placeholder("clientCode");
  const publicKey = sql.placeholder("publicKey");
  return prepared({
    byPublicKey: () => orm.select().from(clients).where(eq(clients.publicKey, publicKey)).prepare(),
    remove: () => orm.delete(clients).where(eq(clients.clientCode, clientCode)).prepare(),
    insert: () =>
      orm
        .insert(clients)
        .values({
          clientCode,
          publicKey,
          privateKey: sql.placeholder("privateKey"),
          strongOnly: sql.placeholder("strongOnly"),
          disabled: sql.placeholder("disabled"),
          weight: sql.placeholder("weight"),
          pendingMax: sql.placeholder("pendingMax"),
          runningMax: sql.placeholder("runningMax"),
          requestsPerSecond: sql.placeholder("requestsPerSecond"),
        })
        .prepare(),
    count: () => orm.select({ clients: count() }).from(clients).prepare(),
  });
}
