import { and, desc, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { tasks } from "../db/schema.ts";
import { TASK_COLUMNS, taskOf } from "../db/task-row.ts";
import { TaskError } from "../task/errors.ts";
import type { TaskPage, TaskQuery } from "./store.ts";

/** Where a page begins: below this place. */
type Place = { readonly createMs: number; readonly seq: number };

/** Above every task. */
const TOP: Place = { createMs: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER };

/**
 * Pages of a client's tasks, newest first. A cursor is the id of a page's last task, so the next page begins below it
 * however many tasks came meanwhile; each way to filter has its own index.
 *
 * A page is found in its index alone and its rows are fetched then. Otherwise SQLite would walk `tasks_by_client` for all
 * filters and step over every task that they reject.
 */
export class TaskList {
  readonly #place;
  readonly #pages;

  constructor({ orm }: Database) {
    const isClient = sql`client_code = ${sql.placeholder("clientCode")}`;
    const isStatus = sql`status = ${sql.placeholder("status")}`;
    const isProfile = sql`profile_name = ${sql.placeholder("profileName")}`;
    const isInside = sql`create_ms > ${sql.placeholder("createdAfterMs")}
      and (create_ms, seq) < (${sql.placeholder("createMs")}, ${sql.placeholder("seq")})`;
    const page = (...filters: readonly SQL[]) => {
      const seqs = sql`(select seq from tasks
        where ${and(isClient, ...filters, isInside)}
        order by create_ms desc, seq desc limit ${sql.placeholder("limit")})`;
      return orm
        .select(TASK_COLUMNS)
        .from(tasks)
        .where(inArray(tasks.seq, seqs))
        .orderBy(desc(tasks.createMs), desc(tasks.seq))
        .prepare();
    };
    this.#pages = {
      anyProfile: { anyStatus: page(), ofStatus: page(isStatus) },
      ofProfile: { anyStatus: page(isProfile), ofStatus: page(isProfile, isStatus) },
    };
    this.#place = orm
      .select({ createMs: tasks.createMs, seq: tasks.seq })
      .from(tasks)
      .where(and(eq(tasks.id, sql.placeholder("id")), isClient))
      .prepare();
  }

  /** @throws {TaskError} `invalid_parameter` for a cursor that is not one of this client's */
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
      // One more than asked for tells whether there is a next page.
      limit: limit + 1,
    });
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return { tasks: rows.slice(0, limit).map(taskOf), ...(last && { nextCursor: last.id }) };
  }

  #placeOf(clientCode: string, cursor: string): Place {
    const place = this.#place.get({ id: cursor, clientCode });
    if (place) return place;
    const message = `Cannot list tasks: the cursor "${cursor}" is not one`;
    throw new TaskError("invalid_parameter", message, { fields: [{ path: "cursor", message }] });
  }
}
