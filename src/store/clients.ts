import { count, eq, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { clients } from "../db/schema.ts";
import { TaskError } from "../task/errors.ts";
import { Nonces } from "./nonces.ts";
import type { Client, ClientStore, Nonce } from "./store.ts";

/** Clients and their nonces in SQLite. */
export class SqliteClientStore implements ClientStore {
  readonly #database: Database;
  readonly #nonces: Nonces;
  readonly #queries;

  constructor(database: Database) {
    this.#database = database;
    this.#nonces = new Nonces(database);
    this.#queries = prepareQueries(database);
  }

  async byPublicKey(publicKey: string): Promise<Client | undefined> {
    return this.#database.read(() => this.#queries.byPublicKey.get({ publicKey }));
  }

  async seed(seeds: readonly Client[]): Promise<void> {
    await this.#database.write(() => {
      // All go before the first comes: two clients may have exchanged their keys.
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

  async count(): Promise<number> {
    return this.#database.read(() => this.#queries.count.get()?.clients ?? 0);
  }

  async useNonce(nonce: Nonce): Promise<void> {
    const refusal = await this.#database.write(() => this.#nonces.use(nonce));
    if (refusal) throw refusal;
  }
}

function prepareQueries({ orm }: Database) {
  const clientCode = sql.placeholder("clientCode");
  const publicKey = sql.placeholder("publicKey");
  return {
    byPublicKey: orm.select().from(clients).where(eq(clients.publicKey, publicKey)).prepare(),
    remove: orm.delete(clients).where(eq(clients.clientCode, clientCode)).prepare(),
    insert: orm
      .insert(clients)
      .values({
        clientCode,
        publicKey,
        privateKey: sql.placeholder("privateKey"),
        strongOnly: sql.placeholder("strongOnly"),
        disabled: sql.placeholder("disabled"),
      })
      .prepare(),
    count: orm.select({ clients: count() }).from(clients).prepare(),
  };
}
