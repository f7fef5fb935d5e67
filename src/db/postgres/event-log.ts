import { and, asc, eq, gt, type SQL, sql } from "drizzle-orm";
import type { EventQuery, TaskEvent } from "../../task/task.ts";
import { eventOf } from "../rows/event-row.ts";
import type { PostgresDatabase } from "./postgres.ts";
import { events } from "./tables/tasks.ts";

/** The log of one task. What is to be appended is a part of the statement that changes the task, see `appending`. */
export class EventLog {
  readonly #queries;

  constructor({ orm, prepared }: PostgresDatabase) {
    this.#queries = prepared({
      read: () =>
        orm
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
          .prepare("events_of_task"),
    });
  }

  /** A part of the log of one task, oldest first. */
  async read(
    { seq, id }: { readonly seq: number; readonly id: string },
    query: EventQuery,
  ): Promise<TaskEvent[]> {
    const rows = await this.#queries.read.execute({ taskSeq: seq, ...query });
    return rows.map((row) => eventOf(row, id));
  }
}

/**
 * Appends events in the statement that writes their tasks, whose rows come first: so its transaction has a number before an event gets its
 * place. The values are those of `appended`.
 *
 * @param task - what gives the `seq` and the `id` of each task
 */
export const appending = (task: SQL): SQL => sql`insert into events
  (task_seq, sequence, time_ms, type, status, attempt, failure, target, target_status, progress)
  select ${task}.seq, event.sequence, time_ms, type, status, attempt, failure, target, target_status, progress
  from unnest(${sql.placeholder("eventTasks")}::text[],
    ${sql.placeholder("eventSequences")}::integer[], ${sql.placeholder("eventTimes")}::bigint[],
    ${sql.placeholder("eventTypes")}::text[], ${sql.placeholder("eventStatuses")}::text[],
    ${sql.placeholder("eventAttempts")}::integer[], ${sql.placeholder("eventFailures")}::json[],
    ${sql.placeholder("eventTargets")}::integer[],
    ${sql.placeholder("eventTargetStatuses")}::text[],
    ${sql.placeholder("eventProgress")}::json[])
    as event (task_id, sequence, time_ms, type, status, attempt, failure, target, target_status, progress)
  join ${task} on ${task}.id = event.task_id order by ${task}.seq, event.sequence`;

/** The values of `appending`. */
export const appended = (news: readonly TaskEvent[]) => ({
  eventTasks: news.map(({ taskId }) => taskId),
  eventSequences: news.map(({ sequence }) => sequence),
  eventTimes: news.map(({ timeMs }) => timeMs),
  eventTypes: news.map(({ type }) => type),
  eventStatuses: news.map(({ status }) => status),
  eventAttempts: news.map(({ attempt }) => attempt),
  eventFailures: news.map(({ failure }) => jsonOf(failure)),
  eventTargets: news.map(({ target }) => target ?? null),
  eventTargetStatuses: news.map(({ targetStatus }) => targetStatus ?? null),
  eventProgress: news.map(({ progress }) => jsonOf(progress)),
});

const jsonOf = (value: unknown): string | null =>
  value === undefined ? null : JSON.stringify(value);
