import { TaskError } from "../../task/errors.ts";
import type { WatchedFile } from "../../task/watched-file.ts";

/** For so long a file is remembered that is gone: a share that was away for a week brings nothing twice. */
const GONE_KEPT_MS = 30 * 86_400_000;
/** How many rows one transaction looks through: few milliseconds. */
export const WATCHED_PAGE_ROWS = 500;

type Row = WatchedFile & { readonly goneMs: number | null };

/** What becomes of rows: which are noted as gone or back, and which may be forgotten, if they were gone that early. */
export function tidied(
  rows: readonly Row[],
  versionOf: (path: string) => string | undefined,
  nowMs: number,
): {
  readonly marks: readonly Row[];
  readonly forgotten: readonly (Row & { readonly beforeMs: number })[];
} {
  const isThere = (row: Row) => versionOf(row.path) === row.version;
  const marks = rows
    .filter((row) => isThere(row) !== (row.goneMs === null))
    .map((row) => ({ ...row, goneMs: isThere(row) ? null : nowMs }));
  const forgotten = rows
    .filter((row) => row.goneMs !== null && !isThere(row))
    .map((row) => ({ ...row, beforeMs: nowMs - GONE_KEPT_MS }));
  return { marks, forgotten };
}

/** The refusal of a file that has a task. */
export const hasItsTask = ({ path }: WatchedFile, taskId: string): TaskError =>
  new TaskError("task_conflict", `Cannot create task: the file "${path}" has its task "${taskId}"`);
