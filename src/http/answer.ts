import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import { getLogger } from "@logtape/logtape";
import { maskSecrets } from "../lib/mask.ts";
import { type TaskError, toTaskError } from "../task/errors.ts";
import { type Language, languageOf } from "./language.ts";
import { messageOf, type ProblemBody, problemOf } from "./problem.ts";

const logger = getLogger(["pontus", "http"]);

/** An answer before it is written: a status and what becomes the JSON; one without content (204) has no body. */
export type Answer = {
  readonly status: number;
  readonly body?: unknown;
  /** In place of a body: server-sent events, or the bytes of a file. Whoever does not send it cancels it. */
  readonly stream?: ReadableStream<Uint8Array>;
  /** Beside the usual ones, or in their place. */
  readonly headers?: Readonly<Record<string, string>>;
};

/** A caller's own id is kept if it is harmless in a log, so that calls can be followed across services. */
const REQUEST_ID = /^[\w.-]{1,64}$/;

/** The id of a request: its own `X-Request-Id`, or a new one. */
export function requestIdOf(request: Request): string {
  const own = request.headers.get("X-Request-Id");
  return own !== null && REQUEST_ID.test(own) ? own : randomUUID();
}

/** Writes an answer as the API document demands: with its content type, its cache control and the request's id. */
export const respond = (
  { status, body, stream, headers: own }: Answer,
  requestId: string,
  headers?: Readonly<Record<string, string>>,
): Response =>
  new Response(body === undefined ? (stream ?? null) : JSON.stringify(body), {
    status,
    headers: {
      ...(body !== undefined && { "Content-Type": "application/json;charset=UTF-8" }),
      // Without buffering by proxies (nginx).
      ...(stream && { "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" }),
      "Cache-Control": "no-cache",
      "X-Request-Id": requestId,
      ...own,
      ...headers,
    },
  });

function problemBody(error: TaskError, requestId: string, language: Language): ProblemBody {
  const { code } = problemOf(error.code);
  const details = error.fields.map(({ path, message }) => ({
    path,
    message: maskSecrets(message),
  }));
  return {
    error: {
      code,
      message: maskSecrets(messageOf(error, language)),
      request_id: requestId,
      ...(details.length > 0 && { details }),
    },
  };
}

/**
 * Answers a call that failed. Any error but a `TaskError` that calls may meet is a bug, and where the host lacks something it is not
 * the caller's doing: both are logged under the request's id, and the answer tells nothing of them.
 *
 * @param headers - what the answer needs beside the usual, such as `Allow`
 */
export function respondProblem(
  request: Request,
  requestId: string,
  thrown: unknown,
  headers?: Readonly<Record<string, string>>,
): Response {
  const error = toTaskError(thrown);
  const { status, retryAfterSeconds } = problemOf(error.code);
  const call = { requestId, method: request.method, path: maskSecrets(pathOf(request)) };
  // The caller has gone: nobody reads the answer, and the broken connection is no bug.
  const isOurs = status === 500 || error.code === "host_failing";
  if (isOurs && !request.signal.aborted)
    logger.error("Cannot answer {method} {path}: {error}", {
      ...call,
      error: maskSecrets(inspect(thrown)),
    });
  else
    logger.debug("{method} {path} {status} {code}: {detail}", {
      ...call,
      status,
      code: error.code,
      detail: maskSecrets(error.message),
    });
  const language = languageOf(request.headers.get("Accept-Language"));
  return respond({ status, body: problemBody(error, requestId, language) }, requestId, {
    ...(retryAfterSeconds !== undefined && { "Retry-After": String(retryAfterSeconds) }),
    ...headers,
  });
}

const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/**
 * Path with query, which the strong checksum covers. Both runtimes give it only in the form of the URL standard, in which `./` and
 * raw `"`, `ü` and the like are gone.
 */
export const pathOf = ({ url }: Request): string => url.replace(AUTHORITY, "");
