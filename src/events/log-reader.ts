import { and, asc, count, eq, gt, isNotNull, lte, max, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { eventOf } from "../db/rows/event-row.ts";
import { events, tasks } from "../db/schema.ts";
import type { FeedEvent, Scope } from "./events.ts";
import type { RunningTask } from "./running-progress.ts";

/** How many events one read passes at most: a few milliseconds. */
const PASSED_MAX = 500;
/** How many events come in one part. */
const PART_MAX = 250;
/** About how much text one part holds, as it waits for a slow reader: addresses and sentences are up to some thousand characters. */
const PART_CHARS_MAX = 65_536;
/** The same of what is told to all followers together. */
const NEWS_CHARS_MAX = 4 * PART_CHARS_MAX;
/** Of an event without an address and a sentence, as it is told. */
const EVENT_CHARS = 200;

/** What one read found. */
export type Found = {
  readonly events: readonly FeedEvent[];
  /** What was passed ends here. */
  readonly place: number;
  /** Whether that is the end of the log. */
  readonly isEnd: boolean;
};

/** Reads the log in the order of its places. Call its methods inside `Database.read`. */
export class LogReader {
  readonly #queries;

  constructor(database: Database) {
    this.#queries = prepareQueries(database);
  }

  newest(): number {
    return this.#queries.newest.get()?.place ?? 0;
  }

  /** What is behind a place, of all clients. */
  all(place: number): Found {
    const rows = this.#queries.all.all({ place, limit: PASSED_MAX });
    return this.#found(rows, place, PASSED_MAX, NEWS_CHARS_MAX);
  }

  /** What is behind a place of a client or one of its tasks. A place beyond the end is of another database: it is taken as the end. */
  part({ clientCode, taskId }: Scope, wanted: number): Found {
    const newest = this.newest();
    const place = Math.min(wanted, newest);
    if (taskId === undefined) return this.#ofClient(clientCode, place);
    const rows = this.#queries.ofTask.all({ clientCode, taskId, place, limit: PART_MAX });
    const found = this.#found(rows, place, PART_MAX);
    return found.isEnd ? { ...found, place: newest } : found;
  }

  running(): readonly RunningTask[] {
    return this.#queries.running.all();
  }

  #ofClient(clientCode: string, place: number): Found {
    const reach = this.#queries.reach.get({ place, limit: PASSED_MAX });
    const end = reach?.place ?? place;
    const rows = this.#queries.ofClient.all({ clientCode, place, end, limit: PART_MAX });
    const found = this.#found(rows, place, PART_MAX);
    return found.isEnd ? { ...found, place: end, isEnd: (reach?.passed ?? 0) < PASSED_MAX } : found;
  }

  #found(
    rows: readonly Row[],
    place: number,
    limit: number,
    charsMax: number = PART_CHARS_MAX,
  ): Found {
    const taken = rows.slice(0, countWithin(rows, charsMax));
    const end = taken.at(-1)?.seq ?? place;
    const isEnd = taken.length === rows.length && rows.length < limit;
    return { events: taken.map(feedEvent), place: end, isEnd };
  }
}

/** How many rows hold so many characters together; one at least. */
function countWithin(rows: readonly Row[], charsMax: number): number {
  let chars = 0;
  const over = rows.findIndex(({ targetUrl, failure }) => {
    chars += EVENT_CHARS + (targetUrl?.length ?? 0) + (failure?.detail.length ?? 0);
    return chars > charsMax;
  });
  return over < 0 ? rows.length : Math.max(1, over);
}

type Row = typeof events.$inferSelect & {
  readonly taskId: string;
  readonly clientCode: string;
  readonly targetUrl: string | null;
};

const feedEvent = ({ taskId, clientCode, targetUrl, ...row }: Row): FeedEvent => ({
  ...eventOf(row, taskId),
  place: row.seq,
  clientCode,
  ...(targetUrl !== null && { targetUrl }),
});

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
