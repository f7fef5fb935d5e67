import { and, asc, eq, lte, sql } from "drizzle-orm";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import { taskLogs } from "../../db/postgres/tables/tasks.ts";
import type { AttemptLog, LogText } from "../../task/task.ts";
import { LOGGED_ATTEMPTS_MAX } from "../task-logs.ts";

/** What the runs of tasks said, one row an attempt. Call its methods inside `write` or `read`. */
export class PostgresTaskLogs {
  readonly #queries;

  constructor({ orm, prepared }: PostgresDatabase) {
    const taskSeq = sql.placeholder("taskSeq");
    const attempt = sql.placeholder("attempt");
    const [lines, decisions] = [sql.placeholder("lines"), sql.placeholder("decisions")];
    const ofAttempt = and(eq(taskLogs.taskSeq, taskSeq), eq(taskLogs.attempt, attempt));
    this.#queries = prepared({
      add: () =>
        orm
          .insert(taskLogs)
          .values({ taskSeq, attempt, lines, decisions })
          .prepare("task_logs_add"),
      change: () =>
        orm.update(taskLogs).set({ lines, decisions }).where(ofAttempt).prepare("task_logs_change"),
      forget: () =>
        orm
          .delete(taskLogs)
          .where(and(eq(taskLogs.taskSeq, taskSeq), lte(taskLogs.attempt, attempt)))
          .prepare("task_logs_forget"),
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
          .prepare("task_logs_read"),
    });
  }

  /** Puts the log of an attempt in the place of what was kept of it, while its task's row is held `for update`. */
  async save(taskSeq: number, attempt: number, { lines, decisions }: LogText): Promise<void> {
    const row = { taskSeq, attempt, lines, decisions };
    if (((await this.#queries.change.execute(row)).rowCount ?? 0) > 0) return;
    await this.#queries.add.execute(row);
    await this.#queries.forget.execute({ taskSeq, attempt: attempt - LOGGED_ATTEMPTS_MAX });
  }

  /** Those of a task, the oldest attempt first. */
  of(taskSeq: number): Promise<readonly AttemptLog[]> {
    return this.#queries.read.execute({ taskSeq });
  }
}
