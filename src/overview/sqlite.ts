import { eq, type SQL, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { NOBODY } from "../db/rows/deleted.ts";
import { tasks } from "../db/schema.ts";
import { TASK_COLUMNS } from "../db/task-row.ts";
import { TaskError } from "../task/errors.ts";
import { AllTasks, seenTask } from "./all-tasks.ts";
import type {
  ClientLoad,
  Instance,
  Overview,
  QueueLoad,
  SeenTask,
  TasksPage,
  TasksQuery,
} from "./overview.ts";

// Literal text, as SQLite uses no partial index for a parameter.
const isPending = sql`status = 'PENDING'`;
const isWaiting = sql`status = 'PENDING' and not_before_ms is not null`;
const isRunning = sql`status = 'RUNNING'`;

/** The overview of a SQLite database. */
export class SqliteOverview implements Overview {
  readonly #database: Database;
  readonly #all: AllTasks;
  readonly #queries;

  constructor(database: Database) {
    this.#database = database;
    this.#all = new AllTasks(database);
    this.#queries = prepareQueries(database);
  }

  tasks(query: TasksQuery): Promise<TasksPage> {
    return this.#all.page(query);
  }

  async task(id: string): Promise<SeenTask> {
    const row = await this.#database.read(() => this.#queries.byId.get({ id }));
    if (row && row.clientCode !== NOBODY) return seenTask(row);
    throw new TaskError("no_such_task", `Cannot find task "${id}": there is none`);
  }

  async queue(clientsMax: number): Promise<QueueLoad> {
    const [clients, totals] = await this.#database.read(() => [
      this.#queries.loads.all().map(loadOf),
      this.#queries.totals.get(),
    ]);
    const { waiting = 0, nextDueMs = null, oldestRunMs = null } = totals ?? {};
    const sum = (field: "pending" | "running") =>
      clients.reduce((all, client) => all + client[field], 0);
    const oldestPendingMs = clients
      .flatMap((client) => client.oldestPendingMs ?? [])
      .reduce((least, ms) => Math.min(least, ms), Number.POSITIVE_INFINITY);
    return {
      pending: sum("pending"),
      waiting,
      running: sum("running"),
      ...(Number.isFinite(oldestPendingMs) && { oldestPendingMs }),
      ...(oldestRunMs !== null && { oldestRunMs }),
      ...(nextDueMs !== null && { nextDueMs }),
      clients: clients
        .toSorted((a, b) => b.pending - a.pending || b.running - a.running)
        .slice(0, clientsMax),
    };
  }

  async instances(): Promise<readonly Instance[]> {
    return this.#database.read(() => this.#queries.instances.all());
  }
}

type LoadRow = Pick<ClientLoad, "clientCode" | "pending" | "running"> & {
  readonly oldestPendingMs: number | null;
};

const loadOf = ({ oldestPendingMs, ...load }: LoadRow): ClientLoad => ({
  ...load,
  ...(oldestPendingMs !== null && { oldestPendingMs }),
});

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
