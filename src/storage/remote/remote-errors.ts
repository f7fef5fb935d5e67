import { isDiskFull } from "../../lib/errno-of.ts";
import type { OutAnswer } from "../../net/egress.ts";
import { EgressError } from "../../net/egress-error.ts";
import { TaskError } from "../../task/errors.ts";
import { quoteAddress } from "../addresses.ts";

/** What certain answers mean to a reader of the error; others are named by their number only. */
const MEANINGS: Readonly<Record<number, string>> = {
  401: "credentials are missing or wrong",
  403: "access is forbidden",
  404: "there is no such file",
  405: "the method is not allowed",
  410: "it is gone",
  413: "it is too large for the server",
  507: "no space is left there",
};
/** Client errors that a retry may overcome: timeout, too early, too many requests. */
const PASSING = [408, 425, 429];

const answered = (status: number): string =>
  `the server answered ${status}${MEANINGS[status] ? `, ${MEANINGS[status]}` : ""}`;

/** What an unsuccessful status means for a source: `source_missing`, or `source_unreachable` if a retry may help. */
export function sourceStatus(status: number, url: string): TaskError {
  const code = status >= 500 || PASSING.includes(status) ? "source_unreachable" : "source_missing";
  return new TaskError(code, `Cannot read the source ${quoteAddress(url)}: ${answered(status)}`);
}

/** The error of a source that is there, and may be read another time. */
export const sourceUnreachable = (url: string, state: string): TaskError =>
  new TaskError("source_unreachable", `Cannot read the source ${quoteAddress(url)}: ${state}`);

/** The error of a source that goes on and on. */
export const sourceEndless = (url: string): TaskError =>
  new TaskError(
    "source_too_large",
    `Cannot read the source ${quoteAddress(url)}: its server does not say how large it is, and it fills the room in scratch`,
  );

/** Refuses an answer whose bytes are not those of the file. @throws {TaskError} `source_missing` */
export function refuseEncoded(answer: OutAnswer, url: string): void {
  const encoding = answer.header("content-encoding") ?? "identity";
  if (encoding === "identity") return;
  throw new TaskError(
    "source_missing",
    `Cannot read the source ${quoteAddress(url)}: it is sent in the encoding ${JSON.stringify(encoding)}`,
  );
}

/** The same for a target: `target_unwritable`, `target_full`, or `target_unreachable` if a retry may help. */
export function targetStatus(status: number, url: string): TaskError {
  const mayPass = status >= 500 || PASSING.includes(status);
  const code =
    status === 507 ? "target_full" : mayPass ? "target_unreachable" : "target_unwritable";
  return new TaskError(code, `Cannot write the target ${quoteAddress(url)}: ${answered(status)}`);
}

/** The error of a server that answers with success before it has been sent everything. */
export const targetEarly = (url: string): TaskError =>
  new TaskError(
    "target_unreachable",
    `Cannot write the target ${quoteAddress(url)}: the server answered before it had the whole file`,
  );

/** A failure to read a source as `TaskError`; any other error is returned unchanged. */
export function sourceFailure(error: unknown, url: string): unknown {
  if (!(error instanceof EgressError)) return error;
  const codes = {
    hangs: "source_hangs",
    slow: "source_slow",
    unreachable: "source_unreachable",
    redirect: "source_address_invalid",
  } as const;
  return new TaskError(
    codes[error.kind],
    `Cannot read the source ${quoteAddress(url)}: ${error.state}`,
    { cause: error },
  );
}

/** A failure to write a target as `TaskError`; any other error is returned unchanged. */
export function targetFailure(error: unknown, url: string): unknown {
  if (!(error instanceof EgressError)) return error;
  const codes = {
    hangs: "target_unreachable",
    slow: "target_slow",
    unreachable: "target_unreachable",
    redirect: "target_unwritable",
  } as const;
  return new TaskError(
    codes[error.kind],
    `Cannot write the target ${quoteAddress(url)}: ${error.state}`,
    { cause: error },
  );
}

/** A failure to write what was fetched as `TaskError`: `scratch_full`, or `internal`. */
export function scratchFailure(cause: unknown): TaskError {
  return isDiskFull(cause)
    ? scratchFull(cause)
    : new TaskError("internal", "Cannot fetch the source: its copy cannot be written", { cause });
}

/** The error of a scratch folder that has no room for a source. */
export const scratchFull = (cause?: unknown): TaskError =>
  new TaskError("scratch_full", "Cannot fetch the source: there is no room for it in scratch", {
    ...(cause !== undefined && { cause }),
  });
