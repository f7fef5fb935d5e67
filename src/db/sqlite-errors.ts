import { TaskError } from "../task/errors.ts";

/** Primary result codes caused by the machine and not by the statement: the same write may succeed later. */
const UNAVAILABLE: ReadonlyMap<number, string> = new Map([
  [5, "another process holds it"],
  [6, "another process holds it"],
  [7, "there is no memory left"],
  [8, "it cannot be written"],
  [10, "the disk fails"],
  [11, "its file is damaged"],
  [13, "the disk is full"],
  [14, "its file cannot be opened"],
  [26, "its file is damaged"],
]);

/** SQLite's primary result code, under either name that drivers give it; extended codes contain it in their low byte. */
function resultCode(error: unknown): number | undefined {
  const code = extendedCode(error);
  return code === undefined ? undefined : code & 0xff;
}

function extendedCode(error: unknown): number | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = "errno" in cause ? cause.errno : "errcode" in cause ? cause.errcode : undefined;
    if (typeof code === "number") return code;
  }
  return undefined;
}

const BUSY = 5;
const CORRUPT = 11;
const NOTADB = 26;
const FULL = 13;
/** The index of the log, a file of its own, cannot grow. */
const IOERR_SHMSIZE = 10 | (19 << 8);

/** Whether an error says that another process holds the file. */
export const isBusy = (error: unknown): boolean => resultCode(error) === BUSY;

/** Whether an error says that the file does not hold what SQLite wrote. */
export const isDamaged = (error: unknown): boolean =>
  [CORRUPT, NOTADB].includes(resultCode(error) ?? 0);

/** Whether an error says that the disk has no room. */
export const isFull = (error: unknown): boolean =>
  [FULL, IOERR_SHMSIZE].includes(extendedCode(error) ?? 0);

/**
 * An error of the database as callers may see it: `service_unavailable` if the machine is the cause, else the error itself.
 *
 * @see https://sqlite.org/rescode.html
 */
export function translateSqliteError(error: unknown): unknown {
  const reason = UNAVAILABLE.get(isFull(error) ? FULL : (resultCode(error) ?? 0));
  if (error instanceof TaskError || !reason) return error;
  return new TaskError("service_unavailable", `Cannot use the database: ${reason}`, {
    cause: error,
  });
}

/** Why a batch could not be committed, as its writers see it. */
export function unwritten(cause: unknown): TaskError {
  const known = translateSqliteError(cause);
  return known instanceof TaskError
    ? known
    : new TaskError("service_unavailable", "Cannot write: the commit failed", { cause });
}
