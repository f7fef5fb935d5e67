import { and, eq, sql } from "drizzle-orm";
import { leftTargets } from "../task/leftovers.ts";
import type { ChangeListener, Transition } from "../task/move.ts";
import { isTold } from "../task/notification.ts";
import type { TaskRow } from "../task/row.ts";
import { isFinal } from "../task/status.ts";
import type { Claim, TaskEvent } from "../task/task.ts";
import type { Database } from "./database.ts";
import { EventLog } from "./event-log.ts";
import { Holdings } from "./holdings.ts";
import { leftovers, notifications, tasks } from "./schema.ts";
import { type SqliteTaskRow, TASK_COLUMNS } from "./task-row.ts";

/** The condition that a claim (placeholders `taskId` and `attempt`) still holds its task: the fence of all that a worker writes. */
export const isHeld = and(
  eq(tasks.id, sql.placeholder("taskId")),
  eq(tasks.attempt, sql.placeholder("attempt")),
  sql`status = 'RUNNING'`,
);

/**
 * Loads and writes rows of tasks; `task/` decides what changes. Call every method inside `Database.write`, so that the row is
 * read, decided on and written with its events in one transaction, during which no other process writes.
 */
export class TaskChanges {
  readonly #log: EventLog;
  readonly #holdings: Holdings;
  readonly #queries;
  readonly #database: Database;
  readonly #onChange: ChangeListener | undefined;

  /** @param onChange - told of each change that is on disk */
  constructor(database: Database, onChange?: ChangeListener) {
    this.#database = database;
    this.#onChange = onChange;
    this.#log = new EventLog(database);
    this.#holdings = new Holdings(database);
    this.#queries = database.prepared({
      byClaim: () => database.orm.select(TASK_COLUMNS).from(tasks).where(isHeld).prepare(),
      update: () =>
        database.orm
          .update(tasks)
          .set({
            status: sql.placeholder("status"),
            startMs: sql.placeholder("startMs"),
            endMs: sql.placeholder("endMs"),
            notBeforeMs: sql.placeholder("notBeforeMs"),
            attempt: sql.placeholder("attempt"),
            failures: sql.placeholder("failures"),
            cancelRequested: sql.placeholder("cancelRequested"),
            workerId: sql.placeholder("workerId"),
            leaseUntilMs: sql.placeholder("leaseUntilMs"),
            engine: sql.placeholder("engine"),
            eventSequence: sql.placeholder("eventSequence"),
            failure: sql.placeholder("failure"),
            progress: sql.placeholder("progress"),
            attempts: sql.placeholder("attempts"),
            targets: sql.placeholder("targets"),
          })
          .where(eq(tasks.seq, sql.placeholder("seq")))
          .prepare(),
      // A receiver that is being told, or is away, is told of it after that.
      notify: () =>
        database.orm
          .update(notifications)
          .set({ dueMs: sql.placeholder("dueMs") })
          .where(and(eq(notifications.taskSeq, sql.placeholder("taskSeq")), sql`hold is null`))
          .prepare(),
      // A task that its client retries may end with the same again: one row is enough, that of the newest attempt.
      unleave: () =>
        database.orm
          .delete(leftovers)
          .where(
            and(
              eq(leftovers.taskId, sql.placeholder("taskId")),
              eq(leftovers.key, sql.placeholder("key")),
            ),
          )
          .prepare(),
      leave: () =>
        database.orm
          .insert(leftovers)
          .values({
            taskId: sql.placeholder("taskId"),
            attempt: sql.placeholder("attempt"),
            url: sql.placeholder("url"),
            key: sql.placeholder("key"),
            tries: 0,
            notBeforeMs: 0,
          })
          .prepare(),
    });
  }

  /** The task that a claim holds; undefined if it has lost it. */
  held(claim: Claim): SqliteTaskRow | undefined {
    return this.#queries.byClaim.get(claim);
  }

  /** Writes a changed row with its events, and releases what a task that has ended held. @returns the new row */
  save<Row extends SqliteTaskRow>({ row, isChanged, events }: Transition<Row>): Row {
    if (!isChanged) return row;
    this.#queries.update.run(row);
    for (const event of events) this.#log.append(row.seq, event);
    const { notification } = row;
    const told = notification && events.find(({ type }) => isTold(notification, type));
    if (told) this.#queries.notify.run({ taskSeq: row.seq, dueMs: told.timeMs });
    if (isFinal(row.status)) this.#holdings.release(row);
    for (const { url, key } of leftTargets(row)) {
      const { id: taskId, attempt } = row;
      this.#queries.unleave.run({ taskId, key });
      this.#queries.leave.run({ taskId, attempt, url, key });
    }
    this.tell(row, events);
    return row;
  }

  /** Has the listener told of a change, once it is on disk. */
  tell(row: TaskRow, events: readonly TaskEvent[]): void {
    const onChange = this.#onChange;
    if (onChange) this.#database.afterCommit(() => onChange(row, events));
  }
}
