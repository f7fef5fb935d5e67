import { and, asc, eq, lte, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { taskLogs } from "../db/schema.ts";
import type { AttemptLog, LogText } from "../task/task.ts";

/** A task that is tried for days keeps the logs of its newest attempts alone. */
export const LOGGED_ATTEMPTS_MAX = 20;

/** What the runs of tasks said, one row an attempt. Call its methods inside `Database.write` or `Database.read`. */
export class TaskLogs {
  readonly #queries;

  constructor({ orm, prepared }: Database) {
    const taskSeq = sql.placeholder("taskSeq");
    const attempt = sql.placeholder("attempt");
    const [lines, decisions] = [sql.placeholder("lines"), sql.placeholder("decisions")];
    const ofAttempt = and(eq(taskLogs.taskSeq, taskSeq), eq(taskLogs.attempt, attempt));
    this.#queries = prepared({
      add: () => orm.insert(taskLogs).values({ taskSeq, attempt, lines, decisions }).prepare(),
      change: () => orm.update(taskLogs).set({ lines, decisions }).where(ofAttempt).prepare(),
      forget: () =>
        orm
          .delete(taskLogs)
          .where(and(eq(taskLogs.taskSeq, taskSeq), lte(taskLogs.attempt, attempt)))
          .prepare(),
      read: () =>
        orm
          .select({
            attempt: taskLogs.attempt,
            lines: taskLogs.lines,
            decisions: taskLogs.decisions,
          })
          .from(taskLogs)
          .where(eq(taskLogs.taskSeq, taskSeq))
          .orderBy(asc(taskLogs.attempt))
          .prepare(),
    });
  }

  /** Puts the log of an attempt in the place of what was kept of it. */
  save(taskSeq: number, attempt: number, { lines, decisions }: LogText): void {
    const row = { taskSeq, attempt, lines, decisions };
    if (Number(this.#queries.change.run(row).changes) > 0) return;
    this.#queries.add.run(row);
    this.#queries.forget.run({ taskSeq, attempt: attempt - LOGGED_ATTEMPTS_MAX });
  }

  /** Those of a task, the oldest attempt first. */
  of(taskSeq: number): readonly AttemptLog[] {
    return this.#queries.read.all({ taskSeq });
  }
}
