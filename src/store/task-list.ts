import { and, desc, eq, gt, inArray, type SQL, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { tasks } from "../db/schema.ts";
import { TASK_COLUMNS } from "../db/task-row.ts";
import { TaskError } from "../task/errors.ts";
import { taskOf } from "../task/row.ts";
import { TASK_STATUSES } from "../task/status.ts";
import type { TaskPage, TaskQuery } from "../task/task.ts";

/** A page begins below this place. */
type Place = { readonly createMs: number; readonly seq: number };

/** Above every task. */
const TOP: Place = { createMs: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER };

/** When a page's last task was created, and its id: that finds the place even where the task was deleted. Older cursors are an id alone. */
export const CURSOR = /^(?:([0-9a-z]{1,9})\.)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** The cursor that names a page's last task. */
export const cursorOf = ({
  createMs,
  id,
}: {
  readonly createMs: number;
  readonly id: string;
}): string => `${createMs.toString(36)}.${id}`;

/**
 * Pages of a client's tasks, newest first. A cursor names a page's last task, so the next page begins below it even if tasks
 * were created or deleted meanwhile.
 *
 * A page costs the same however many tasks there are: an index gives the newest of each state without reading others,
 * the newest of all states make the page, and only its rows are fetched.
 */
export class TaskList {
  readonly #pages;
  readonly #queries;

  constructor(database: Database) {
    const profileName = sql`profile_name = ${sql.placeholder("profileName")}`;
    this.#pages = {
      anyProfile: preparePages(database),
      ofProfile: preparePages(database, profileName),
    };
    this.#queries = database.prepared({
      place: () =>
        database.orm
          .select({ createMs: tasks.createMs, seq: tasks.seq })
          .from(tasks)
          .where(and(eq(tasks.id, sql.placeholder("id")), isClient))
          .prepare(),
      newer: () =>
        database.orm
          .select({ seq: sql<number | null>`min(seq)` })
          .from(tasks)
          .where(
            and(
              isClient,
              inArray(tasks.status, [...TASK_STATUSES]),
              eq(tasks.createMs, sql.placeholder("createMs")),
              gt(tasks.id, sql.placeholder("id")),
            ),
          )
          .prepare(),
    });
  }

  /** @throws {TaskError} `invalid_parameter` if the cursor is not one of this client's */
  page(clientCode: string, query: TaskQuery): TaskPage {
    const { status, profileName, limit } = query;
    const place = query.cursor === undefined ? TOP : this.#placeOf(clientCode, query.cursor);
    const pages = this.#pages[profileName === undefined ? "anyProfile" : "ofProfile"];
    const rows = pages[status === undefined ? "anyStatus" : "ofStatus"].all({
      clientCode,
      status,
      profileName,
      createdAfterMs: query.createdAfterMs ?? -1,
      ...place,
      // One more than requested shows whether there is a next page.
      limit: limit + 1,
    });
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return { tasks: rows.slice(0, limit).map(taskOf), ...(last && { nextCursor: cursorOf(last) }) };
  }

  #placeOf(clientCode: string, cursor: string): Place {
    const [, created, id] = CURSOR.exec(cursor) ?? [];
    const place = id === undefined ? undefined : this.#queries.place.get({ id, clientCode });
    if (place) return place;
    if (id !== undefined && created !== undefined) {
      const createMs = Number.parseInt(created, 36);
      // The task is gone. Of those of its millisecond, the ones that were listed before it have greater ids.
      const newer = this.#queries.newer.get({ clientCode, createMs, id })?.seq;
      return { createMs, seq: newer ?? TOP.seq };
    }
    throw noCursor(cursor);
  }
}

const isClient = sql`client_code = ${sql.placeholder("clientCode")}`;

function preparePages({ orm, prepared }: Database, ...filters: readonly SQL[]) {
  const isInside = sql`create_ms > ${sql.placeholder("createdAfterMs")}
    and (create_ms, seq) < (${sql.placeholder("createMs")}, ${sql.placeholder("seq")})`;
  const isNewest = sql`order by create_ms desc, seq desc limit ${sql.placeholder("limit")}`;
  const newestOf = (status: unknown) => sql`select * from (select seq, create_ms from tasks
    where ${and(isClient, ...filters, sql`status = ${status}`, isInside)} ${isNewest})`;
  const page = (statuses: readonly unknown[]) => {
    const found = sql.join(statuses.map(newestOf), sql` union all `);
    return orm
      .select(TASK_COLUMNS)
      .from(tasks)
      .where(inArray(tasks.seq, sql`(select seq from (${found}) ${isNewest})`))
      .orderBy(desc(tasks.createMs), desc(tasks.seq))
      .prepare();
  };
  return prepared({
    anyStatus: () => page(TASK_STATUSES),
    ofStatus: () => page([sql.placeholder("status")]),
  });
}

/** The error about a text that is no cursor of the client's. */
export function noCursor(cursor: string): TaskError {
  const message = `Cannot list tasks: the cursor "${cursor}" is not one`;
  return new TaskError("invalid_parameter", message, { fields: [{ path: "cursor", message }] });
}
