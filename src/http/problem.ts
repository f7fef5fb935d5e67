import type { ContractCode, ErrorCode, FieldError, TaskError } from "../task/errors.ts";
import type { Language } from "./language.ts";

/** The contract's codes of a refused call (section 3), as they travel. */
export type ProblemCode = (typeof PROBLEMS)[ErrorCode]["code"];

type Problem = {
  readonly status: number;
  readonly code: string;
  readonly en: string;
  readonly zh: string;
  /** Whether the answer has the error's own sentence: if it helps the caller and shows nothing internal. */
  readonly tells: boolean;
  readonly retryAfterSeconds?: number;
};

const rowThat =
  ({ tells }: Pick<Problem, "tells">) =>
  <Code extends string>(
    status: number,
    code: Code,
    en: string,
    zh: string,
  ): Problem & { readonly code: Code } => ({ status, code, en, zh, tells });

const row = rowThat({ tells: false });
/** A row whose errors have a sentence of their own for the caller. */
const telling = rowThat({ tells: true });

const unavailable = {
  ...row(503, "ServiceUnavailable", "The service is not available now.", "服务暂不可用"),
  retryAfterSeconds: 1,
} as const;

const parameter = telling(
  400,
  "InvalidParameterException",
  "There are field(s) invalid in the request message body, please check.",
  "请求消息体中存在无效字段，请检查",
);
const inside = row(500, "InternalError", "Internal error happened.", "内部错误");

/**
 * Every cause with its answer to a call: status, code, and the general sentence in both languages. A cause that only a running task
 * can have is a bug if a call meets it, and its answer tells nothing.
 */
const PROBLEMS = {
  invalid_parameter: parameter,
  malformed_json: telling(
    400,
    "MalformedJSON",
    "The body is not JSON.",
    "请求消息体不是合法的JSON",
  ),
  profile_not_empty: telling(
    400,
    "ProfileNotEmpty",
    "The profile is used by tasks that are pending or running.",
    "模板正在被未完成的任务使用",
  ),
  input_not_supported: telling(
    400,
    "InputNotSupported",
    "The input format is not supported.",
    "输入的数据格式不支持",
  ),
  output_not_supported: telling(
    400,
    "OutputNotSupported",
    "The output format is not supported.",
    "输出的数据格式不支持",
  ),
  authentication_failed: row(
    401,
    "AuthenticationFailed",
    "A header is missing or wrong, or key, code or checksum do not match.",
    "认证失败：请求头缺失或错误，或公钥、客户代码、校验和不匹配",
  ),
  request_expired: row(
    401,
    "RequestExpired",
    "The request's apiExecTime is too far from the time here.",
    "请求已过期：apiExecTime超出允许的时间范围",
  ),
  request_replayed: row(
    401,
    "RequestReplayed",
    "The request's apiNonce was used before.",
    "重复的请求：apiNonce已被使用",
  ),
  access_denied: telling(403, "AccessDenied", "The client may not do this.", "没有权限执行此操作"),
  no_such_task: row(404, "NoSuchTask", "There is no such task.", "任务不存在"),
  no_such_client: telling(404, "NoSuchClient", "There is no such client.", "客户端不存在"),
  no_such_media: telling(404, "NoSuchMedia", "There is no such file.", "文件不存在"),
  upload_conflict: telling(
    409,
    "UploadConflict",
    "The upload of this file stands elsewhere.",
    "该文件的上传进度与此请求不符",
  ),
  range_invalid: telling(
    416,
    "InvalidRange",
    "The file has no such range.",
    "文件没有所请求的范围",
  ),
  no_room: {
    ...telling(507, "InsufficientStorage", "The disk is full.", "磁盘空间不足"),
    retryAfterSeconds: 60,
  },
  client_exists: telling(
    409,
    "ClientExists",
    "The client's code or public key is taken.",
    "客户代码或公钥已被占用",
  ),
  no_such_profile: telling(404, "NoSuchProfile", "There is no such profile.", "模板不存在"),
  invalid_version: row(
    404,
    "InvalidVersion",
    "There is no such version of the API: it is 0 or 1.",
    "API版本不存在，可用的版本为0和1",
  ),
  no_such_resource: row(
    404,
    "NoSuchResource",
    "There is nothing at this path.",
    "请求的资源不存在",
  ),
  method_not_allowed: row(
    405,
    "MethodNotAllowed",
    "This path does not take this method.",
    "该资源不支持此请求方法",
  ),
  task_conflict: telling(
    409,
    "TaskConflict",
    "The state of the task, or another task, forbids this.",
    "任务的当前状态或其他任务与此操作冲突",
  ),
  profile_exists: telling(409, "ProfileExists", "The profile's name is taken.", "模板名称已被占用"),
  idempotency_conflict: row(
    409,
    "IdempotencyConflict",
    "The Idempotency-Key was used with another body.",
    "该Idempotency-Key已用于不同的请求",
  ),
  request_too_large: telling(413, "RequestTooLarge", "The body is too large.", "请求消息体过大"),
  unsupported_media_type: telling(
    415,
    "UnsupportedMediaType",
    "The body must be JSON in UTF-8.",
    "请求消息体必须是UTF-8编码的JSON",
  ),
  too_many_requests: {
    ...telling(429, "TooManyRequests", "There are too many requests.", "请求过于频繁"),
    retryAfterSeconds: 1,
  },
  service_unavailable: unavailable,
  // Found by the plan, which is made of the caller's own profile.
  option_invalid: parameter,
  source_address_invalid: parameter,
  // Only of a running task.
  source_missing: inside,
  source_unreachable: inside,
  source_untrusted: inside,
  source_hangs: inside,
  source_slow: inside,
  source_never_came: inside,
  source_not_media: inside,
  source_too_large: inside,
  source_damaged: inside,
  picture_too_large: inside,
  source_too_costly: inside,
  target_unwritable: inside,
  target_unreachable: inside,
  target_slow: inside,
  target_full: inside,
  target_lost: inside,
  scratch_full: inside,
  // Of a call: the host lacks descriptors or memory, or a disk fails; the same call may be answered in a moment.
  host_failing: unavailable,
  encoder_missing: inside,
  encoder_killed: inside,
  limit_reached: inside,
  encoder_stalled: inside,
  output_wrong: inside,
  copy_wrong: inside,
  worker_lost: inside,
  deadline: inside,
  cancelled: inside,
  shutdown: inside,
  lease_lost: inside,
  internal: inside,
  unknown: inside,
} as const satisfies Record<ErrorCode, Problem>;

