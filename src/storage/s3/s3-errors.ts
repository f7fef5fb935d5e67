import { type ErrorCode, TaskError } from "../../task/errors.ts";
import { quoteAddress } from "../addresses.ts";
import {
  sourceFailure,
  sourceStatus,
  targetFailure,
  targetStatus,
} from "../remote/remote-errors.ts";
import { S3Refusal } from "./s3-client.ts";

/** What the codes of error documents mean; @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const STATES: Readonly<Record<string, string>> = {
  NoSuchKey: "there is no such object",
  NoSuchBucket: "there is no such bucket",
  AccessDenied: "access is denied",
  AllAccessDisabled: "access is denied",
  InvalidAccessKeyId: "the access key is not known there",
  SignatureDoesNotMatch: "the access key or its secret is wrong",
  ExpiredToken: "the session token has expired",
  InvalidToken: "the session token is not valid",
  RequestTimeTooSkewed: "the clock of this machine differs from the server's",
  AuthorizationHeaderMalformed: "the region is wrong",
  PermanentRedirect: "the bucket is at another endpoint",
  InvalidObjectState: "the object is archived",
  TemporaryRedirect: "the bucket is being moved",
  OperationAborted: "another change of it is under way",
  RequestTimeout: "the server waited too long for the bytes",
  SlowDown: "it asks for fewer requests",
  NoSuchUpload: "the upload was ended by somebody else",
  EntityTooLarge: "it is too large for the server",
  QuotaExceeded: "the quota is used up",
  XMinioStorageFull: "no space is left there",
};

/** Errors that a retry may overcome, though their status blames the client. */
const PASSING = ["RequestTimeout", "SlowDown", "OperationAborted", "TemporaryRedirect"];
const FULL = ["QuotaExceeded", "XMinioStorageFull"];

/** The refusal of a read as `TaskError`: `source_missing`, or `source_unreachable` if a retry may help. */
function sourceRefusal({ status, code }: S3Refusal, url: string): TaskError {
  const byStatus = sourceStatus(status, url);
  const itsCode = PASSING.includes(code) ? "source_unreachable" : byStatus.code;
  return told(itsCode, `Cannot read the source ${quoteAddress(url)}`, code) ?? byStatus;
}

/** The same of a write: `target_unwritable`, `target_full`, or `target_unreachable` if a retry may help. */
function targetRefusal({ status, code }: S3Refusal, url: string): TaskError {
  const byStatus = targetStatus(status, url);
  const itsCode = FULL.includes(code)
    ? "target_full"
    : PASSING.includes(code)
      ? "target_unreachable"
      : byStatus.code;
  return told(itsCode, `Cannot write the target ${quoteAddress(url)}`, code) ?? byStatus;
}

const told = (code: ErrorCode, what: string, itsCode: string): TaskError | undefined =>
  STATES[itsCode] === undefined
    ? undefined
    : new TaskError(code, `${what}: ${STATES[itsCode]} (${itsCode})`);

/** A failure to read from an object store as `TaskError`; any other error is returned unchanged. */
export const s3SourceFailure = (error: unknown, url: string): unknown =>
  error instanceof S3Refusal ? sourceRefusal(error, url) : sourceFailure(error, url);

/** A failure to write to an object store as `TaskError`; any other error is returned unchanged. */
export const s3TargetFailure = (error: unknown, url: string): unknown =>
  error instanceof S3Refusal ? targetRefusal(error, url) : targetFailure(error, url);
