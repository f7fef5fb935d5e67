import { and, desc, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import { tasks } from "../../db/postgres/tables/tasks.ts";
import { TASK_COLUMNS } from "../../db/postgres/task-row.ts";
import { taskOf } from "../../task/row.ts";
import { TASK_STATUSES } from "../../task/status.ts";
import type { TaskPage, TaskQuery } from "../../task/task.ts";
import { CURSOR, cursorOf, noCursor } from "../task-list.ts";

/** A page begins below this place. */
type Place = { readonly createMs: number; readonly id: string };

/** Above every task: ids are of hex digits. */
const TOP: Place = { createMs: Number.MAX_SAFE_INTEGER, id: "~" };

/**
 * Pages of a client's tasks, newest first, by their time and then by their ids, as a cursor names them. A page costs the same however many
 * tasks there are, as in SQLite.
 */
export class PostgresTaskList {
  readonly #pages;
  readonly #queries;

  constructor(database: PostgresDatabase) {
    const profileName = eq(tasks.profileName, sql.placeholder("profileName"));
    this.#pages = {
      anyProfile: preparePages(database, ""),
      ofProfile: preparePages(database, "_of_profile", profileName),
    };
    this.#queries = database.prepared({
      place: () =>
        database.orm
          .select({ createMs: tasks.createMs, id: tasks.id })
          .from(tasks)
          .where(and(eq(tasks.id, sql.placeholder("id")), isClient))
          .prepare("place_of_task"),
    });
  }

  /** @throws {TaskError} `invalid_parameter` if the cursor is not one of this client's */
  async page(clientCode: string, query: TaskQuery): Promise<TaskPage> {
    const { status, profileName, limit } = query;
    const place = query.cursor === undefined ? TOP : await this.#placeOf(clientCode, query.cursor);
    const pages = this.#pages[profileName === undefined ? "anyProfile" : "ofProfile"];
    const rows = await pages[status === undefined ? "anyStatus" : "ofStatus"].execute({
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

  async #placeOf(clientCode: string, cursor: string): Promise<Place> {
    const [, created, id] = CURSOR.exec(cursor) ?? [];
    if (id !== undefined && created !== undefined)
      return { createMs: Number.parseInt(created, 36), id };
    const [place] = id === undefined ? [] : await this.#queries.place.execute({ id, clientCode });
    if (!place) throw noCursor(cursor);
    return place;
  }
}

const isClient = sql`client_code = ${sql.placeholder("clientCode")}`;

function preparePages(
  { orm, prepared }: PostgresDatabase,
  name: string,
  ...filters: readonly SQL[]
) {
  const isInside = sql`create_ms > ${sql.placeholder("createdAfterMs")}::bigint
    and (create_ms, id) < (${sql.placeholder("createMs")}::bigint, ${sql.placeholder("id")}::text)`;
  const isNewest = sql`order by create_ms desc, id desc limit ${sql.placeholder("limit")}::integer`;
  const newestOf = (status: SQL) => sql`(select seq, create_ms, id from tasks
    where ${and(isClient, ...filters, sql`status = ${status}`, isInside)} ${isNewest})`;
  const page = (pageName: string, statuses: readonly SQL[]) => {
    const found = sql.join(statuses.map(newestOf), sql` union all `);
    return orm
      .select(TASK_COLUMNS)
      .from(tasks)
      .where(inArray(tasks.seq, sql`(select seq from (${found}) as newest ${isNewest})`))
      .orderBy(desc(tasks.createMs), desc(tasks.id))
      .prepare(pageName);
  };
  return prepared({
    anyStatus: () =>
      page(
        `page_of_tasks${name}`,
        TASK_STATUSES.map((status) => sql.raw(`'${status}'`)),
      ),
    ofStatus: () => page(`page_of_status${name}`, [sql`${sql.placeholder("status")}::text`]),
  });
}
