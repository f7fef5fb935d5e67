import { and, asc, count, eq, gt, isNotNull, lte, max, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { events, tasks } from "../db/schema.ts";
import type { Scope } from "./events.ts";
import {
  type FeedReader,
  type Found,
  foundIn,
  NEWS_CHARS_MAX,
  PART_MAX,
  PASSED_MAX,
} from "./found.ts";
import type { RunningTask } from "./running-progress.ts";

/** Reads the log of a SQLite database in the order of its places. */
export class SqliteLogReader implements FeedReader {
  readonly #database: Database;
  readonly #queries;

  constructor(database: Database) {
    this.#database = database;
    this.#queries = prepareQueries(database);
  }

  newest(): Promise<number> {
    return this.#database.read(() => this.#newest());
  }

  all(place: number): Promise<Found> {
    return this.#database.read(() => {
      const rows = this.#queries.all.all({ place, limit: PASSED_MAX });
      return foundIn(rows, place, PASSED_MAX, NEWS_CHARS_MAX);
    });
  }

  part({ clientCode, taskId }: Scope, wanted: number): Promise<Found> {
    return this.#database.read(() => {
      const newest = this.#newest();
      const place = Math.min(wanted, newest);
      if (taskId === undefined) return this.#ofClient(clientCode, place);
      const rows = this.#queries.ofTask.all({ clientCode, taskId, place, limit: PART_MAX });
      const found = foundIn(rows, place, PART_MAX);
      return found.isEnd ? { ...found, place: newest } : found;
    });
  }

  running(): Promise<readonly RunningTask[]> {
    return this.#database.read(() => this.#queries.running.all());
  }

  onNews(wake: () => void): () => void {
    return this.#database.onCommit(wake);
  }

  #newest(): number {
    return this.#queries.newest.get()?.place ?? 0;
  }

  #ofClient(clientCode: string, place: number): Found {
    const reach = this.#queries.reach.get({ place, limit: PASSED_MAX });
    const end = reach?.place ?? place;
    const rows = this.#queries.ofClient.all({ clientCode, place, end, limit: PART_MAX });
    const found = foundIn(rows, place, PART_MAX);
    return found.isEnd ? { ...found, place: end, isEnd: (reach?.passed ?? 0) < PASSED_MAX } : found;
  }
}

// What else is asked for only of events about a target: a task has its targets in one column.
const COLUMNS = {
  seq: events.seq,
  taskSeq: events.taskSeq,
  sequence: events.sequence,
  timeMs: events.timeMs,
  type: events.type,
  status: events.status,
  attempt: events.attempt,
  failure: events.failure,
  target: events.target,
  targetStatus: events.targetStatus,
  progress: events.progress,
  taskId: tasks.id,
  clientCode: tasks.clientCode,
  targetUrl: sql<string | null>`case when ${events.target} is not null
    then json_extract(${tasks.targets}, '$[' || ${events.target} || '].url') end`,
};

function prepareQueries({ orm, prepared }: Database) {
  const place = sql.placeholder("place");
  const limit = sql.placeholder("limit");
  const isOfClient = eq(tasks.clientCode, sql.placeholder("clientCode"));
  const isBehind = gt(events.seq, place);
  // CROSS JOIN is SQLite's way to say which table is read first: it might go through all tasks of a client instead.
  const log = () => orm.select(COLUMNS).from(events).crossJoin(tasks);
  const isItsTask = eq(tasks.seq, events.taskSeq);
  const next = orm
    .select({ seq: events.seq })
    .from(events)
    .where(isBehind)
    .orderBy(asc(events.seq))
    .limit(limit)
    .as("next");
  return prepared({
    newest: () =>
      orm
        .select({ place: max(events.seq) })
        .from(events)
        .prepare(),
    reach: () =>
      orm
        .select({ place: max(next.seq), passed: count() })
        .from(next)
        .prepare(),
    all: () =>
      log().where(and(isItsTask, isBehind)).orderBy(asc(events.seq)).limit(limit).prepare(),
    ofClient: () =>
      log()
        .where(and(isItsTask, isOfClient, isBehind, lte(events.seq, sql.placeholder("end"))))
        .orderBy(asc(events.seq))
        .limit(limit)
        .prepare(),
    ofTask: () =>
      orm
        .select(COLUMNS)
        .from(tasks)
        .crossJoin(events)
        .where(and(eq(tasks.id, sql.placeholder("taskId")), isOfClient, isItsTask, isBehind))
        .orderBy(asc(events.sequence))
        .limit(limit)
        .prepare(),
    running: () =>
      orm
        .select({
          taskId: tasks.id,
          clientCode: tasks.clientCode,
          attempt: tasks.attempt,
          sequence: tasks.eventSequence,
          progress: sql<string>`progress`,
        })
        .from(tasks)
        // Literal text, as the partial index has it.
        .where(and(sql`status = 'RUNNING'`, isNotNull(tasks.progress)))
        .prepare(),
  });
}
