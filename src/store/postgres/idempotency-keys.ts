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

  /** Remembers the tasks that several keys are about to make, as `take` does. @returns whether all keys are new: where they are not, roll back */
  async takeNew(
    calls: readonly (Idempotency & {
      readonly clientCode: string;
      readonly taskId: string;
      readonly nowMs: number;
    })[],
  ): Promise<boolean> {
    if (calls.length === 0) return true;
    const [written] = await this.#queries.takeNew.execute({
      clientCodes: calls.map(({ clientCode }) => clientCode),
      keys: calls.map(({ key }) => key),
      bodyDigests: calls.map(({ bodyDigest }) => bodyDigest),
      taskIds: calls.map(({ taskId }) => taskId),
      expiries: calls.map(({ nowMs }) => nowMs + KEY_KEPT_MS),
    });
    return written?.taken === calls.length;
  }

  /** Deletes those of the oldest `limit` rows that have expired. @returns how many */
  async purge(nowMs: number, limit: number): Promise<number> {
    return (await this.#queries.forget.execute({ nowMs, limit })).rowCount ?? 0;
  }
}

// In the order of the keys, so that no two transactions wait for each other.
const TAKING_NEW = sql`insert into idempotency_keys
    (client_code, key, body_digest, task_id, expires_ms)
    select client_code, key, body_digest, task_id, expires_ms
    from unnest(${sql.placeholder("clientCodes")}::text[], ${sql.placeholder("keys")}::text[],
      ${sql.placeholder("bodyDigests")}::text[], ${sql.placeholder("taskIds")}::text[],
      ${sql.placeholder("expiries")}::bigint[])
      as made (client_code, key, body_digest, task_id, expires_ms)
    order by client_code collate "C", key collate "C" on conflict do nothing returning 1`;

function prepareQueries(database: PostgresDatabase) {
  const { orm, prepared } = database;
  const [clientCode, key] = [sql.placeholder("clientCode"), sql.placeholder("key")];
  const isKey = and(eq(idempotencyKeys.clientCode, clientCode), eq(idempotencyKeys.key, key));
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
    takeNew: () =>
      orm
        .with(orm.$with("taken", {}).as(TAKING_NEW))
        .select({ taken: sql<number>`count(*)::integer` })
        .from(sql`taken`)
        .prepare("idempotency_keys_take_new"),
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
    forget: () => forgetting(database).prepare("idempotency_keys_forget"),
  });
}

const forgetting = ({ orm }: PostgresDatabase) => {
  const oldest = orm
    .select({ seq: idempotencyKeys.seq })
    .from(idempotencyKeys)
    .orderBy(asc(idempotencyKeys.seq))
    .limit(sql.placeholder("limit"));
  return orm.delete(idempotencyKeys).where(
    and(
      // As of nonces: an array, not a join.
      sql`${idempotencyKeys.seq} = any(array(${oldest}))`,
      lte(idempotencyKeys.expiresMs, sql.placeholder("nowMs")),
    ),
  );
};
