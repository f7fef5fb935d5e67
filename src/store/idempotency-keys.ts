import { and, asc, eq, inArray, lte, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { idempotencyKeys } from "../db/schema.ts";
import type { Idempotency } from "./store.ts";

/** How long a key answers with its first task: 24 h (api-contract, section 5). */
const KEPT_MS = 24 * 60 * 60 * 1000;

/** What a key stands for. */
type Remembered = { readonly bodyDigest: string; readonly taskId: string };

/** The idempotency keys of creates. Its methods belong inside `Database.write`, `find` also inside `read`. */
export class IdempotencyKeys {
  readonly #queries;

  constructor({ orm, prepared }: Database) {
    const clientCode = sql.placeholder("clientCode");
    const key = sql.placeholder("key");
    const isKey = and(eq(idempotencyKeys.clientCode, clientCode), eq(idempotencyKeys.key, key));
    const oldest = orm
      .select({ seq: idempotencyKeys.seq })
      .from(idempotencyKeys)
      .orderBy(asc(idempotencyKeys.seq))
      .limit(sql.placeholder("limit"));
    this.#queries = prepared({
      find: () => orm.select().from(idempotencyKeys).where(isKey).prepare(),
      remove: () => orm.delete(idempotencyKeys).where(isKey).prepare(),
      insert: () =>
        orm
          .insert(idempotencyKeys)
          .values({
            clientCode,
            key,
            bodyDigest: sql.placeholder("bodyDigest"),
            taskId: sql.placeholder("taskId"),
            expiresMs: sql.placeholder("expiresMs"),
          })
          .prepare(),
      forget: () =>
        orm
          .delete(idempotencyKeys)
          .where(
            and(
              inArray(idempotencyKeys.seq, oldest),
              lte(idempotencyKeys.expiresMs, sql.placeholder("nowMs")),
            ),
          )
          .prepare(),
    });
  }

  /** What a key stands for, unless it has expired. */
  find(clientCode: string, key: string, nowMs: number): Remembered | undefined {
    const row = this.#queries.find.get({ clientCode, key });
    return row && row.expiresMs > nowMs ? row : undefined;
  }

  /** Lets a key stand for a task from now on. */
  remember(
    clientCode: string,
    { key, bodyDigest }: Idempotency,
    taskId: string,
    nowMs: number,
  ): void {
    // An expired one may still be there. It is not overwritten: rows stay in the order in which they expire.
    this.#queries.remove.run({ clientCode, key });
    const expiresMs = nowMs + KEPT_MS;
    this.#queries.insert.run({ clientCode, key, bodyDigest, taskId, expiresMs });
  }

  /** Forgets those of the oldest `limit` that have expired. @returns how many */
  purge(nowMs: number, limit: number): number {
    return Number(this.#queries.forget.run({ nowMs, limit }).changes);
  }
}
