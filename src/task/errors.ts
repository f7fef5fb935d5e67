import { hostLackOf, isDiskFull } from "../lib/errno-of.ts";

/** The seven codes that a failed task carries (the API document's table). */
export const CONTRACT_CODES = [
  "ParameterError",
  "InternalError",
  "InputNotSupported",
  "OutputNotSupported",
  "InvalidInputData",
  "TimeOut",
  "Unknown",
] as const;

/** One of the seven codes. */
export type ContractCode = (typeof CONTRACT_CODES)[number];

/**
 * Whether another try of the same task can help: `never`; `backoff` (later, for as long as the config says: the cause passes by itself);
 * `counted` (later, up to the limit of attempts: the task may be the cause, and takes a worker each time); `once` (one more try, then
 * the failure stands).
 */
export type Retry = "never" | "backoff" | "counted" | "once";

type Judgement = { readonly contract: ContractCode; readonly retry: Retry };

const judge = (contract: ContractCode, retry: Retry): Judgement => ({ contract, retry });

/**
 * Every reason for which a call is refused or a task fails, with its place in the contract and whether it is retried.
 * This is the taxonomy: one row for each cause. The answers to calls are in `http/problem.ts`.
 */
const JUDGEMENTS = {
  // The call itself, refused before there is a task.
  invalid_parameter: judge("ParameterError", "never"),
  malformed_json: judge("ParameterError", "never"),
  authentication_failed: judge("ParameterError", "never"),
  request_expired: judge("ParameterError", "never"),
  request_replayed: judge("ParameterError", "never"),
  invalid_version: judge("ParameterError", "never"),
  no_such_resource: judge("ParameterError", "never"),
  method_not_allowed: judge("ParameterError", "never"),
  no_such_task: judge("ParameterError", "never"),
  no_such_profile: judge("ParameterError", "never"),
  no_such_client: judge("ParameterError", "never"),
  client_exists: judge("ParameterError", "never"),
  no_such_media: judge("ParameterError", "never"),
  upload_conflict: judge("ParameterError", "never"),
  range_invalid: judge("ParameterError", "never"),
  no_room: judge("InternalError", "backoff"),
  task_conflict: judge("ParameterError", "never"),
  profile_exists: judge("ParameterError", "never"),
  profile_not_empty: judge("ParameterError", "never"),
  idempotency_conflict: judge("ParameterError", "never"),
  request_too_large: judge("ParameterError", "never"),
  unsupported_media_type: judge("ParameterError", "never"),
  too_many_requests: judge("ParameterError", "backoff"),
  service_unavailable: judge("InternalError", "backoff"),
  // Known at create time, or found by the worker.
  access_denied: judge("ParameterError", "never"),
  input_not_supported: judge("InputNotSupported", "never"),
  output_not_supported: judge("OutputNotSupported", "never"),
  // The source.
  source_missing: judge("ParameterError", "never"),
  source_unreachable: judge("ParameterError", "backoff"),
  source_untrusted: judge("ParameterError", "never"),
  source_address_invalid: judge("ParameterError", "never"),
  source_hangs: judge("TimeOut", "backoff"),
  source_slow: judge("TimeOut", "backoff"),
  // Only of a live task: the service waited for it as long as configured.
  source_never_came: judge("TimeOut", "never"),
  source_not_media: judge("InvalidInputData", "never"),
  source_too_large: judge("InvalidInputData", "never"),
  source_damaged: judge("InvalidInputData", "never"),
  picture_too_large: judge("InvalidInputData", "never"),
  source_too_costly: judge("InvalidInputData", "never"),
  // The outputs and targets.
  // A copy of the source came out wrong twice, so the source is to blame.
  copy_wrong: judge("OutputNotSupported", "once"),
  target_unwritable: judge("OutputNotSupported", "never"),
  target_unreachable: judge("OutputNotSupported", "backoff"),
  target_slow: judge("OutputNotSupported", "backoff"),
  target_full: judge("OutputNotSupported", "backoff"),
  // Only of a live task: its stream has ended, so there is nothing to send again.
  target_lost: judge("OutputNotSupported", "never"),
  option_invalid: judge("ParameterError", "never"),
  // The machine and the service.
  scratch_full: judge("InternalError", "backoff"),
  // Out of memory or file descriptors, or a disk that fails.
  host_failing: judge("InternalError", "backoff"),
  encoder_missing: judge("InternalError", "once"),
  encoder_killed: judge("InternalError", "once"),
  // The same run would reach it again.
  limit_reached: judge("InternalError", "never"),
  encoder_stalled: judge("TimeOut", "counted"),
  output_wrong: judge("InternalError", "once"),
  worker_lost: judge("InternalError", "counted"),
  deadline: judge("TimeOut", "never"),
  cancelled: judge("Unknown", "never"),
  shutdown: judge("InternalError", "backoff"),
  lease_lost: judge("InternalError", "backoff"),
  internal: judge("InternalError", "once"),
  unknown: judge("Unknown", "never"),
} as const satisfies Record<string, Judgement>;

/** A cause of failure, finer than the contract's codes: each cause has exactly one of them. */
export type ErrorCode = keyof typeof JUDGEMENTS;

/** All causes, for tables that must be complete. */
export const ERROR_CODES = Object.keys(JUDGEMENTS) as readonly ErrorCode[];

/** A bad field of a request: where (`targets[0].target_url`) and what is wrong with it. */
export type FieldError = { readonly path: string; readonly message: string };

/** Some messages quote what a program or a server said. */
const MESSAGE_CHARS_MAX = 2_000;

/**
 * The one error of this system that is expected: a call or a task that cannot go on, with its cause.
 *
 * `message` is one plain English sentence without a final period, free of secrets: callers see it as `error.detail`.
 */
export class TaskError extends Error {
  override readonly name = "TaskError";
  readonly code: ErrorCode;
  readonly fields: readonly FieldError[];

  constructor(
    code: ErrorCode,
    message: string,
    options?: ErrorOptions & { readonly fields?: readonly FieldError[] },
  ) {
    super(message.slice(0, MESSAGE_CHARS_MAX), options);
    this.code = code;
    this.fields = options?.fields ?? [];
  }
}

/** The contract's code for a cause. */
export const contractCode = (code: ErrorCode): ContractCode => JUDGEMENTS[code].contract;

/** Whether a cause is worth another try. */
export const retryOf = (code: ErrorCode): Retry => JUDGEMENTS[code].retry;

/** An error as `TaskError`: itself, or with the foreign error as its cause: `scratch_full`, `host_failing` or `internal`. */
export function toTaskError(error: unknown): TaskError {
  const lack =
    error instanceof TaskError && error.code !== "internal" ? undefined : hostLackOf(error);
  if (lack !== undefined)
    return new TaskError("host_failing", `Cannot go on: the host ${lack}`, { cause: error });
  if (error instanceof TaskError) return error;
  // Errors of sources and targets are translated where they happen: this is one of our own folders.
  if (isDiskFull(error))
    return new TaskError("scratch_full", "Cannot go on: the disk of the data folder is full", {
      cause: error,
    });
  return new TaskError("internal", "Cannot go on: an unexpected error happened here", {
    cause: error,
  });
}
