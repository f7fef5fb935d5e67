import { and, eq, sql } from "drizzle-orm";
import { TaskError } from "../task/errors.ts";
import { canMove } from "../task/status.ts";
import type { Attempt, Claim, Failure, Progress } from "../task/task.ts";
import type { Database } from "./database.ts";
import { type EventFacts, EventLog } from "./event-log.ts";
import { Holdings } from "./holdings.ts";
import { tasks } from "./schema.ts";
import { closeTargets, movedTargets, openTarget } from "./targets.ts";
import { TASK_COLUMNS, type TaskRow } from "./task-row.ts";

/** The columns that change in a task's life; the others are as its caller gave them. */
type Change = Partial<
  Pick<
    TaskRow,
    | "status"
    | "startMs"
    | "endMs"
    | "notBeforeMs"
    | "attempt"
    | "failures"
    | "cancelRequested"
    | "workerId"
    | "leaseUntilMs"
    | "engine"
    | "failure"
    | "progress"
    | "attempts"
    | "targets"
  >
>;

/** How a task ends; `runFailure` is why its last run ended, where that is not the task's own failure. */
type Ending =
  | { readonly status: "SUCCESS" }
  | { readonly status: "FAILED"; readonly failure: Failure }
  | { readonly status: "CANCELLED"; readonly runFailure?: Failure };

/** Of the claim that a worker holds, as placeholders `taskId` and `attempt`: the fence of all its writes. */
export const isHeld = and(
  eq(tasks.id, sql.placeholder("taskId")),
  eq(tasks.attempt, sql.placeholder("attempt")),
  sql`status = 'RUNNING'`,
);

/** The answer to a worker whose claim is no longer its own. */
export const leaseLost = ({ taskId, attempt }: Claim): TaskError =>
  new TaskError(
    "lease_lost",
    `Cannot go on with task "${taskId}": attempt ${attempt} lost its lease`,
  );

/** Attempts with the newest one closed; as they are where it was closed before, or there is none. */
export function closeAttempt(
  attempts: readonly Attempt[],
  endMs: number,
  failure?: Failure,
): readonly Attempt[] {
  const newest = attempts.at(-1);
  if (!newest || newest.endMs !== undefined) return attempts;
  return [...attempts.slice(0, -1), { ...newest, endMs, ...(failure && { failure }) }];
}

/**
 * State changes of tasks. Every method belongs inside `Database.write`: the row that is read, what is decided on it, the
 * new state and its events are one transaction, in which no other process writes.
 */
export class TaskChanges {
  readonly #now: () => number;
  readonly #log: EventLog;
  readonly #holdings: Holdings;
  readonly #queries;

  constructor(database: Database, now: () => number) {
    this.#now = now;
    this.#log = new EventLog(database);
    this.#holdings = new Holdings(database);
    this.#queries = database.prepared({
      byClaim: () => database.orm.select(TASK_COLUMNS).from(tasks).where(isHeld).prepare(),
      update: () =>
        database.orm
          .update(tasks)
          .set({
            status: sql.placeholder("status"),
            startMs: sql.placeholder("startMs"),
            endMs: sql.placeholder("endMs"),
            notBeforeMs: sql.placeholder("notBeforeMs"),
            attempt: sql.placeholder("attempt"),
            failures: sql.placeholder("failures"),
            cancelRequested: sql.placeholder("cancelRequested"),
            workerId: sql.placeholder("workerId"),
            leaseUntilMs: sql.placeholder("leaseUntilMs"),
            engine: sql.placeholder("engine"),
            eventSequence: sql.placeholder("eventSequence"),
            failure: sql.placeholder("failure"),
            progress: sql.placeholder("progress"),
            attempts: sql.placeholder("attempts"),
            targets: sql.placeholder("targets"),
          })
          .where(eq(tasks.seq, sql.placeholder("seq")))
          .prepare(),
    });
  }

  /** The task that a claim holds. @throws {TaskError} `lease_lost` */
  held(claim: Claim): TaskRow {
    const row = this.#queries.byClaim.get(claim);
    if (!row) throw leaseLost(claim);
    return row;
  }

  /** Writes a change and the events that tell of it, in order. */
  save<Row extends TaskRow>(row: Row, change: Change, ...facts: readonly EventFacts[]): Row {
    const next = { ...row, ...change, eventSequence: row.eventSequence + facts.length };
    if (next.status !== row.status && !canMove(row.status, next.status))
      throw new TaskError(
        "internal",
        `Cannot move task "${row.id}": ${row.status} does not lead to ${next.status}`,
      );
    this.#queries.update.run(next);
    const timeMs = this.#now();
    const progress = next.progress ?? undefined;
    facts.forEach((fact, index) => {
      const at = { ...next, eventSequence: row.eventSequence + index + 1 };
      this.#log.append(at, timeMs, { ...(progress && { progress }), ...fact });
    });
    return next;
  }

  /** Ends a task: closes its run and its targets, and frees what it holds. */
  end(row: TaskRow, ending: Ending): TaskRow {
    const failure = ending.status === "FAILED" ? ending.failure : undefined;
    const open = openTarget(row.targets);
    if (ending.status === "SUCCESS" && open)
      throw new TaskError("internal", `Cannot end task "${row.id}": a target is ${open.status}`);
    const runFailure = ending.status === "CANCELLED" ? ending.runFailure : failure;
    const endMs = this.#now();
    const targets = closeTargets(row.targets, failure);
    const next = this.save(
      row,
      {
        status: ending.status,
        failure: failure ?? null,
        progress: ending.status === "SUCCESS" ? completed(row.progress) : row.progress,
        endMs,
        notBeforeMs: null,
        workerId: null,
        leaseUntilMs: null,
        attempts: closeAttempt(row.attempts, endMs, runFailure),
        targets,
      },
      ...movedTargets(row.targets, targets).map((target) => targetFacts(targets, target)),
      { type: "ended", ...(failure && { failure }) },
    );
    this.#holdings.release(next);
    return next;
  }
}

/** The progress of what is done: all of it, with nothing left to wait for. */
function completed(progress: Progress | null): Progress | null {
  if (progress?.percent === undefined) return progress;
  const { etaSeconds: _, ...rest } = progress;
  return { ...rest, percent: 100 };
}

/** What the event of one target's new state tells. */
export function targetFacts(targets: TaskRow["targets"], index: number): EventFacts {
  const target = targets[index];
  if (!target) throw new RangeError(`Cannot tell of target ${index}: there are ${targets.length}`);
  return {
    type: "target",
    target: index,
    targetStatus: target.status,
    ...(target.failure && { failure: target.failure }),
  };
}
