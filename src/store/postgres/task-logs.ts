import { asc, eq, sql } from "drizzle-orm";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import { taskLogs } from "../../db/postgres/tables/tasks.ts";
import type { AttemptLog, Claim, LogText } from "../../task/task.ts";
import { LOGGED_ATTEMPTS_MAX } from "../task-logs.ts";

/**
 * Writes the log of an attempt that runs or has ended its task, in the place of what was kept of it. What it said last is written beside its end, and
 * may come after it.
 */
const SAVE = `with task as (select seq from tasks where id = $1::text and attempt = $2::integer and status <> 'PENDING'),
  changed as (update task_logs set lines = $3::json, decisions = $4::json
    where task_seq = (select seq from task) and attempt = $2::integer returning 1),
  added as (insert into task_logs (task_seq, attempt, lines, decisions)
    select seq, $2::integer, $3::json, $4::json from task where not exists (select from changed)
    on conflict (task_seq, attempt) do update set lines = excluded.lines, decisions = excluded.decisions returning 1),
  forgotten as (delete from task_logs where task_seq = (select seq from task) and exists (select from added)
    and attempt <= $2::integer - ${LOGGED_ATTEMPTS_MAX})
  select seq from task`;

/** What the runs of tasks said, one row an attempt. */
export class PostgresTaskLogs {
  readonly #database: PostgresDatabase;
  readonly #queries;

  constructor(database: PostgresDatabase) {
    const { orm, prepared } = database;
    this.#database = database;
    this.#queries = prepared({
      read: () =>
        orm
          .select({
            attempt: taskLogs.attempt,
            lines: taskLogs.lines,
            decisions: taskLogs.decisions,
          })
          .from(taskLogs)
          .where(eq(taskLogs.taskSeq, sql.placeholder("taskSeq")))
          .orderBy(asc(taskLogs.attempt))
          .prepare("task_logs_read"),
    });
  }

  /** Puts the log of a claim in the place of what was kept of it. @returns whether the task is still the claim's, or was ended by it */
  async save({ taskId, attempt }: Claim, { lines, decisions }: LogText): Promise<boolean> {
    const values = [taskId, attempt, JSON.stringify(lines), JSON.stringify(decisions)];
    const { rows } = await this.#database.alone(() =>
      this.#database.execute(SAVE, values, "task_logs_save"),
    );
    return rows.length > 0;
  }

  /** Those of a task, the oldest attempt first. Call it inside `read` or `write`. */
  of(taskSeq: number): Promise<readonly AttemptLog[]> {
    return this.#queries.read.execute({ taskSeq });
  }
}
