import { and, eq, sql } from "drizzle-orm";
import { leftTargets } from "../../task/leftovers.ts";
import type { ChangeListener, Transition } from "../../task/move.ts";
import { isTold } from "../../task/notification.ts";
import type { TaskRow } from "../../task/row.ts";
import type { Claim, TaskEvent } from "../../task/task.ts";
import { appended, appending } from "./event-log.ts";
import { RELEASING, released } from "./holdings.ts";
import { notifyOf } from "./notices/notices.ts";
import type { PostgresDatabase } from "./postgres.ts";
import { tasks } from "./tables/tasks.ts";
import { type PostgresTaskRow, TASK_COLUMNS } from "./task-row.ts";

/** The condition that a claim (placeholders `taskId` and `attempt`) still holds its task: the fence of all that a worker writes. */
export const isHeld = and(
  eq(tasks.id, sql.placeholder("taskId")),
  eq(tasks.attempt, sql.placeholder("attempt")),
  sql`status = 'RUNNING'`,
);

/** What says who works next: it has an entry for each task that is PENDING. */
export type Entries = {
  /** Adds the entry of a task, in the transaction that makes its row PENDING. Where one is left that the task does not need, claims drop it. */
  enqueue(row: PostgresTaskRow): Promise<void>;
};

/** Who is told of changes of tasks. */
export type ChangeOptions = {
  readonly entries: Entries;
  /** Told of each change that is on disk. */
  readonly onChange?: ChangeListener;
};

/**
 * Loads and writes rows of tasks; `task/` decides what changes. Call every method inside `PostgresDatabase.write`, so that the row is
 * read, decided on and written with its events in one transaction, during which nobody else changes it.
 */
export class TaskChanges {
  readonly #database: PostgresDatabase;
  readonly #options: ChangeOptions;
  readonly #queries;

  constructor(database: PostgresDatabase, options: ChangeOptions) {
    this.#database = database;
    this.#options = options;
    this.#queries = prepareQueries(database);
  }

  /** The task that a claim holds; undefined if it has lost it. Nobody else changes it before this transaction has ended. */
  async held(claim: Claim): Promise<PostgresTaskRow | undefined> {
    const [row] = await this.#queries.byClaim.execute(claim);
    return row;
  }

  /**
   * Writes a changed row with its events, releases what a task that has ended held, and enqueues one that is to be worked on.
   *
   * @param transition - of a row that was read `for update`
   * @returns the new row
   */
  async save<Row extends PostgresTaskRow>({
    row,
    isChanged,
    events,
  }: Transition<Row>): Promise<Row> {
    if (!isChanged) return row;
    const { notification } = row;
    const told = notification && events.find(({ type }) => isTold(notification, type));
    const left = leftTargets(row);
    await this.#queries.save.execute({
      ...row,
      ...appended(events),
      ...released(row),
      toldMs: told?.timeMs ?? null,
      leftUrls: left.map(({ url }) => url),
      leftKeys: left.map(({ key }) => key),
    });
    // No transition changes a pending task and leaves it pending.
    if (row.status === "PENDING") await this.#options.entries.enqueue(row);
    this.tell(row, events);
    return row;
  }

  /** Has all nodes and the listener told of a change, once it is on disk. */
  tell(row: TaskRow, events: readonly TaskEvent[]): void {
    notifyOf(this.#database, row, events);
    const { onChange } = this.#options;
    if (onChange) this.#database.afterCommit(() => onChange(row, events));
  }
}

function prepareQueries({ orm, prepared }: PostgresDatabase) {
  const toldMs = sql.placeholder("toldMs");
  const changed = () =>
    orm.$with("changed").as(
      orm
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
        .returning({ seq: tasks.seq }),
    );
  const parts = {
    appended: appending(sql`changed`),
    released: RELEASING.targets,
    unused: RELEASING.profiles,
    // A receiver that is being told, or is away, is told of it after that. Its row is locked all the same: who settles it just now has not
    // seen these events, and may leave it as one that has nothing to tell.
    told: sql`update notifications
      set due_ms = case when hold is null then ${toldMs}::bigint else due_ms end
      where task_seq = ${sql.placeholder("seq")} and ${toldMs}::bigint is not null`,
    // A task that its client retries may end with the same again: one row is enough, that of the newest attempt.
    unleft: sql`delete from leftovers where task_id = ${sql.placeholder("id")}
      and key = any(${sql.placeholder("leftKeys")}::text[])`,
    left: sql`insert into leftovers (task_id, attempt, url, key, tries, not_before_ms)
      select ${sql.placeholder("id")}::text, ${sql.placeholder("attempt")}::integer, url, key, 0, 0
      from unnest(${sql.placeholder("leftUrls")}::text[], ${sql.placeholder("leftKeys")}::text[])
      as target (url, key)`,
  };
  return prepared({
    byClaim: () =>
      orm.select(TASK_COLUMNS).from(tasks).where(isHeld).for("update").prepare("held_task"),
    save: () => {
      const task = changed();
      const others = Object.entries(parts).map(([name, part]) => orm.$with(name, {}).as(part));
      return orm
        .with(task, ...others)
        .select({ seq: task.seq })
        .from(task)
        .prepare("save_task");
    },
  });
}
