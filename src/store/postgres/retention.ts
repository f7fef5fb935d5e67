import { and, asc, eq, inArray, lte, ne, sql } from "drizzle-orm";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import { events, taskLogs, tasks } from "../../db/postgres/tables/tasks.ts";
import { deliveries, notifications } from "../../db/postgres/tables/upkeep.ts";
import { NOBODY } from "../../db/rows/deleted.ts";
import { DELETED_KEPT_MS } from "../retention.ts";

type Due = { readonly seq: number; readonly endMs: number | null };

/** How tasks leave the store. Call its methods inside `write`. Nodes may purge at once: each takes other tasks. */
export class PostgresRetention {
  readonly #retentionMs: number;
  readonly #queries;
  readonly #dues;

  /** @param retentionMs - how long tasks are kept after they have ended; 0 is for ever */
  constructor(database: PostgresDatabase, retentionMs: number) {
    this.#retentionMs = retentionMs;
    this.#queries = prepareQueries(database);
    this.#dues = prepareDue(database);
  }

  /** Hides a task that has ended from everybody, and nobody is told of it any more; `purge` removes its rows. */
  async hide(seq: number, nowMs: number): Promise<void> {
    await this.#queries.removeNotification.execute({ seq });
    await this.#queries.hide.execute({ seq, endMs: nowMs });
  }

  /** Removes some of the rows of tasks whose time has come, events and logs included. @returns how many */
  async purge(nowMs: number, rowsMax: number): Promise<number> {
    let rows = 0;
    for (const { seq, endMs } of await this.#due(nowMs, rowsMax)) {
      const limit = rowsMax - rows;
      if (limit <= 0) break;
      const removed = await this.#removeLog(seq, limit);
      rows += removed;
      // There may be more: nobody is to see a log of which a part is gone.
      if (removed === limit) await this.hide(seq, endMs ?? 0);
      else rows += await this.#remove(seq);
    }
    return rows;
  }

  /** Removes what was written about a task: logs, deliveries, events. @returns how many rows, at most as many as given */
  async #removeLog(seq: number, limit: number): Promise<number> {
    const { removeLogs, removeDeliveries, removeEvents } = this.#queries;
    let rows = 0;
    for (const query of [removeLogs, removeDeliveries, removeEvents])
      if (rows < limit) rows += (await query.execute({ seq, limit: limit - rows })).rowCount ?? 0;
    return rows;
  }

  async #remove(seq: number): Promise<number> {
    await this.#queries.removeNotification.execute({ seq });
    return (await this.#queries.remove.execute({ seq })).rowCount ?? 0;
  }

  async #due(nowMs: number, limit: number): Promise<readonly Due[]> {
    const beforeMs = nowMs - DELETED_KEPT_MS;
    const hidden = await this.#dues.hidden.execute({ beforeMs, limit });
    if (this.#retentionMs === 0 || hidden.length === limit) return hidden;
    const expired = await this.#dues.expired.execute({
      beforeMs: nowMs - this.#retentionMs,
      limit: limit - hidden.length,
    });
    return [...hidden, ...expired];
  }
}

function prepareQueries({ orm, prepared }: PostgresDatabase) {
  const seq = sql.placeholder("seq");
  const limit = sql.placeholder("limit");
  const newest = orm
    .select({ seq: events.seq })
    .from(events)
    .where(eq(events.taskSeq, seq))
    .orderBy(sql`sequence desc`)
    .limit(limit);
  const oldestLogs = orm
    .select({ seq: taskLogs.seq })
    .from(taskLogs)
    .where(eq(taskLogs.taskSeq, seq))
    .orderBy(asc(taskLogs.attempt))
    .limit(limit);
  const last = orm
    .select({ sequence: deliveries.sequence })
    .from(deliveries)
    .where(eq(deliveries.taskSeq, seq))
    .orderBy(sql`sequence desc`)
    .limit(limit);
  return prepared({
    hide: () =>
      orm
        .update(tasks)
        .set({ clientCode: NOBODY, endMs: sql.placeholder("endMs") })
        .where(eq(tasks.seq, seq))
        .prepare("hide_task"),
    removeNotification: () =>
      orm
        .delete(notifications)
        .where(eq(notifications.taskSeq, seq))
        .prepare("remove_notification"),
    removeDeliveries: () =>
      orm
        .delete(deliveries)
        .where(and(eq(deliveries.taskSeq, seq), inArray(deliveries.sequence, last)))
        .prepare("remove_deliveries"),
    removeEvents: () =>
      orm.delete(events).where(inArray(events.seq, newest)).prepare("remove_events"),
    removeLogs: () =>
      orm.delete(taskLogs).where(inArray(taskLogs.seq, oldestLogs)).prepare("remove_logs"),
    remove: () => orm.delete(tasks).where(eq(tasks.seq, seq)).prepare("remove_task"),
  });
}

/** The tasks whose time has come, of which no other node removes any. */
function prepareDue({ orm, prepared }: PostgresDatabase) {
  const beforeMs = sql.placeholder("beforeMs");
  const limit = sql.placeholder("limit");
  const isFinal = sql`status in ('SUCCESS', 'FAILED', 'CANCELLED')`;
  const due = { seq: tasks.seq, endMs: tasks.endMs };
  return prepared({
    hidden: () =>
      orm
        .select(due)
        .from(tasks)
        .where(and(eq(tasks.clientCode, NOBODY), isFinal, lte(tasks.endMs, beforeMs)))
        .limit(limit)
        .for("update", { skipLocked: true })
        .prepare("hidden_tasks"),
    expired: () =>
      orm
        .select(due)
        .from(tasks)
        .where(
          and(sql`end_ms is not null`, lte(tasks.endMs, beforeMs), ne(tasks.clientCode, NOBODY)),
        )
        .orderBy(asc(tasks.endMs))
        .limit(limit)
        .for("update", { skipLocked: true })
        .prepare("expired_tasks"),
  });
}
