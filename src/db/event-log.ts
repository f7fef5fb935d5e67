import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { EventQuery, TaskEvent } from "../task/task.ts";
import type { Database } from "./database.ts";
import { eventOf } from "./rows/event-row.ts";
import { events } from "./schema.ts";

/** So many events have a place in each millisecond. */
const PLACES_A_MS = 1000;

/**
 * The place of a new event: behind all others, and not before its time. So the place of an event is never given again, also not after
 * the newest ones were deleted or the database was restored: followers of the log go on from places.
 */
const nextPlace = sql`max(ifnull((select max(seq) from events), 0) + 1, ${sql.placeholder("placeMin")})`;

/** The log of all tasks. An event is appended in the same transaction as the change. */
export class EventLog {
  readonly #queries;

  constructor(database: Database) {
    this.#queries = database.prepared({
      append: () =>
        database.statement(
          database.orm.insert(events).values({
            seq: nextPlace,
            taskSeq: sql.placeholder("taskSeq"),
            sequence: sql.placeholder("sequence"),
            timeMs: sql.placeholder("timeMs"),
            type: sql.placeholder("type"),
            status: sql.placeholder("status"),
            attempt: sql.placeholder("attempt"),
            failure: sql.placeholder("failure"),
            target: sql.placeholder("target"),
            targetStatus: sql.placeholder("targetStatus"),
            progress: sql.placeholder("progress"),
          }),
        ),
      read: () =>
        database.orm
          .select()
          .from(events)
          .where(
            and(
              eq(events.taskSeq, sql.placeholder("taskSeq")),
              gt(events.sequence, sql.placeholder("afterSequence")),
            ),
          )
          .orderBy(asc(events.sequence))
          .limit(sql.placeholder("limit"))
          .prepare(),
    });
  }

  /** @param taskSeq - the `seq` of the task's row */
  append(taskSeq: number, event: TaskEvent): void {
    this.#queries.append.run({
      failure: null,
      target: null,
      targetStatus: null,
      progress: null,
      ...event,
      taskSeq,
      placeMin: event.timeMs * PLACES_A_MS,
    });
  }

  /** A part of the log of one task, oldest first. */
  read({ seq, id }: { readonly seq: number; readonly id: string }, query: EventQuery): TaskEvent[] {
    return this.#queries.read.all({ taskSeq: seq, ...query }).map((row) => eventOf(row, id));
  }
}
