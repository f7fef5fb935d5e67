import { getLogger } from "@logtape/logtape";
import { maskSecrets } from "../lib/mask.ts";
import { contractCode } from "../task/errors.ts";
import type { TaskRow } from "../task/row.ts";
import type { Failure, TaskEvent } from "../task/task.ts";
import { traceIdOf } from "./trace-context.ts";

const log = getLogger(["pontus", "task"]);

/** How many addresses of targets a line has at most. */
const TARGETS_MAX = 8;

/** Writes the line of each run that has failed, and of each task that has ended: failures are warnings. */
export function logChange(row: TaskRow, events: readonly TaskEvent[]): void {
  for (const { type, failure, timeMs } of events) {
    if (type === "given_back") logGivenBack(row, failure);
    else if (type === "ended") logEnd(row, timeMs);
  }
}

function logGivenBack(row: TaskRow, failure: Failure | undefined): void {
  const facts = { ...factsOf(row), ...failureFacts(failure), nextTry: nextTryOf(row) };
  // A stop of the service is no failure.
  if (failure?.code === "shutdown") log.info("Task {taskId} goes on later: {detail}", facts);
  else log.warn("A run of task {taskId} has failed: {detail}; it is tried again", facts);
}

function logEnd(row: TaskRow, endMs: number): void {
  const facts = { ...factsOf(row), seconds: secondsBetween(row.createMs, endMs) };
  if (row.status === "FAILED")
    log.warn("Task {taskId} has failed: {detail}", { ...facts, ...failureFacts(row.failure) });
  else if (row.status === "CANCELLED") log.info("Task {taskId} was cancelled", facts);
  else log.info("Task {taskId} has succeeded", facts);
}

const failureFacts = (failure: Failure | null | undefined) =>
  failure && { code: contractCode(failure.code), reason: failure.code, detail: failure.detail };

/** When the next run may begin; without a delay it is now. */
const nextTryOf = ({ notBeforeMs }: TaskRow): string =>
  notBeforeMs === null ? "now" : new Date(notBeforeMs).toISOString();

/** What every line tells of its task. */
function factsOf(row: TaskRow) {
  const last = row.attempts.at(-1);
  const { speed = 0 } = row.progress ?? {};
  const { requestId } = row;
  const traceId = traceIdOf(row.traceParent);
  return {
    taskId: row.id,
    clientCode: row.clientCode,
    profileName: row.profileName,
    source: maskSecrets(row.sourceUrl),
    targets: targetsOf(row),
    ...(last && { attempt: last.attempt }),
    ...(last?.endMs !== undefined && { runSeconds: secondsBetween(last.startMs, last.endMs) }),
    ...(speed > 0 && { speed: rounded(speed) }),
    ...(requestId !== null && { requestId }),
    ...(traceId !== undefined && { traceId }),
  };
}

function targetsOf({ targets }: TaskRow): readonly string[] {
  const shown = targets
    .slice(0, TARGETS_MAX)
    .map(({ url, status }) => `${status} ${maskSecrets(url)}`);
  const more = targets.length - shown.length;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}

/** A clock that was set back meanwhile gives no negative time. */
const secondsBetween = (startMs: number, endMs: number): number =>
  rounded(Math.max(0, endMs - startMs) / 1000);

const rounded = (value: number): number => Math.round(value * 1000) / 1000;
