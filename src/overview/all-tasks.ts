import { and, desc, eq, gte, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { NOBODY } from "../db/rows/deleted.ts";
import { tasks } from "../db/schema.ts";
import { type SqliteTaskRow, TASK_COLUMNS } from "../db/task-row.ts";
import { TaskError } from "../task/errors.ts";
import { taskOf } from "../task/row.ts";
import { TASK_STATUSES } from "../task/status.ts";
import type { TaskStatus } from "../task/task.ts";
import type { SeenTask, TasksPage, TasksQuery } from "./overview.ts";

/** How many tasks are looked at together, during which nothing else is answered: about a millisecond. */
const BATCH = 500;
/** How many one page looks at: with filters that hardly any task meets, it may end before it is full. */
const LOOKED_MAX = 10_000;

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Above every id. */
const TOP = "g";

/** The least id of a millisecond: ids begin with their time. */
function idAt(ms: number): string {
  const time = Math.min(Math.max(0, Math.ceil(ms)), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}`;
}

/** The time that an id begins with. */
const msOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

const FOUND = {
  seq: tasks.seq,
  id: tasks.id,
  clientCode: tasks.clientCode,
  status: tasks.status,
  profileName: tasks.profileName,
  failure: tasks.failure,
  metadata: tasks.metadata,
};

type Found = Pick<typeof tasks.$inferSelect, keyof typeof FOUND>;

/** Below this id and from that one on, so many at most. */
type Span = { readonly below: string; readonly from: string; readonly most: number };

/**
 * Pages of the tasks of all clients, newest first. Their order is that of their ids, which begin with the time of their creation.
 *
 * No index is there for this that a create would have to write. Those that failed or were cancelled have one over all clients, and those
 * that run; those of one client have the one of its own list. Those that are pending are sorted each time, by an index that holds nothing
 * else. All others are found by their ids. What is found is held against the filters, a bounded number of tasks a page.
 */
export class AllTasks {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @throws {TaskError} `invalid_parameter` if the cursor is none */
  async page(query: TasksQuery): Promise<TasksPage> {
    const { limit, createdAfterMs, createdBeforeMs } = query;
    const from = createdAfterMs === undefined ? "" : idAt(createdAfterMs + 1);
    let below = createdBeforeMs === undefined ? TOP : idAt(createdBeforeMs);
    const cursor = query.cursor === undefined ? TOP : idOf(query.cursor);
    if (cursor < below) below = cursor;
    const wanted: Found[] = [];
    let looked = 0;
    let isMore = true;
    while (isMore && wanted.length <= limit && looked < LOOKED_MAX) {
      // Where most of what is looked at is wanted, few are enough.
      const most = looked === 0 ? limit + 1 : BATCH;
      const span = { below, from, most };
      const batch = await this.#database.read(() => this.#find(query, span));
      isMore = batch.length === most;
      looked += batch.length;
      below = batch.at(-1)?.id ?? below;
      wanted.push(...batch.filter((found) => isWanted(found, query)));
      // Others are answered in between.
      if (isMore) await new Promise((resolve) => setImmediate(resolve));
    }
    const shown = wanted.slice(0, limit);
    // A page that is full ends with its last task, one that looked at enough where it stopped.
    const last = wanted.length > limit ? shown.at(-1)?.id : isMore ? below : undefined;
    return { tasks: await this.#read(shown), ...(last && { nextCursor: last }) };
  }

  /** The newest of those that may be wanted, of all its sources together. */
  #find(query: TasksQuery, span: Span): readonly Found[] {
    const sources = this.#sourcesOf(query, span);
    const found = sources.flatMap((source) => source());
    if (sources.length > 1) found.sort((a, b) => (a.id < b.id ? 1 : -1));
    return found.slice(0, span.most);
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

  async #read(found: readonly Found[]): Promise<TasksPage["tasks"]> {
    if (found.length === 0) return [];
    const seqs = found.map(({ seq }) => seq);
    const rows = await this.#database.read(() =>
      this.#database.orm
        .select(TASK_COLUMNS)
        .from(tasks)
        .where(inArray(tasks.seq, seqs))
        .orderBy(desc(tasks.id))
        .all(),
    );
    return rows.map(seenTask);
  }
}

/** The task of a row, with who runs it. */
export const seenTask = (row: SqliteTaskRow): SeenTask => ({
  task: taskOf(row),
  ...(row.workerId !== null && { workerId: row.workerId }),
});

function idOf(cursor: string): string {
  if (ID.test(cursor)) return cursor;
  const message = `Cannot list tasks: the cursor "${cursor}" is not one`;
  throw new TaskError("invalid_parameter", message, { fields: [{ path: "cursor", message }] });
}

function isWanted(
  { clientCode, status, profileName, failure, metadata }: Found,
  query: TasksQuery,
): boolean {
  const { statuses, codes } = query;
  return (
    clientCode !== NOBODY &&
    (statuses === undefined || statuses.includes(status)) &&
    (codes === undefined || (failure !== null && codes.includes(failure.code))) &&
    (query.profileName ?? profileName) === profileName &&
    Object.entries(query.metadata ?? {}).every(([key, value]) => metadata?.[key] === value)
  );
}
