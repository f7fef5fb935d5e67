import { getLogger } from "@logtape/logtape";
import { maskSecrets } from "../../lib/mask.ts";
import type { Connection } from "../../runtime/runtime.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";
import { traceIdOf } from "../../telemetry/trace-context.ts";
import { pathOf } from "../answer.ts";
import { mayBeLong } from "../body.ts";

const log = getLogger(["pontus", "access"]);

/** What is found out about a call while it is answered. */
export type CallFacts = {
  /** The path with the names of its parameters; undefined unless the call is one of the API. */
  route?: string | undefined;
  clientCode?: string | undefined;
  taskId?: string | undefined;
  /** The trace context of what the call leads to. */
  readonly traceParent: string | undefined;
};

/** What goes with a request to whoever answers it. */
export type CallContext = {
  /** Absent where there is no server. */
  readonly connection?: Connection | undefined;
  /** To be added to. */
  readonly facts: CallFacts;
  /** Whether its body may be long. */
  readonly isLong: boolean;
};

/** Who hears of calls. */
export type ObservedPorts = {
  readonly telemetry: Telemetry;
  /** Whether each call has its line in the log. */
  readonly hasAccessLog: boolean;
};

type Answered = Response | Promise<Response>;

/** Has each call told when it is answered: what comes of a stream after its first byte is not. */
export function observed(
  answer: (request: Request, context: CallContext) => Answered,
  { telemetry, hasAccessLog }: ObservedPorts,
): (request: Request, connection?: Connection) => Answered {
  return (request, connection) => {
    const startMs = performance.now();
    const method = methodOf(request);
    const watch = telemetry.beginCall(method, request.headers.get("traceparent") ?? undefined);
    const facts: CallFacts = { traceParent: watch.traceParent };
    const told = (response: Response): Response => {
      const seconds = (performance.now() - startMs) / 1000;
      const { status } = response;
      const requestId = () => response.headers.get("X-Request-Id") ?? "";
      const route = facts.route ?? routeOf(request);
      const { clientCode, taskId } = facts;
      watch.end({ method, route, status, seconds, requestId, clientCode, taskId });
      if (hasAccessLog)
        log.info("{method} {path} {status}", {
          ...{ method, path: maskSecrets(pathOf(request)), status },
          milliseconds: Math.round(seconds * 1e6) / 1000,
          ...{ requestId: requestId(), clientCode, taskId },
          traceId: traceIdOf(facts.traceParent),
        });
      return response;
    };
    const answered = answer(request, { connection, facts, isLong: mayBeLong(request) });
    return answered instanceof Promise ? answered.then(told) : told(answered);
  };
}

const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Callers may make methods up. */
const methodOf = ({ method }: Request): string => (METHODS.includes(method) ? method : "other");

const ROUTES: readonly string[] = [
  ...["/", "/healthz", "/readyz", "/metrics", "/docs", "/openapi.json", "/openapi.yaml"],
];
/** Folders of files. */
const FOLDERS = /^\/(?:docs|ui)\//;

/** What is asked for beside the API: any other path is one that a caller made up. */
function routeOf(request: Request): string {
  const [path = ""] = pathOf(request).split("?");
  if (ROUTES.includes(path)) return path;
  const [folder] = FOLDERS.exec(path) ?? [];
  return folder === undefined ? "other" : `${folder}*`;
}
