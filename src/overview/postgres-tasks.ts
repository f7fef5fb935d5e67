import { and, desc, eq, gte, inArray, lt, sql } from "drizzle-orm";
import type { PostgresDatabase } from "../db/postgres/postgres.ts";
import { tasks } from "../db/postgres/tables/tasks.ts";
import { TASK_COLUMNS } from "../db/postgres/task-row.ts";
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

/** The codes of all clients with tasks, as `codes`: one step along an index for each. The last one is null. */
export const CODES = sql`recursive codes (client_code) as (
  select min(client_code) from tasks where client_code > ''
  union all
  select (select min(client_code) from tasks where tasks.client_code > codes.client_code)
    from codes where client_code is not null)`;

/**
 * Finds tasks of all clients in PostgreSQL.
 *
 * No index is there for this that a create would have to write. Those that failed or were cancelled have one over all clients, and those
 * that run; those of one client have the one of its own list, and those that are pending are the newest of each client's. All others are
 * found by their ids. The statements are planned each time: what is best depends on how many are asked for.
 */
export class PostgresTaskFinder implements TaskFinder {
  readonly #database: PostgresDatabase;

  constructor(database: PostgresDatabase) {
    this.#database = database;
  }

  async find(query: TasksQuery, span: Span): Promise<readonly Found[]> {
    return this.#database.read(async () => {
      const found: Found[] = [];
      for (const source of this.#sourcesOf(query, span)) found.push(...(await source()));
      return found.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, span.most);
    });
  }

  #sourcesOf({ statuses, clientCode }: TasksQuery, span: Span): (() => Promise<Found[]>)[] {
    const states = statuses ?? TASK_STATUSES;
    if (clientCode !== undefined)
      return states.map((status) => () => this.#ofClient(clientCode, status, span));
    if (states.includes("SUCCESS")) return [() => this.#byId(span)];
    return states.map((status) => () => {
      if (status === "PENDING") return this.#pending(span);
      if (status === "RUNNING") return this.#running(span);
      return this.#unsuccessful(status, span);
    });
  }

  async #byId(span: Span): Promise<Found[]> {
    return this.#database.orm
      .select(FOUND)
      .from(tasks)
      .where(isInside(span))
      .orderBy(desc(tasks.id))
      .limit(span.most);
  }

  /**
   * Those that failed, or were cancelled: state and id are held against the span together, as literal text of the index that has both. Where the state alone is asked for,
   * PostgreSQL goes along the ids of all tasks, as if those of each state lay among them evenly: past all that wait, first.
   */
  async #unsuccessful(status: TaskStatus, { below, from, most }: Span): Promise<Found[]> {
    const state = sql.raw(`'${status}'`);
    return this.#database.orm
      .select(FOUND)
      .from(tasks)
      .where(
        sql`(status = 'FAILED' or status = 'CANCELLED')
          and (status, id) < (${state}, ${below}::text) and (status, id) >= (${state}, ${from}::text)`,
      )
      .orderBy(desc(tasks.status), desc(tasks.id))
      .limit(most);
  }

  async #ofClient(clientCode: string, status: TaskStatus, span: Span): Promise<Found[]> {
    return this.#database.orm
      .select(FOUND)
      .from(tasks)
      .where(and(eq(tasks.clientCode, clientCode), eq(tasks.status, status), isCreatedInside(span)))
      .orderBy(desc(tasks.createMs), desc(tasks.id))
      .limit(span.most);
  }

  /** Few at any time, so that they are all looked at: by their ids they would be looked for among all tasks. */
  async #running(span: Span): Promise<Found[]> {
    const seqs = sql`(with running as materialized (
        select seq, id from tasks where status = 'RUNNING')
      select seq from running where id < ${span.below} and id >= ${span.from}
      order by id desc limit ${span.most}::integer)`;
    return this.#database.orm.select(FOUND).from(tasks).where(inArray(tasks.seq, seqs));
  }

  async #pending(span: Span): Promise<Found[]> {
    const seqs = sql`(with ${CODES}
      select newest.seq from codes cross join lateral (
        select seq, id from tasks
        where tasks.client_code = codes.client_code and status = 'PENDING' and ${isCreatedInside(span)}
        order by create_ms desc, id desc limit ${span.most}::integer) as newest
      order by newest.id desc limit ${span.most}::integer)`;
    return this.#database.orm.select(FOUND).from(tasks).where(inArray(tasks.seq, seqs));
  }

  async read(seqs: readonly number[]): Promise<readonly SeenTask[]> {
    const rows = await this.#database.read(async () =>
      this.#database.orm
        .select(TASK_COLUMNS)
        .from(tasks)
        .where(inArray(tasks.seq, [...seqs]))
        .orderBy(desc(tasks.id)),
    );
    return rows.map(seenTask);
  }
}

const isInside = ({ below, from }: Span) => and(lt(tasks.id, below), gte(tasks.id, from));

/** For the indexes of lists, which have the time first. An id may be ahead of its time, never behind. */
const isCreatedInside = (span: Span) =>
  and(
    span.below === TOP ? undefined : sql`create_ms <= ${msOf(span.below)}::bigint`,
    isInside(span),
  );
