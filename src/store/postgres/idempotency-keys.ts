import { and, asc, eq, lte, sql } from "drizzle-orm";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import { idempotencyKeys } from "../../db/postgres/tables/clients.ts";
import { tasks } from "../../db/postgres/tables/tasks.ts";
import { KEY_KEPT_MS, type Remembered } from "../idempotency-keys.ts";
import type { Idempotency } from "../store.ts";

/** The idempotency keys of creates, on any node. Call its methods inside `write`; `find` also works inside `read`. */
export class PostgresIdempotencyKeys {
  readonly #queries;

  constructor(database: PostgresDatabase) {
    this.#queries = prepareQueries(database);
  }

  /** The task that a key made, unless the key has expired, or the task was deleted, which frees its key. */
  async find(clientCode: string, key: string, nowMs: number): Promise<Remembered | undefined> {
    const [row] = await this.#queries.find.execute({ clientCode, key });
    return row && row.expiresMs > nowMs && row.owner === clientCode ? row : undefined;
  }

  /**
   * Remembers the task that a key is about to make. Whoever else is making one with it is waited for.
   *
   * @returns what it made before, if that still holds; nothing is changed then
   */
  async take(
    clientCode: string,
    { key, bodyDigest }: Idempotency,
    taskId: string,
    nowMs: number,
  ): Promise<Remembered | undefined> {
    const row = { clientCode, key, bodyDigest, taskId, nowMs, expiresMs: nowMs + KEY_KEPT_MS };
    const [taken] = await this.#queries.take.execute(row);
    if (taken) return undefined;
    const first = await this.find(clientCode, key, nowMs);
    if (first) return first;
    // That of a task that was deleted. Whoever else finds that at the same time waits here, and then finds the task of this one.
    await this.#queries.remove.execute({ clientCode, key, nowMs });
    return this.take(clientCode, { key, bodyDigest }, taskId, nowMs);
  }

  /** Deletes those of the oldest `limit` rows that have expired. @returns how many */
  async purge(nowMs: number, limit: number): Promise<number> {
    return (await this.#queries.forget.execute({ nowMs, limit })).rowCount ?? 0;
  }
}

function prepareQueries({ orm, prepared }: PostgresDatabase) {
  const [clientCode, key] = [sql.placeholder("clientCode"), sql.placeholder("key")];
  const isKey = and(eq(idempotencyKeys.clientCode, clientCode), eq(idempotencyKeys.key, key));
  const oldest = orm
    .select({ seq: idempotencyKeys.seq })
    .from(idempotencyKeys)
    .orderBy(asc(idempotencyKeys.seq))
    .limit(sql.placeholder("limit"));
  return prepared({
    find: () =>
      orm
        .select({
          bodyDigest: idempotencyKeys.bodyDigest,
          taskId: idempotencyKeys.taskId,
          expiresMs: idempotencyKeys.expiresMs,
          owner: tasks.clientCode,
        })
        .from(idempotencyKeys)
        .leftJoin(tasks, eq(tasks.id, idempotencyKeys.taskId))
        .where(isKey)
        .prepare("idempotency_keys_find"),
    take: () =>
      orm
        .insert(idempotencyKeys)
        .values({
          clientCode,
          key,
          bodyDigest: sql.placeholder("bodyDigest"),
          taskId: sql.placeholder("taskId"),
          expiresMs: sql.placeholder("expiresMs"),
        })
        .onConflictDoUpdate({
          target: [idempotencyKeys.clientCode, idempotencyKeys.key],
          // With a new place, so that rows stay in the order in which they expire.
          set: {
            seq: sql`excluded.seq`,
            bodyDigest: sql`excluded.body_digest`,
            taskId: sql`excluded.task_id`,
            expiresMs: sql`excluded.expires_ms`,
          },
          setWhere: lte(idempotencyKeys.expiresMs, sql.placeholder("nowMs")),
        })
        .returning({ seq: idempotencyKeys.seq })
        .prepare("idempotency_keys_take"),
    remove: () =>
      orm
        .delete(idempotencyKeys)
        .where(
          and(
            isKey,
            sql`not exists (select 1 from ${tasks} where ${tasks.id} = ${idempotencyKeys.taskId}
              and ${tasks.clientCode} = ${idempotencyKeys.clientCode})`,
          ),
        )
        .prepare("idempotency_keys_remove"),
    forget: () =>
      orm
        .delete(idempotencyKeys)
        .where(
          and(
            // As of nonces: an array, not a join.
            sql`${idempotencyKeys.seq} = any(array(${oldest}))`,
            lte(idempotencyKeys.expiresMs, sql.placeholder("nowMs")),
          ),
        )
        .prepare("idempotency_keys_forget"),
  });
}
