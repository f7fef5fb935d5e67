import { sql } from "drizzle-orm";
import type { TaskEvent } from "../task/task.ts";
import type { Database } from "./database.ts";
import { events } from "./schema.ts";

/** What an event tells beside what its task's row says. */
export type EventFacts = Pick<
  TaskEvent,
  "type" | "failure" | "target" | "targetStatus" | "progress"
>;

/** Appends to the log; to be called in the transaction of the change that the event tells of. */
export class EventLog {
  readonly #queries;

  constructor(database: Database) {
    this.#queries = database.prepared({
      append: () =>
        database.orm
          .insert(events)
          .values({
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
          })
          .prepare(),
    });
  }

  /** @param row - the task after the change; its newest event is this one */
  append(
    row: { readonly seq: number; readonly eventSequence: number } & Pick<
      TaskEvent,
      "status" | "attempt"
    >,
    timeMs: number,
    facts: EventFacts,
  ): void {
    this.#queries.append.run({
      taskSeq: row.seq,
      sequence: row.eventSequence,
      timeMs,
      type: facts.type,
      status: row.status,
      attempt: row.attempt,
      failure: facts.failure ?? null,
      target: facts.target ?? null,
      targetStatus: facts.targetStatus ?? null,
      progress: facts.progress ?? null,
    });
  }
}
