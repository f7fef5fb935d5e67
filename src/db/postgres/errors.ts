import { TaskError } from "../../task/errors.ts";

/** Classes of SQLSTATE, and single ones, that come from the server's state and not from the statement. */
const UNAVAILABLE: readonly (readonly [string, string])[] = [
  ["08", "the connection to it broke"],
  ["25006", "it takes no writes now"],
  ["40", "others change the same rows"],
  ["53100", "its disk is full"],
  ["53300", "it has too many connections"],
  ["53", "it has no room left"],
  ["55P03", "others hold the same rows"],
  ["57014", "it took too long"],
  ["57", "it is being stopped or started"],
  ["58", "its machine fails"],
  ["XX001", "its files are damaged"],
  ["XX002", "its files are damaged"],
];

/** Errors of sockets, by their names in Node. */
const BROKEN =
  /^(ECONN|EPIPE|ETIMEDOUT|ENOENT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOTFOUND|EACCES)/;
/** What `pg` says of a connection that is gone, without a code. */
const LOST =
  /connection (terminated|ended|timeout)|timeout exceeded when trying to connect|query read timeout|client (has encountered a connection error|was closed)|not queryable/i;

/** SQLSTATE of a serialization failure and of a deadlock: the same statements may succeed when they are run again. */
const AGAIN = new Set(["40001", "40P01"]);

function codeOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ("code" in cause && typeof cause.code === "string") return cause.code;
  return undefined;
}

function messagesOf(error: unknown): string {
  const messages: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) messages.push(cause.message);
  return messages.join("; ");
}

/** Whether an error says that the connection is gone, or never was: nothing of the transaction is kept, unless it was committing. */
export function isLost(error: unknown): boolean {
  const code = codeOf(error);
  if (code === undefined) return LOST.test(messagesOf(error));
  return BROKEN.test(code) || code.startsWith("08") || /^57P0/.test(code);
}

/** Whether the same transaction may succeed when it is run again. */
export const mayRunAgain = (error: unknown): boolean =>
  AGAIN.has(codeOf(error) ?? "") || isLost(error);

/**
 * An error of the database as callers may see it: `service_unavailable` if its server is the cause, else the error itself.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function translatePostgresError(error: unknown): unknown {
  if (error instanceof TaskError) return error;
  const code = codeOf(error) ?? "";
  const known = UNAVAILABLE.find(([start]) => code.startsWith(start))?.[1];
  const reason = known ?? (isLost(error) ? "it cannot be reached" : undefined);
  if (!reason) return error;
  return new TaskError("service_unavailable", `Cannot use the database: ${reason}`, {
    cause: error,
  });
}
