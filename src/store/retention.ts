import { and, asc, eq, inArray, lte, ne, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { NOBODY } from "../db/rows/deleted.ts";
import { deliveries, events, notifications, taskLogs, tasks } from "../db/schema.ts";

/** How long the row of a deleted task stays, so that upkeep sees that it has ended and removes the files it left. */
export const DELETED_KEPT_MS = 300_000;

/** How tasks leave the store. Call its methods inside `Database.write`. */
export class Retention {
  readonly #retentionMs: number;
  readonly #queries;

  /** @param retentionMs - how long tasks are kept after they have ended; 0 is for ever */
  constructor({ orm, prepared }: Database, retentionMs: number) {
    this.#retentionMs = retentionMs;
    const seq = sql.placeholder("seq");
    const beforeMs = sql.placeholder("beforeMs");
    const limit = sql.placeholder("limit");
    const isFinal = sql`status in ('SUCCESS', 'FAILED', 'CANCELLED')`;
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
    this.#queries = prepared({
      hide: () =>
        orm
          .update(tasks)
          .set({ clientCode: NOBODY, endMs: sql.placeholder("endMs") })
          .where(eq(tasks.seq, seq))
          .prepare(),
      hidden: () =>
        orm
          .select({ seq: tasks.seq, endMs: tasks.endMs })
          .from(tasks)
          .where(and(eq(tasks.clientCode, NOBODY), isFinal, lte(tasks.endMs, beforeMs)))
          .limit(limit)
          .prepare(),
      expired: () =>
        orm
          .select({ seq: tasks.seq, endMs: tasks.endMs })
          .from(tasks)
          .where(
            and(sql`end_ms is not null`, lte(tasks.endMs, beforeMs), ne(tasks.clientCode, NOBODY)),
          )
          .orderBy(asc(tasks.endMs))
          .limit(limit)
          .prepare(),
      removeNotification: () =>
        orm.delete(notifications).where(eq(notifications.taskSeq, seq)).prepare(),
      removeDeliveries: () =>
        orm
          .delete(deliveries)
          .where(and(eq(deliveries.taskSeq, seq), inArray(deliveries.sequence, last)))
          .prepare(),
      removeEvents: () => orm.delete(events).where(inArray(events.seq, newest)).prepare(),
      removeLogs: () => orm.delete(taskLogs).where(inArray(taskLogs.seq, oldestLogs)).prepare(),
      remove: () => orm.delete(tasks).where(eq(tasks.seq, seq)).prepare(),
    });
  }

  /** Hides a task that has ended from everybody, and nobody is told of it any more; `purge` removes its rows. */
  hide(seq: number, nowMs: number): void {
    this.#queries.removeNotification.run({ seq });
    this.#queries.hide.run({ seq, endMs: nowMs });
  }

  /** Removes some of the rows of tasks whose time has come, events and logs included. @returns how many */
  purge(nowMs: number, rowsMax: number): number {
    let rows = 0;
    for (const { seq, endMs } of this.#due(nowMs, rowsMax)) {
      const limit = rowsMax - rows;
      if (limit <= 0) break;
      const removed = this.#removeLog(seq, limit);
      rows += removed;
      // There may be more: nobody is to see a log of which a part is gone.
      if (removed === limit) this.hide(seq, endMs ?? 0);
      else rows += this.#remove(seq);
    }
    return rows;
  }

  /** Removes what was written about a task: logs, deliveries, events. @returns how many rows, at most as many as given */
  #removeLog(seq: number, limit: number): number {
    const { removeLogs, removeDeliveries, removeEvents } = this.#queries;
    let rows = 0;
    for (const query of [removeLogs, removeDeliveries, removeEvents])
      if (rows < limit) rows += Number(query.run({ seq, limit: limit - rows }).changes);
    return rows;
  }

  #remove(seq: number): number {
    this.#queries.removeNotification.run({ seq });
    return Number(this.#queries.remove.run({ seq }).changes);
  }

  #due(nowMs: number, limit: number): readonly { readonly seq: number; endMs: number | null }[] {
    const hidden = this.#queries.hidden.all({ beforeMs: nowMs - DELETED_KEPT_MS, limit });
    if (this.#retentionMs === 0 || hidden.length === limit) return hidden;
    const beforeMs = nowMs - this.#retentionMs;
    return [...hidden, ...this.#queries.expired.all({ beforeMs, limit: limit - hidden.length })];
  }
}
