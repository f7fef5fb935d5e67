import { and, asc, eq, inArray, lte, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { nonces } from "../db/schema.ts";
import { TaskError } from "../task/errors.ts";
import type { Nonce } from "./store.ts";

/** The nonces that were used. Call its methods inside `Database.write`. */
export class Nonces {
  readonly #queries;

  constructor({ orm, prepared, statement }: Database) {
    this.#queries = prepared({
      insert: () =>
        statement(
          orm
            .insert(nonces)
            .values({
              clientCode: sql.placeholder("clientCode"),
              nonce: sql.placeholder("nonce"),
              expiresMs: sql.placeholder("expiresMs"),
            })
            .onConflictDoNothing(),
        ),
      find: () =>
        orm
          .select({ seq: nonces.seq })
          .from(nonces)
          .where(
            and(
              eq(nonces.nonce, sql.placeholder("nonce")),
              eq(nonces.clientCode, sql.placeholder("clientCode")),
            ),
          )
          .prepare(),
      forget: () => {
        const oldest = orm
          .select({ seq: nonces.seq })
          .from(nonces)
          .orderBy(asc(nonces.seq))
          .limit(sql.placeholder("limit"));
        return orm
          .delete(nonces)
          .where(and(inArray(nonces.seq, oldest), lte(nonces.expiresMs, sql.placeholder("nowMs"))))
          .prepare();
      },
    });
  }

  /** @throws {TaskError} `request_replayed` if a nonce is there */
  check({ clientCode, nonce }: Nonce): void {
    if (this.#queries.find.get({ clientCode, nonce })) throw replayed(nonce);
  }

  /**
   * Stores a nonce.
   *
   * @returns `request_replayed` if it is there already. It is not thrown, as that would roll back the batch of all
   * writers, and replays may be frequent.
   */
  use(nonce: Nonce): TaskError | undefined {
    if (Number(this.#queries.insert.run(nonce).changes) > 0) return undefined;
    return replayed(nonce.nonce);
  }

  /** Deletes those of the oldest `limit` rows that have expired. @returns how many */
  purge(nowMs: number, limit: number): number {
    return Number(this.#queries.forget.run({ nowMs, limit }).changes);
  }
}

/** The error about a nonce that is there already. */
export const replayed = (nonce: string): TaskError =>
  new TaskError("request_replayed", `Cannot accept nonce "${nonce}": it was used`);
