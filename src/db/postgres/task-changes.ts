import { and, eq, sql } from "drizzle-orm";
import { leftTargets } from "../../task/leftovers.ts";
import { type ChangeListener, joined, stay, type Transition } from "../../task/move.ts";
import { isTold } from "../../task/notification.ts";
import type { TaskRow } from "../../task/row.ts";
import type { Claim, TaskEvent } from "../../task/task.ts";
import { appended, appending } from "./event-log.ts";
import { RELEASING, released } from "./holdings.ts";
import { notifyOf } from "./notices/notices.ts";
import type { PostgresDatabase } from "./postgres.ts";
import { tasks } from "./tables/tasks.ts";
import { listed, listOf, nameOf, type TaskColumn } from "./task-columns.ts";
import { type PostgresTaskRow, TASK_COLUMNS } from "./task-row.ts";
import { Together } from "./together.ts";

/** The condition that a claim (placeholders `taskId` and `attempt`) still holds its task: the fence of all that a worker writes. */
export const isHeld = and(
  eq(tasks.id, sql.placeholder("taskId")),
  eq(tasks.attempt, sql.placeholder("attempt")),
  sql`status = 'RUNNING'`,
);

/**
 * A condition that is always met, of a statement that is a transaction by itself: its commit waits for no disk. For what is written again soon, so that a
 * crash of the server, which may take the last moments of it back, does no harm.
 */
export const isLazy = sql`set_config('synchronous_commit', 'off', true) is not null`;

/** What of a row says where its entry is. */
export type ReadyRow = Pick<
  PostgresTaskRow,
  "id" | "clientCode" | "isLive" | "needs" | "priority" | "attempt" | "notBeforeMs"
>;

/** What says who works next: it has an entry for each task that is PENDING. */
export type Entries = {
  /** Adds the entries of tasks, in the transaction that makes their rows PENDING. Where one is left that a task does not need, claims drop it. */
  enqueueAll(rows: readonly ReadyRow[]): Promise<void>;
};

/** Who is told of changes of tasks. */
export type ChangeOptions = {
  readonly entries: Entries;
  /** Told of each change that is on disk. */
  readonly onChange?: ChangeListener;
};

/** Decides on the task that a claim holds; undefined if it has lost it. It changes nothing else, as it may be asked again. @throws {TaskError} */
type Decide = (row: PostgresTaskRow | undefined) => Transition<PostgresTaskRow>;

type HeldCall = { readonly claim: Claim; readonly decide: Decide };

/**
 * Loads and writes rows of tasks; `task/` decides what changes. Call every method but `ofClaim` inside `PostgresDatabase.write`, so that the
 * row is read, decided on and written with its events in one transaction, during which nobody else changes it.
 */
export class TaskChanges {
  readonly #database: PostgresDatabase;
  readonly #options: ChangeOptions;
  readonly #queries;
  readonly #ofClaims: Together<HeldCall, () => void>;

  constructor(database: PostgresDatabase, options: ChangeOptions) {
    this.#database = database;
    this.#options = options;
    this.#queries = prepareQueries(database);
    this.#ofClaims = new Together<HeldCall, () => void>({
      together: (calls) => this.#changeHeld(calls),
      alone: async (call) => {
        const [answer] = await this.#changeHeld([call]);
        return answer ?? (() => {});
      },
    });
  }

  /** Changes the task that a claim holds, in one transaction with what other workers' calls change at that moment. @throws what `decide` throws */
  async ofClaim(claim: Claim, decide: Decide): Promise<void> {
    const answer = await this.#ofClaims.run({ claim, decide });
    answer();
  }

  /** The task that a claim holds; undefined if it has lost it. Nobody else changes it before this transaction has ended. */
  async held(claim: Claim): Promise<PostgresTaskRow | undefined> {
    const [row] = await this.#heldBy([claim]);
    return row;
  }

  /** Writes a changed row, as `saveAll` does. @returns the new row */
  async save<Row extends PostgresTaskRow>(change: Transition<Row>): Promise<Row> {
    await this.saveAll([change]);
    return change.row;
  }

  /**
   * Writes changed rows with their events, releases what tasks that have ended held, and enqueues those that are to be worked on.
   *
   * @param transitions - of rows that were read `for update`, one of each
   */
  async saveAll(transitions: readonly Transition<PostgresTaskRow>[]): Promise<void> {
    const changes = transitions.filter(({ isChanged }) => isChanged);
    if (changes.length === 0) return;
    const rows = changes.map(({ row }) => row);
    await this.#write(changes);
    // No transition changes a pending task and leaves it pending.
    const pending = rows.filter(({ status }) => status === "PENDING");
    if (pending.length > 0) await this.#options.entries.enqueueAll(pending);
    for (const { row, events } of changes) this.tell(row, events);
  }

  /** Asks what a change asks, of no row. */
  async rehearse(): Promise<void> {
    await this.#heldBy([]);
    await this.#write([]);
  }

  /** Has all nodes and the listener told of a change, once it is on disk. */
  tell(row: TaskRow, events: readonly TaskEvent[]): void {
    notifyOf(this.#database, row, events);
    const { onChange } = this.#options;
    if (onChange) this.#database.afterCommit(() => onChange(row, events));
  }

  async #write(changes: readonly Transition<PostgresTaskRow>[]): Promise<void> {
    const rows = changes.map(({ row }) => row);
    await this.#queries.save.execute({
      ...listed(rows, SAVED),
      ...appended(changes.flatMap(({ events }) => events)),
      ...released(rows),
      ...told(changes),
      ...left(rows),
    });
  }

  async #heldBy(claims: readonly Claim[]): Promise<readonly PostgresTaskRow[]> {
    const taskIds = claims.map(({ taskId }) => taskId);
    const attempts = claims.map(({ attempt }) => attempt);
    return this.#queries.byClaims.execute({ taskIds, attempts });
  }

  /** @returns for each call what throws as its decision did */
  async #changeHeld(calls: readonly HeldCall[]): Promise<readonly (() => void)[]> {
    return this.#database.write(async () => {
      const rows = await this.#heldBy(calls.map(({ claim }) => claim));
      const changes = new Map(rows.map((row) => [row.id, stay(row)]));
      const answers = calls.map(({ claim, decide }) => {
        const before = changes.get(claim.taskId);
        try {
          const change = decide(before?.row);
          changes.set(claim.taskId, before ? joined(before, change) : change);
          return () => {};
        } catch (error) {
          return () => {
            throw error;
          };
        }
      });
      await this.saveAll([...changes.values()]);
      return answers;
    });
  }
}

