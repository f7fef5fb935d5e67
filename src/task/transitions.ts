import { end, type GivenBack, putBack } from "./end-run.ts";
import { TaskError } from "./errors.ts";
import { heldRuns } from "./failed-runs.ts";
import { eventOf, move, stay, type Transition, targetFacts } from "./move.ts";
import type { GivenTask, TaskRow } from "./row.ts";
import { canMove, isFinal } from "./status.ts";
import { reopenTargets } from "./targets.ts";
import type { Claim, EngineName, Outcome, Pulse, TargetResult } from "./task.ts";
import { addWarnings, type Warning, type WarningCode } from "./warnings.ts";

/** A new task; the store gives the id. */
export function createTask(given: GivenTask, id: string, nowMs: number): Transition {
  const row: TaskRow = {
    id,
    clientCode: given.clientCode,
    profileName: given.profileName,
    status: "PENDING",
    priority: given.priority,
    createMs: nowMs,
    startMs: null,
    endMs: null,
    notBeforeMs: null,
    attempt: 0,
    failures: 0,
    cancelRequested: false,
    workerId: null,
    leaseUntilMs: null,
    engine: null,
    eventSequence: 1,
    failure: null,
    progress: null,
    warnings: null,
    attempts: [],
    targets: given.targets.map((target) => ({ ...target, status: "PENDING" })),
    sourceUrl: given.sourceUrl,
    isLive: given.isLive ?? false,
    timeoutSeconds: given.timeoutSeconds ?? null,
    metadata: given.metadata ?? null,
    clip: given.clip ?? null,
    extras: given.extras ?? null,
    notification: given.notification ?? null,
    customProfiles: given.customProfiles,
    requestId: given.origin?.requestId ?? null,
    traceParent: given.origin?.traceParent ?? null,
  };
  return { row, isChanged: true, events: [eventOf(row, nowMs, { type: "created" })] };
}

/** Makes a pending task RUNNING, with a new attempt and a lease for its worker. */
export function claimTask<Row extends TaskRow>(
  row: Row,
  worker: { readonly id: string; readonly engine: EngineName },
  leaseMs: number,
  nowMs: number,
): Transition<Row> {
  const attempt = row.attempt + 1;
  const change = {
    status: "RUNNING",
    startMs: row.startMs ?? nowMs,
    notBeforeMs: null,
    attempt,
    workerId: worker.id,
    leaseUntilMs: leaseEnd(nowMs, leaseMs),
    engine: worker.engine,
    attempts: [...row.attempts, { attempt, startMs: nowMs, engine: worker.engine }],
  } as const;
  return move(row, change, nowMs, { type: "started" });
}

/** When a lease that is taken or renewed now runs out. */
export const leaseEnd = (nowMs: number, leaseMs: number): number => nowMs + leaseMs;

/** What the holder of a claim learns when it renews its lease; `row` is undefined if the claim holds none. */
export function pulseOf(row: Pick<TaskRow, "cancelRequested"> | undefined): Pulse {
  if (!row) return "lost";
  return row.cancelRequested ? "cancel_requested" : "held";
}

/**
 * Lets the holder of a claim publish; `row` is undefined if the claim holds none.
 *
 * @throws {TaskError} `lease_lost`, `cancelled`
 */
export function mayPublish(row: Pick<TaskRow, "cancelRequested"> | undefined, by: Claim): void {
  if (!row) throw leaseLost(by);
  if (row.cancelRequested)
    throw new TaskError("cancelled", `Cannot publish for task "${by.taskId}": it was cancelled`);
}

/**
 * Adds warnings to a task, except those that it has already. There is no event for it.
 *
 * @param gone - the code of those that it had, and that hold no longer
 * @throws {TaskError} `lease_lost`
 */
export function warnTask<Row extends TaskRow>(
  row: Row | undefined,
  by: Claim,
  more: readonly Warning[],
  gone?: WarningCode,
): Row & { readonly warnings: readonly Warning[] | null } {
  const held = insistHeld(row, by);
  const left = (held.warnings ?? []).filter(({ code }) => code !== gone);
  const warnings = addWarnings(left, more);
  return { ...held, warnings: warnings.length === 0 ? null : warnings };
}

/** Changes the state of one target. @throws {TaskError} `lease_lost` */
export function reportTarget<Row extends TaskRow>(
  row: Row | undefined,
  by: Claim,
  index: number,
  result: TargetResult,
  nowMs: number,
): Transition<Row> {
  const held = insistHeld(row, by);
  const target = held.targets[index];
  if (!target) throw new RangeError(`Cannot save target ${index}: the task has no such target`);
  const detail = "failure" in result ? result.failure.detail : undefined;
  const isMoved = target.status !== result.status;
  const isNew = "isWatchable" in result && !target.isWatchable;
  if (!isMoved && !isNew && target.failure?.detail === detail) return stay(held);
  const { failure: _, output: __, isWatchable, ...rest } = target;
  const stays = isWatchable && ["RUNNING", "RECONNECTING"].includes(result.status);
  const targets = held.targets.with(index, { ...rest, ...(stays && { isWatchable }), ...result });
  // A new reason for the same state is written, but is no event.
  const facts = [
    ...(isMoved ? [targetFacts(targets, index)] : []),
    ...(isNew ? [{ ...targetFacts(targets, index), type: "watchable" as const }] : []),
  ];
  return move(held, { targets }, nowMs, ...facts);
}

