import { eq, type SQL, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { tasks } from "../db/schema.ts";
import { TASK_COLUMNS } from "../db/task-row.ts";
import { pageOfAll, seenUnlessDeleted } from "./all-tasks.ts";
import type { Instance, Overview, QueueLoad, SeenTask, TasksPage, TasksQuery } from "./overview.ts";
import { NO_TOTALS, queueLoad } from "./queue-load.ts";
import { SqliteTaskFinder } from "./sqlite-tasks.ts";

// Literal text, as SQLite uses no partial index for a parameter.
const isPending = sql`status = 'PENDING'`;
const isWaiting = sql`status = 'PENDING' and not_before_ms is not null`;
const isRunning = sql`status = 'RUNNING'`;

/** The overview of a SQLite database. */
export class SqliteOverview implements Overview {
  readonly #database: Database;
  readonly #finder: SqliteTaskFinder;
  readonly #queries;

  constructor(database: Database) {
    this.#database = database;
    this.#finder = new SqliteTaskFinder(database);
    this.#queries = prepareQueries(database);
  }

  tasks(query: TasksQuery): Promise<TasksPage> {
    return pageOfAll(this.#finder, query);
  }

  async task(id: string): Promise<SeenTask> {
    const row = await this.#database.read(() => this.#queries.byId.get({ id }));
    return seenUnlessDeleted(row, id);
  }

  async queue(clientsMax: number): Promise<QueueLoad> {
    const [clients, totals] = await this.#database.read(() => [
      this.#queries.loads.all(),
      this.#queries.totals.get(),
    ]);
    return queueLoad(clients, totals ?? NO_TOTALS, clientsMax);
  }

  async instances(): Promise<readonly Instance[]> {
    return this.#database.read(() => this.#queries.instances.all());
  }
}

function prepareQueries({ orm, prepared }: Database) {
  // Each is a seek or a range of an index.
  const ofCode = (what: SQL, isMeant: SQL) =>
    sql`(select ${what} from tasks where tasks.client_code = codes.client_code and ${isMeant})`;
  return prepared({
    byId: () =>
      orm
        .select(TASK_COLUMNS)
        .from(tasks)
        .where(eq(tasks.id, sql.placeholder("id")))
        .prepare(),
    loads: () =>
      orm
        .select({
          clientCode: sql<string>`client_code`,
          pending: sql<number>`pending`,
          oldestPendingMs: sql<number | null>`oldest_ms`,
          running: sql<number>`running`,
        })
        // The codes of all clients with tasks, one step along an index for each.
        .from(
          sql`(with recursive codes (client_code) as (
              select min(client_code) from tasks where client_code > ''
              union all
              select (select min(client_code) from tasks where tasks.client_code > codes.client_code)
                from codes where client_code is not null)
            select client_code,
              ${ofCode(sql`count(*)`, isPending)} as pending,
              ${ofCode(sql`min(create_ms)`, isPending)} as oldest_ms,
              ${ofCode(sql`count(*)`, isRunning)} as running
            from codes where client_code is not null)`,
        )
        .where(sql`pending > 0 or running > 0`)
        .prepare(),
    totals: () =>
      orm
        .select({
          waiting: sql<number>`waiting`,
          nextDueMs: sql<number | null>`next_ms`,
          oldestRunMs: sql<number | null>`run_ms`,
        })
        .from(
          sql`(select (select count(*) from tasks indexed by tasks_waiting where ${isWaiting}) as waiting,
            (select min(not_before_ms) from tasks where ${isWaiting}) as next_ms,
            (select min(attempts ->> '$[#-1].startMs') from tasks where ${isRunning}) as run_ms)`,
        )
        .prepare(),
    instances: () =>
      orm
        .select({
          workerId: sql<string>`worker_id`,
          running: sql<number>`count(*)`,
          live: sql<number>`sum(is_live)`,
          leaseUntilMs: sql<number>`max(lease_until_ms)`,
        })
        .from(tasks)
        .where(sql`status = 'RUNNING' and worker_id is not null`)
        .groupBy(sql`worker_id`)
        .prepare(),
  });
}
