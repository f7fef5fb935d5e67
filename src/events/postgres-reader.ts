import {
  and,
  asc,
  count,
  eq,
  getColumns,
  gt,
  inArray,
  isNotNull,
  lte,
  max,
  sql,
} from "drizzle-orm";
import { EVENTS_CHANNEL } from "../db/postgres/notices/notices.ts";
import type { PostgresDatabase } from "../db/postgres/postgres.ts";
import { events, tasks } from "../db/postgres/tables/tasks.ts";
import type { EventRow } from "../db/rows/event-row.ts";
import type { Scope } from "./events.ts";
import {
  type FeedReader,
  type Found,
  type FoundRow,
  foundIn,
  NEWS_CHARS_MAX,
  PART_MAX,
  PASSED_MAX,
} from "./found.ts";
import type { RunningTask } from "./running-progress.ts";
import { Settled } from "./settled.ts";

type Row = EventRow & Pick<FoundRow, "taskId" | "clientCode">;

/** Reads the log of a PostgreSQL database in the order of its places, as far as it is settled. */
export class PostgresLogReader implements FeedReader {
  readonly #database: PostgresDatabase;
  readonly #settled: Settled;
  readonly #queries;

  constructor(database: PostgresDatabase) {
    this.#database = database;
    this.#settled = new Settled(database);
    this.#queries = prepareQueries(database);
  }

  async newest(): Promise<number> {
    const newest = await this.#settled.reach();
    return Math.min(newest, this.#settled.place);
  }

  async all(place: number): Promise<Found> {
    const isSettled = await this.#settled.look();
    const end = this.#settled.place;
    return this.#database.read(async () => {
      const limit = PASSED_MAX;
      const rows = await this.#queries.all.execute({ place, end, limit });
      const found = foundIn(await this.#withUrls(rows), place, limit, NEWS_CHARS_MAX);
      return { ...found, isEnd: found.isEnd && isSettled };
    });
  }

  async part({ clientCode, taskId }: Scope, wanted: number): Promise<Found> {
    const newest = await this.#settled.reach();
    const place = Math.min(wanted, newest);
    const end = this.#settled.place;
    return this.#database.read(() =>
      taskId === undefined
        ? this.#ofClient(clientCode, place, end)
        : this.#ofTask(clientCode, taskId, place, Math.min(end, newest)),
    );
  }

  async running(): Promise<readonly RunningTask[]> {
    return this.#database.read(() => this.#queries.running.execute());
  }

  onNews(wake: () => void): () => void {
    // There are new ones, or some may have been missed.
    return this.#database.listen(EVENTS_CHANNEL, wake);
  }

  async #ofTask(clientCode: string, taskId: string, place: number, end: number): Promise<Found> {
    const limit = PART_MAX;
    const rows = await this.#queries.ofTask.execute({ clientCode, taskId, place, end, limit });
    const found = foundIn(await this.#withUrls(rows), place, limit);
    return found.isEnd ? { ...found, place: Math.max(place, end) } : found;
  }

  async #ofClient(clientCode: string, place: number, settled: number): Promise<Found> {
    const limit = PASSED_MAX;
    const [reach] = await this.#queries.reach.execute({ place, end: settled, limit });
    const end = reach?.place ?? place;
    const rows = await this.#queries.ofClient.execute({ clientCode, place, end, limit: PART_MAX });
    const found = foundIn(await this.#withUrls(rows), place, PART_MAX);
    return found.isEnd ? { ...found, place: end, isEnd: (reach?.passed ?? 0) < limit } : found;
  }

  /** With the addresses of targets. A task has its targets in one column, which is read once for all of its events. */
  async #withUrls(rows: readonly Row[]): Promise<readonly FoundRow[]> {
    const about = rows.filter(({ target }) => target !== null);
    const seqs = [...new Set(about.map(({ taskSeq }) => taskSeq))];
    const found =
      seqs.length === 0
        ? []
        : await this.#database.orm
            .select({ seq: tasks.seq, targets: tasks.targets })
            .from(tasks)
            .where(inArray(tasks.seq, seqs));
    const targetsOf = new Map(found.map(({ seq, targets }) => [seq, targets]));
    return rows.map((row) => ({
      ...row,
      targetUrl:
        row.target === null ? null : (targetsOf.get(row.taskSeq)?.[row.target]?.url ?? null),
    }));
  }
}

const COLUMNS = { ...getColumns(events), taskId: tasks.id, clientCode: tasks.clientCode };

function prepareQueries({ orm, prepared }: PostgresDatabase) {
  const limit = sql.placeholder("limit");
  const isBehind = and(
    gt(events.seq, sql.placeholder("place")),
    lte(events.seq, sql.placeholder("end")),
  );
  const isItsTask = eq(tasks.seq, events.taskSeq);
  const isOfClient = eq(tasks.clientCode, sql.placeholder("clientCode"));
  const log = () => orm.select(COLUMNS).from(events).innerJoin(tasks, isItsTask);
  const next = orm
    .select({ seq: events.seq })
    .from(events)
    .where(isBehind)
    .orderBy(asc(events.seq))
    .limit(limit)
    .as("next");
  return prepared({
    reach: () =>
      orm
        .select({ place: max(next.seq), passed: count() })
        .from(next)
        .prepare("feed_reach"),
    all: () => log().where(isBehind).orderBy(asc(events.seq)).limit(limit).prepare("feed_all"),
    ofClient: () =>
      log()
        // A sum is no column of an index: so the events are read first, which are few, and not all tasks of the client.
        .where(and(isBehind, sql`${tasks.clientCode} || '' = ${sql.placeholder("clientCode")}`))
        .orderBy(asc(events.seq))
        .limit(limit)
        .prepare("feed_of_client"),
    ofTask: () =>
      log()
        .where(and(eq(tasks.id, sql.placeholder("taskId")), isOfClient, isBehind))
        .orderBy(asc(events.sequence))
        .limit(limit)
        .prepare("feed_of_task"),
    running: () =>
      orm
        .select({
          taskId: tasks.id,
          clientCode: tasks.clientCode,
          attempt: tasks.attempt,
          sequence: tasks.eventSequence,
          progress: sql<string>`progress::text`,
        })
        .from(tasks)
        // Literal text, as the partial index has it.
        .where(and(sql`status = 'RUNNING'`, isNotNull(tasks.progress)))
        .prepare("feed_running"),
  });
}
