import { and, asc, eq, lte, sql } from "drizzle-orm";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import { nonces } from "../../db/postgres/tables/clients.ts";
import type { TaskError } from "../../task/errors.ts";
import { replayed } from "../nonces.ts";
import type { Nonce } from "../store.ts";

/** The nonces that were used on any node. Call its methods inside `read` and `write`. */
export class PostgresNonces {
  readonly #queries;

  constructor({ orm, prepared }: PostgresDatabase) {
    const clientCode = sql.placeholder("clientCode");
    const nonce = sql.placeholder("nonce");
    this.#queries = prepared({
      insert: () =>
        orm
          .insert(nonces)
          .values({ clientCode, nonce, expiresMs: sql.placeholder("expiresMs") })
          .onConflictDoNothing()
          .prepare("nonces_insert"),
      find: () =>
        orm
          .select({ seq: nonces.seq })
          .from(nonces)
          .where(and(eq(nonces.nonce, nonce), eq(nonces.clientCode, clientCode)))
          .prepare("nonces_find"),
      forget: () => {
        const oldest = orm
          .select({ seq: nonces.seq })
          .from(nonces)
          .orderBy(asc(nonces.seq))
          .limit(sql.placeholder("limit"));
        return (
          orm
            .delete(nonces)
            // An array, not a join: for any limit that is planned as one along the whole table.
            .where(
              and(
                sql`${nonces.seq} = any(array(${oldest}))`,
                lte(nonces.expiresMs, sql.placeholder("nowMs")),
              ),
            )
            .prepare("nonces_forget")
        );
      },
    });
  }

  /** @throws {TaskError} `request_replayed` if a nonce is there */
  async check({ clientCode, nonce }: Nonce): Promise<void> {
    if ((await this.#queries.find.execute({ clientCode, nonce })).length > 0) throw replayed(nonce);
  }

  /**
   * Stores a nonce. If another node is writing the same one, this waits until it has been written or not.
   *
   * @returns `request_replayed` if it is there already; not thrown, so that a caller may keep it while it refuses the rest
   */
  async use(nonce: Nonce): Promise<TaskError | undefined> {
    const { rowCount } = await this.#queries.insert.execute(nonce);
    return rowCount === 1 ? undefined : replayed(nonce.nonce);
  }

  /** Deletes those of the oldest `limit` rows that have expired. @returns how many */
  async purge(nowMs: number, limit: number): Promise<number> {
    return (await this.#queries.forget.execute({ nowMs, limit })).rowCount ?? 0;
  }
}