/** All codes of a refused call, sorted. */
export const PROBLEM_CODES: readonly ProblemCode[] = [
  ...new Set(Object.values(PROBLEMS).map(({ code }) => code)),
].toSorted();

/** The answer to a call for every cause: the contract's section 3. */
export const problemOf = (code: ErrorCode): Problem & { readonly code: ProblemCode } =>
  PROBLEMS[code];

/** The sentence about an error: its own in English if that is for callers; in Chinese the general one, with its own in brackets. */
export function messageOf(error: TaskError, language: Language): string {
  const { en, zh, tells } = problemOf(error.code);
  // The details list the bad fields; the contract's general sentence stands above them.
  const isListed = error.code === "invalid_parameter" && error.fields.length > 0;
  const isTold = tells && !isListed;
  if (language === "en") return isTold ? error.message : en;
  return isTold ? `${zh}（${error.message}）` : zh;
}

/** The body of a refused call. */
export type ProblemBody = {
  readonly error: {
    readonly code: ProblemCode;
    readonly message: string;
    readonly request_id: string;
    readonly details?: readonly FieldError[];
  };
};

/** The seven messages of a failed task, exactly as the API document's table has them. */
const TASK_MESSAGES = {
  ParameterError: {
    en: "The input parameter is invalid. Please check it.",
    zh: "输入参数错误，请检查输入参数",
  },
  InternalError: { en: "Internal error happened.", zh: "内部错误" },
  InputNotSupported: { en: "The input format is not supported.", zh: "输入的数据格式不支持" },
  OutputNotSupported: { en: "The output format is not supported.", zh: "输出的数据格式不支持" },
  InvalidInputData: {
    en: "The input data is invalid. Please check your input data.",
    zh: "无效的输入数据，请检查您的输入视频是否是有效",
  },
  TimeOut: { en: "Task time out.", zh: "任务超时" },
  Unknown: { en: "Unknown error.", zh: "未知错误" },
} as const satisfies Record<ContractCode, Record<Language, string>>;

/** The message of a failed task's code. */
export const taskMessageOf = (code: ContractCode, language: Language): string =>
  TASK_MESSAGES[code][language];
