import { z } from "@hono/zod-openapi";
import type { ErrorCode } from "../../task/errors.ts";
import { PROBLEM_CODES, problemOf } from "../problem.ts";

/** The five headers that every call of the API carries. */
export const SIGNATURE_HEADERS = {
  apiPublicKey: "The public key that the platform gave the client.",
  apiClientCode: "The client's code.",
  apiNonce: "1 to 64 random digits, never used twice.",
  apiExecTime:
    "UTC time since the epoch: 10 digits (s), 13 (ms), 16 (µs) or 17 (100 ns). It may be off by a few minutes.",
  apiCheckSum:
    'Lower-case hex. 40 digits: SHA1(private key + apiNonce + apiClientCode + apiExecTime). 64 digits, stronger: HMAC-SHA256(private key, METHOD + "\\n" + path with query + "\\n" + apiNonce + "\\n" + apiClientCode + "\\n" + apiExecTime + "\\n" + hex(SHA-256(body))). The path is percent-encoded and without `./`, as the URL standard writes it.',
} as const;

/** A call carries all five together. */
const SIGNED: Record<string, string[]>[] = [
  Object.fromEntries(Object.keys(SIGNATURE_HEADERS).map((name) => [name, []])),
];

/** The tags of the operations. */
export const TAGS = [
  { name: "tasks", description: "Transcoding tasks." },
  { name: "events", description: "What becomes of tasks, told as it happens." },
  { name: "profiles", description: "What tasks make: system profiles and a client's own." },
  {
    name: "media",
    description: "Files of a client, put in and read out; where the service has this switched on.",
  },
  { name: "operators", description: "For clients with the flag `admin`: what is of all clients." },
  { name: "health", description: "For whoever runs the service; not signed." },
];

/** The version in every path of the API. */
export const Version = z
  .enum(["0", "1"])
  .openapi({ param: { name: "version", in: "path" }, example: "1" });

/** The id of a task in examples. */
export const ID_EXAMPLE = "0197a2c4-5b1e-7c3a-9d52-6f0e8a1b2c3d";

/** The id of an instance in examples. */
export const WORKER_EXAMPLE = "5f0c7a9e-6a0b-4c38-9d5e-0b8f4a3c2d1e";

/** The body of a create. */
export const CREATE_EXAMPLE = {
  source: { source_url: "file:/media/in/clip.mov" },
  profile_name: "video_mp4_1280x720_1728kbps",
  targets: [{ target_url: "file:/media/out/clip.mp4" }],
};

/** The path of a call on one task. */
export const OneTask = z.object({
  version: Version,
  task_id: z
    .string()
    .min(1)
    .openapi({ param: { name: "task_id", in: "path" }, example: ID_EXAMPLE }),
});

/** The header that chooses the language of messages. */
export const LanguageHeader = {
  "Accept-Language": z.string().optional().openapi({
    description: "Messages are in English, or in Chinese where `zh` is preferred.",
    example: "zh-CN",
  }),
};

const FieldProblem = z.object({ path: z.string(), message: z.string() }).openapi("FieldProblem", {
  example: { path: "targets[0].target_url", message: "Invalid address" },
});

// Not "Error": generated clients would hide the class of their language behind it.
const Problem = z
  .object({
    error: z.object({
      code: z.enum(PROBLEM_CODES).openapi("ProblemCode", {
        description: "What a program decides by. Later versions may have more.",
      }),
      message: z
        .string()
        .openapi({ description: "What a person reads: English, or Chinese where asked for." }),
      request_id: z.string().openapi({
        description: "Also in the header X-Request-Id, and in the log of the service.",
      }),
      details: z.array(FieldProblem).optional().openapi({ description: "Each bad field." }),
    }),
  })
  .openapi("Problem", { description: "Why a call was refused." });

/** The header that every answer has. */
export const RequestIdHeader = z.object({
  "X-Request-Id": z.string().openapi({
    description: "The request's own X-Request-Id (1 to 64 of `A-Za-z0-9._-`), or a new one.",
  }),
});

const RetryHeaders = RequestIdHeader.extend({
  "Retry-After": z.int().openapi({
    description: "After how many seconds it makes sense to call again.",
    example: 1,
  }),
});

/** An answer of JSON, with an example. */
export const jsonAnswer = <Schema extends z.ZodType>(
  description: string,
  schema: Schema,
  example: unknown,
) => ({
  description,
  headers: RequestIdHeader,
  content: { "application/json": { schema, example } },
});

/** An answer that says all by its status. */
export const noContent = (description: string) => ({ description, headers: RequestIdHeader });

/** A body of JSON, with an example. */
export const jsonBody = <Schema extends z.ZodType>(schema: Schema, example: unknown) => ({
  required: true,
  content: { "application/json": { schema, example } },
});

/** What every signed call has; what is asked for in it, beside the language. */
export const signed = <Request extends object>(request: Request) => ({
  security: SIGNED,
  request: { headers: z.object(LanguageHeader), ...request },
});

const REQUEST_ID_EXAMPLE = "5f0c7a9e-6a0b-4c38-9d5e-0b8f4a3c2d1e";
const FIELD_EXAMPLE = [{ path: "targets[0].target_url", message: "Invalid address" }];

const exampleOf = (cause: ErrorCode): [string, { value: unknown }] => {
  const { code, en } = problemOf(cause);
  const details = cause === "invalid_parameter" ? { details: FIELD_EXAMPLE } : {};
  const error = { code, message: en, request_id: REQUEST_ID_EXAMPLE, ...details };
  return [code, { value: { error } }];
};

/** Whether the same call may be answered later. */
const isForNow = (cause: ErrorCode): boolean => problemOf(cause).retryAfterSeconds !== undefined;

/** The error answers of an operation, by status, with an example for each code. */
export function errorAnswers(causes: readonly ErrorCode[]) {
  const byStatus = Map.groupBy(causes, (cause) => problemOf(cause).status);
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      {
        description: group
          .map((cause) => `${problemOf(cause).code}: ${problemOf(cause).en}`)
          .join(" "),
        headers: group.some(isForNow) ? RetryHeaders : RequestIdHeader,
        content: {
          "application/json": {
            schema: Problem,
            examples: Object.fromEntries(group.map(exampleOf)),
          },
        },
      },
    ]),
  );
}

const ALWAYS = [
  "authentication_failed",
  "request_expired",
  "request_replayed",
  "invalid_version",
  "request_too_large",
  "too_many_requests",
  "internal",
  "service_unavailable",
] as const satisfies readonly ErrorCode[];

/** What a call with a body can meet beside what every call can. */
export const WITH_BODY = [
  "invalid_parameter",
  "malformed_json",
  "unsupported_media_type",
] as const satisfies readonly ErrorCode[];

/** The error answers of a signed call: what every one can meet, and the given. */
export const signedErrors = (causes: readonly ErrorCode[]) => errorAnswers([...ALWAYS, ...causes]);
