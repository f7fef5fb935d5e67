import { Hono } from "hono";
import type { Queue } from "../queue/queue.ts";
import type { CreateTaskPorts } from "../service/create-task.ts";
import type { ClientStore, ProfileStore, TaskStore } from "../store/store.ts";
import { TaskError } from "../task/errors.ts";
import { pathOf, requestIdOf, respondProblem } from "./answer.ts";
import { serveDocs } from "./docs.ts";
import { type Readiness, serveHealth } from "./health.ts";
import { serveProfiles } from "./profiles.ts";
import { serveTasks } from "./tasks.ts";

/** What the HTTP edge needs. Given by `app.ts`. */
export type HttpPorts = Pick<CreateTaskPorts, "storages" | "capabilities"> & {
  readonly tasks: Pick<
    TaskStore,
    "create" | "findByIdempotency" | "get" | "list" | "cancel" | "retry"
  >;
  readonly profiles: ProfileStore;
  readonly clients: ClientStore;
  readonly queue: Pick<Queue, "announceWork" | "announceCancel">;
  /** ms since the epoch */
  readonly now: () => number;
  /** How far a caller's clock may differ from ours. */
  readonly clockSkewMs: number;
  /** Larger bodies are refused. */
  readonly bodyBytesMax: number;
  /** More targets of one task are refused. */
  readonly targetsMax: number;
  /** The profile of a task whose caller names none. */
  readonly defaultProfile: string;
  readonly readiness: () => Promise<Readiness>;
  /** The service's own version, for the description of the API. */
  readonly version: string;
};

/** The HTTP edge: one function from a request to its answer. It never throws. */
export type HttpApp = {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Loads the schemas of requests, so that no call has to wait for them. */
  readonly prepare: () => Promise<void>;
};

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** `/api/v2`, `/api/v2/task`: an unknown version. */
const OTHER_VERSION = /^\/api\/v(?![01](?:\/|$))/;

/** Puts the routes together. */
export function createHttpApp(ports: HttpPorts): HttpApp {
  const app = new Hono();
  serveTasks(app, ports);
  serveProfiles(app, ports);
  serveHealth(app, ports);
  serveDocs(app, ports);

  const methodsOf = (path: string): readonly string[] =>
    METHODS.filter((method) => app.router.match(method, path)[0].length > 0);

  app.notFound(({ req }) => {
    const requestId = requestIdOf(req.raw);
    const refuse = (error: TaskError, headers?: Record<string, string>): Response =>
      respondProblem(req.raw, requestId, error, headers);
    if (OTHER_VERSION.test(req.path))
      return refuse(new TaskError("invalid_version", "Cannot answer: there is no such version"));
    const methods = methodsOf(req.path);
    if (methods.length === 0)
      return refuse(new TaskError("no_such_resource", "Cannot answer: nothing is at this path"));
    // The router answers HEAD like GET.
    const allowed = methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
    return refuse(new TaskError("method_not_allowed", "Cannot answer: another method is needed"), {
      Allow: allowed.join(", "),
    });
  });
  app.onError((error, { req }) => respondProblem(req.raw, requestIdOf(req.raw), error));
  const { bodyBytesMax } = ports;
  return {
    fetch: (request) =>
      mayBeLong(request, bodyBytesMax)
        ? answerLong(app, addressed(request), bodyBytesMax)
        : app.fetch(addressed(request)),
    prepare: async () => {
      await Promise.all([
        import("./input.ts"),
        import("./routes/task-routes.ts"),
        import("./routes/profile-routes.ts"),
      ]);
    },
  };
}

/** Stands in for a missing or invalid host of a request: nothing here depends on it. */
const NO_HOST = "http://localhost";

/**
 * The request with a whole URL. A request of HTTP/1.0, or with an invalid host, comes without one, and is answered by its path.
 */
function addressed(request: Request): Request {
  if (URL.canParse(request.url)) return request;
  const url = `${NO_HOST}${pathOf(request)}`;
  return new Request(URL.canParse(url) ? url : NO_HOST, request);
}

const toldBytes = ({ headers }: Request): number => Number(headers.get("Content-Length"));

/** Whether a body has a length that is too large, or no length. */
const mayBeLong = (request: Request, bodyBytesMax: number): boolean =>
  toldBytes(request) > bodyBytesMax || request.headers.has("Transfer-Encoding");

/**
 * Answers a call, and has its connection closed if its body may be too large: a server would read all of the body, gigabytes of it,
 * to find the next request.
 */
async function answerLong(app: Hono, request: Request, bodyBytesMax: number): Promise<Response> {
  const response = await app.fetch(request);
  if (response.status >= 400 || toldBytes(request) > bodyBytesMax)
    response.headers.set("Connection", "close");
  return response;
}
