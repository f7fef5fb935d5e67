import { and, desc, eq, gte, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { tasks } from "../db/schema.ts";
import { TASK_COLUMNS } from "../db/task-row.ts";
import { TASK_STATUSES } from "../task/status.ts";
import type { TaskStatus } from "../task/task.ts";
import { type Found, msOf, type Span, seenTask, type TaskFinder, TOP } from "./all-tasks.ts";
import type { SeenTask, TasksQuery } from "./overview.ts";

const FOUND = {
  seq: tasks.seq,
  id: tasks.id,
  clientCode: tasks.clientCode,
  status: tasks.status,
  profileName: tasks.profileName,
  failure: tasks.failure,
  metadata: tasks.metadata,
};

/**
 * Finds tasks of all clients in SQLite.
 *
 * No index is there for this that a create would have to write. Those that failed or were cancelled have one over all clients, and those
 * that run; those of one client have the one of its own list. Those that are pending are sorted each time, by an index that holds nothing
 * else. All others are found by their ids.
 */
export class SqliteTaskFinder implements TaskFinder {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(query: TasksQuery, span: Span): Promise<readonly Found[]> {
    return this.#database.read(() => {
      const sources = this.#sourcesOf(query, span);
      const found = sources.flatMap((source) => source());
      if (sources.length > 1) found.sort((a, b) => (a.id < b.id ? 1 : -1));
      return found.slice(0, span.most);
    });
  }

  #sourcesOf({ statuses, clientCode }: TasksQuery, span: Span): (() => Found[])[] {
    const states = statuses ?? TASK_STATUSES;
    if (clientCode !== undefined)
      return states.map((status) => () => this.#ofClient(clientCode, status, span));
    if (states.includes("SUCCESS")) return [() => this.#byId(span)];
    return states.map((status) => () => {
      if (status === "PENDING") return this.#pending(span);
      if (status === "RUNNING") return this.#running(span);
      return this.#byId(span, sql.raw(`status = '${status}'`));
    });
  }

  /** @param isMeant - literal text that a partial index has, too: a parameter would not do */
  #byId({ below, from, most }: Span, isMeant?: SQL): Found[] {
    return this.#database.orm
      .select(FOUND)
      .from(tasks)
      .where(and(isMeant, lt(tasks.id, below), gte(tasks.id, from)))
      .orderBy(desc(tasks.id))
      .limit(most)
      .all();
  }

  #ofClient(clientCode: string, status: TaskStatus, { below, from, most }: Span): Found[] {
    return this.#database.orm
      .select(FOUND)
      .from(tasks)
      .where(
        and(
          eq(tasks.clientCode, clientCode),
          eq(tasks.status, status),
          // For the index. An id may be ahead of its time, never behind.
          below === TOP ? undefined : sql`create_ms <= ${msOf(below)}`,
          lt(tasks.id, below),
          gte(tasks.id, from),
        ),
      )
      .orderBy(desc(tasks.createMs), desc(tasks.seq))
      .limit(most)
      .all();
  }

  /** Few at any time, so that they are all read and sorted: by their ids they would be looked for among all tasks. */
  #running({ below, from, most }: Span): Found[] {
    const running = sql`select seq from tasks indexed by tasks_leases where status = 'RUNNING'`;
    return (
      this.#database.orm
        .select(FOUND)
        .from(tasks)
        // The sign keeps SQLite from the index of ids.
        .where(sql`seq in (${running}) and +id < ${below} and +id >= ${from}`)
        .orderBy(sql`+id desc`)
        .limit(most)
        .all()
    );
  }

  #pending({ below, from, most }: Span): Found[] {
    const newest = sql`(select max(seq) from (select seq from tasks where id < ${below} order by id desc limit 1))`;
    const of = (table: SQL) =>
      sql`select * from (select seq from ${table} and seq <= ${newest} order by seq desc limit ${most})`;
    // Literal text, as above.
    const ready = of(
      sql`tasks indexed by tasks_ready where status = 'PENDING' and not_before_ms is null`,
    );
    const waiting = of(
      sql`tasks indexed by tasks_waiting where status = 'PENDING' and not_before_ms is not null`,
    );
    return this.#database.orm
      .select(FOUND)
      .from(tasks)
      .where(
        and(sql`seq in (${ready} union all ${waiting})`, lt(tasks.id, below), gte(tasks.id, from)),
      )
      .orderBy(desc(tasks.id))
      .limit(most)
      .all();
  }

  async read(seqs: readonly number[]): Promise<readonly SeenTask[]> {
    const rows = await this.#database.read(() =>
      this.#database.orm
        .select(TASK_COLUMNS)
        .from(tasks)
        .where(inArray(tasks.seq, [...seqs]))
        .orderBy(desc(tasks.id))
        .all(),
    );
    return rows.map(seenTask);
  }
}