/** What transitions change. */
const CHANGED = [
  "status",
  "startMs",
  "endMs",
  "notBeforeMs",
  "attempt",
  "failures",
  "cancelRequested",
  "workerId",
  "leaseUntilMs",
  "engine",
  "eventSequence",
  "failure",
  "progress",
  "attempts",
  "targets",
] as const satisfies readonly TaskColumn[];
const SAVED = ["seq", ...CHANGED] as const;

/** The receivers that are to be told of what happened to their tasks. */
function told(changes: readonly Transition<PostgresTaskRow>[]) {
  const all = changes.flatMap(({ row: { seq, notification }, events }) => {
    const first = notification && events.find(({ type }) => isTold(notification, type));
    return first ? [{ seq, timeMs: first.timeMs }] : [];
  });
  return { toldTasks: all.map(({ seq }) => seq), toldMs: all.map(({ timeMs }) => timeMs) };
}

/** The targets that tasks leave behind. */
function left(rows: readonly PostgresTaskRow[]) {
  const all = rows.flatMap((row) => leftTargets(row).map((target) => ({ ...target, row })));
  return {
    leftTasks: all.map(({ row }) => row.id),
    leftAttempts: all.map(({ row }) => row.attempt),
    leftUrls: all.map(({ url }) => url),
    leftKeys: all.map(({ key }) => key),
  };
}

function prepareQueries({ orm, prepared }: PostgresDatabase) {
  const set = CHANGED.map((column) => sql`${nameOf(column)} = changed.${nameOf(column)}`);
  const saved = sql`update tasks set ${sql.join(set, sql`, `)}
    from ${listOf(sql`changed`, SAVED)} where tasks.seq = changed.seq
    returning tasks.seq, tasks.id`;
  const leaving = sql`${sql.placeholder("leftTasks")}::text[]`;
  const leftKeys = sql`${sql.placeholder("leftKeys")}::text[]`;
  const parts = {
    saved,
    appended: appending(sql`saved`),
    released: RELEASING.targets,
    unused: RELEASING.profiles,
    // A receiver that is being told, or is away, is told of it after that. Its row is locked all the same: who settles it just now has not
    // seen these events, and may leave it as one that has nothing to tell.
    told: sql`update notifications
      set due_ms = case when hold is null then told.due_ms else notifications.due_ms end
      from unnest(${sql.placeholder("toldTasks")}::bigint[], ${sql.placeholder("toldMs")}::bigint[])
        as told (task_seq, due_ms)
      where notifications.task_seq = told.task_seq`,
    // A task that its client retries may end with the same again: one row is enough, that of the newest attempt.
    unleft: sql`delete from leftovers using unnest(${leaving}, ${leftKeys}) as target (task_id, key)
      where leftovers.task_id = target.task_id and leftovers.key = target.key`,
    left: sql`insert into leftovers (task_id, attempt, url, key, tries, not_before_ms)
      select task_id, attempt, url, key, 0, 0
      from unnest(${leaving}, ${sql.placeholder("leftAttempts")}::integer[],
        ${sql.placeholder("leftUrls")}::text[], ${leftKeys}) as target (task_id, attempt, url, key)`,
  };
  return prepared({
    byClaims: () =>
      orm
        .select(TASK_COLUMNS)
        .from(tasks)
        .innerJoin(
          sql`unnest(${sql.placeholder("taskIds")}::text[], ${sql.placeholder("attempts")}::integer[]) as claim (id, attempt)`,
          and(eq(tasks.id, sql`claim.id`), eq(tasks.attempt, sql`claim.attempt`)),
        )
        .where(sql`status = 'RUNNING'`)
        // In one order, so that no two wait for each other.
        .orderBy(tasks.seq)
        .for("update", { of: tasks })
        .prepare("held_tasks"),
    save: () => {
      const all = Object.entries(parts).map(([name, part]) => orm.$with(name, {}).as(part));
      return orm
        .with(...all)
        .select({ saved: sql`count(*)` })
        .from(sql`saved`)
        .prepare("save_tasks");
    },
  });
}
