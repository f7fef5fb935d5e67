import { eq, type SQL, sql } from "drizzle-orm";
import type { PostgresDatabase } from "../db/postgres/postgres.ts";
import { tasks } from "../db/postgres/tables/tasks.ts";
import { TASK_COLUMNS } from "../db/postgres/task-row.ts";
import { pageOfAll, seenUnlessDeleted } from "./all-tasks.ts";
import type { Instance, Overview, QueueLoad, SeenTask, TasksPage, TasksQuery } from "./overview.ts";
import { CODES, PostgresTaskFinder } from "./postgres-tasks.ts";
import { NO_TOTALS, queueLoad } from "./queue-load.ts";

// Literal text, as no partial index is used for a parameter.
const isPending = sql`status = 'PENDING'`;
const isWaiting = sql`status = 'PENDING' and not_before_ms is not null`;
const isRunning = sql`status = 'RUNNING'`;

/** The overview of a PostgreSQL database: of all nodes together. */
export class PostgresOverview implements Overview {
  readonly #database: PostgresDatabase;
  readonly #finder: PostgresTaskFinder;
  readonly #queries;

  constructor(database: PostgresDatabase) {
    this.#database = database;
    this.#finder = new PostgresTaskFinder(database);
    this.#queries = prepareQueries(database);
  }

  tasks(query: TasksQuery): Promise<TasksPage> {
    return pageOfAll(this.#finder, query);
  }

  async task(id: string): Promise<SeenTask> {
    const [row] = await this.#database.read(() => this.#queries.byId.execute({ id }));
    return seenUnlessDeleted(row, id);
  }

  async queue(clientsMax: number): Promise<QueueLoad> {
    return this.#database.read(async () => {
      const clients = await this.#queries.loads.execute();
      const [waiting] = await this.#queries.waiting.execute();
      const running = await this.#queries.running.execute();
      const runs = running.flatMap(({ attempts }) => attempts.at(-1)?.startMs ?? []);
      const oldestRunMs = runs.length === 0 ? null : Math.min(...runs);
      return queueLoad(clients, { ...NO_TOTALS, ...waiting, oldestRunMs }, clientsMax);
    });
  }

  async instances(): Promise<readonly Instance[]> {
    return this.#database.read(() => this.#queries.instances.execute());
  }
}

function prepareQueries({ orm, prepared }: PostgresDatabase) {
  // Each is a seek or a range of an index.
  const ofCode = (what: SQL, isMeant: SQL) =>
    sql`(select ${what} from tasks where tasks.client_code = codes.client_code and ${isMeant})`;
  // Counts and times come as text.
  const number = (name: string) => sql<number>`${sql.identifier(name)}`.mapWith(Number);
  const numberOrNull = (name: string) =>
    sql<number | null>`${sql.identifier(name)}`.mapWith(Number);
  return prepared({
    byId: () =>
      orm
        .select(TASK_COLUMNS)
        .from(tasks)
        .where(eq(tasks.id, sql.placeholder("id")))
        .prepare("overview_task"),
    loads: () =>
      orm
        .select({
          clientCode: sql<string>`client_code`,
          pending: number("pending"),
          oldestPendingMs: numberOrNull("oldest_ms"),
          running: number("running"),
        })
        .from(
          sql`(with ${CODES}
            select client_code,
              ${ofCode(sql`count(*)`, isPending)} as pending,
              ${ofCode(sql`min(create_ms)`, isPending)} as oldest_ms,
              ${ofCode(sql`count(*)`, isRunning)} as running
            from codes where client_code is not null) as loads`,
        )
        .where(sql`pending > 0 or running > 0`)
        .prepare("overview_loads"),
    waiting: () =>
      orm
        .select({ waiting: number("waiting"), nextDueMs: numberOrNull("next_ms") })
        .from(
          sql`(select count(*) as waiting, min(not_before_ms) as next_ms from tasks
            where ${isWaiting}) as waiting`,
        )
        .prepare("overview_waiting"),
    // Their attempts are taken apart here: PostgreSQL can read no field of a document with an escaped U+0000 anywhere in it.
    running: () =>
      orm
        .select({ attempts: tasks.attempts })
        .from(tasks)
        .where(isRunning)
        .prepare("overview_running"),
    instances: () =>
      orm
        .select({
          workerId: sql<string>`worker_id`,
          running: sql<number>`count(*)`.mapWith(Number),
          live: sql<number>`count(*) filter (where is_live)`.mapWith(Number),
          leaseUntilMs: sql<number>`max(lease_until_ms)`.mapWith(Number),
        })
        .from(tasks)
        .where(sql`status = 'RUNNING' and worker_id is not null`)
        .groupBy(sql`worker_id`)
        .prepare("overview_instances"),
  });
}
