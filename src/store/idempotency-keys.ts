import { and, asc, eq, inArray, lte, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { idempotencyKeys } from "../db/schema.ts";
import { TaskError } from "../task/errors.ts";
import type { Idempotency } from "./store.ts";

/** How long a key answers with its first task: 24 h (api-contract, section 5). */
export const KEY_KEPT_MS = 24 * 60 * 60 * 1000;

/** The task that a key made, and the digest of the body it came with. */
export type Remembered = { readonly bodyDigest: string; readonly taskId: string };

/** The idempotency keys of creates. Call its methods inside `Database.write`; `find` also works inside `read`. */
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

  /** The task that a key made, unless the key has expired. */
  find(clientCode: string, key: string, nowMs: number): Remembered | undefined {
    const row = this.#queries.find.get({ clientCode, key });
    return row && row.expiresMs > nowMs ? row : undefined;
  }

  /** Remembers the task that a key made. */
  remember(
    clientCode: string,
    { key, bodyDigest }: Idempotency,
    taskId: string,
    nowMs: number,
  ): void {
    // An expired row may still be there. It is not overwritten, so that rows stay in the order in which they expire.
    this.#queries.remove.run({ clientCode, key });
    const expiresMs = nowMs + KEY_KEPT_MS;
    this.#queries.insert.run({ clientCode, key, bodyDigest, taskId, expiresMs });
  }

  /** Deletes those of the oldest `limit` rows that have expired. @returns how many */
  purge(nowMs: number, limit: number): number {
    return Number(this.#queries.forget.run({ nowMs, limit }).changes);
  }
}

/** The task of a key that was seen before; an error if it came with another body. */
export function firstOf(first: Remembered, { key, bodyDigest }: Idempotency): string | TaskError {
  if (first.bodyDigest === bodyDigest) return first.taskId;
  return new TaskError(
    "idempotency_conflict",
    `Cannot create task: the idempotency key "${key}" came with another body`,
  );
}