/** Records that the source of a live task went away, or is back. @throws {TaskError} `lease_lost` */
export const reportSource = <Row extends TaskRow>(
  row: Row | undefined,
  by: Claim,
  type: "source_lost" | "source_back",
  nowMs: number,
): Transition<Row> => move(insistHeld(row, by), {}, nowMs, { type });

/** Ends a task with its worker's outcome, or as CANCELLED if that was requested meanwhile. @throws {TaskError} `lease_lost` */
export function finishTask<Row extends TaskRow>(
  row: Row | undefined,
  by: Claim,
  outcome: Outcome,
  nowMs: number,
): Transition<Row> {
  const held = insistHeld(row, by);
  return end(held, held.cancelRequested ? { status: "CANCELLED" } : outcome, nowMs);
}

/** Puts back a task that its worker gives up; it is CANCELLED if that was requested meanwhile. @throws {TaskError} `lease_lost` */
export const giveBackTask = <Row extends TaskRow>(
  row: Row | undefined,
  by: Claim,
  reason: GivenBack,
  nowMs: number,
): Transition<Row> => putBack(insistHeld(row, by), reason, nowMs);

/**
 * Puts back a running task whose worker is gone, due at once. It is FAILED after so many runs, and CANCELLED if that was requested.
 *
 * @throws {TaskError} `lease_lost` unless it is RUNNING
 */
export function loseWorker<Row extends TaskRow>(
  row: Row,
  attemptsMax: number,
  nowMs: number,
): Transition<Row> {
  insistHeld(row, { taskId: row.id, attempt: row.attempt });
  const detail = `Cannot go on with attempt ${row.attempt}: its worker was lost`;
  const failure = { code: "worker_lost", detail } as const;
  if (heldRuns(row) + 1 < attemptsMax || row.cancelRequested)
    return putBack(row, { failure, notBeforeMs: 0, counts: true }, nowMs);
  return end(row, { status: "FAILED", failure }, nowMs);
}

/** Cancels a pending task, or asks a running one to stop. @throws {TaskError} `task_conflict` if it has ended */
export function cancelTask<Row extends TaskRow>(row: Row, nowMs: number): Transition<Row> {
  if (isFinal(row.status))
    throw new TaskError("task_conflict", `Cannot cancel task "${row.id}": it is ${row.status}`);
  if (row.status === "PENDING") return end(row, { status: "CANCELLED" }, nowMs);
  if (row.cancelRequested) return stay(row);
  return move(row, { cancelRequested: true }, nowMs, { type: "cancel_requested" });
}

/**
 * Makes a task that has ended PENDING again; delivered targets stay delivered. The store checks that the others are free.
 *
 * @throws {TaskError} `task_conflict` unless it is FAILED or CANCELLED
 */
export function retryTask<Row extends TaskRow>(row: Row, nowMs: number): Transition<Row> {
  if (!isFinal(row.status) || !canMove(row.status, "PENDING"))
    throw new TaskError("task_conflict", `Cannot retry task "${row.id}": it is ${row.status}`);
  const change = {
    status: "PENDING",
    startMs: null,
    endMs: null,
    failures: 0,
    cancelRequested: false,
    engine: null,
    failure: null,
    progress: null,
    targets: reopenTargets(row.targets),
  } as const;
  return move(row, change, nowMs, { type: "retried" });
}

/** Lets a task be deleted. @throws {TaskError} `task_conflict` unless it has ended */
export function mayDelete({ id, status }: Pick<TaskRow, "id" | "status">): void {
  if (isFinal(status)) return;
  throw new TaskError("task_conflict", `Cannot delete task "${id}": it is ${status}`);
}

/** The answer to a worker whose claim is no longer its own. */
export const leaseLost = ({ taskId, attempt }: Claim): TaskError =>
  new TaskError(
    "lease_lost",
    `Cannot go on with task "${taskId}": attempt ${attempt} lost its lease`,
  );

/** The fence: only the newest attempt writes, and only while it runs. */
function insistHeld<Row extends TaskRow>(row: Row | undefined, by: Claim): Row {
  if (row?.id === by.taskId && row.attempt === by.attempt && row.status === "RUNNING") return row;
  throw leaseLost(by);
}
