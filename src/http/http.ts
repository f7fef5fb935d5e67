import type { Hono } from "hono";
import type { EventFeed } from "../events/events.ts";
import { sleep } from "../lib/sleep.ts";
import type { Queue } from "../queue/queue.ts";
import type { Connection } from "../runtime/runtime.ts";
import type { CreateTaskPorts } from "../service/create-task.ts";
import { OpenStreams, type StreamLimits } from "../service/following/open-streams.ts";
import type { NotificationPorts } from "../service/notifying/notifications.ts";
import type { PlanPorts } from "../service/plan-new-task.ts";
import { type Rates, RequestRates } from "../service/rates/request-rates.ts";
import type { MediaKeys, ProfileStore, TaskStore } from "../store/store.ts";
import { TaskError } from "../task/errors.ts";
import { UNWATCHED } from "../telemetry/telemetry.ts";
import type { AdminPorts } from "./admin/admin.ts";
import { pathOf, requestIdOf, respondProblem } from "./answer.ts";
import { Bodies } from "./bodies.ts";
import { toldBytes } from "./body.ts";
import { CALLS, type CallAddress } from "./calls.ts";
import type { EndpointPorts } from "./endpoint.ts";
import { type HealthPorts, serveHealth } from "./health.ts";
import type { MediaPorts } from "./media/media.ts";
import { type CallContext, type ObservedPorts, observed } from "./observe/observed.ts";
import { UnderWay } from "./observe/under-way.ts";
import { serveProfiles } from "./profiles.ts";
import { loadPatterns, newApp, patternsFor } from "./routing/call-router.ts";
import { serveLater } from "./routing/later.ts";
import { PAGES } from "./routing/pages.ts";
import { serveTasks } from "./tasks.ts";

/** What the HTTP edge needs. Given by `app.ts`. */
export type HttpPorts = Pick<
  CreateTaskPorts,
  "storages" | "judgesWithin" | "capabilities" | "refuseWhileClosed"
> &
  HealthPorts &
  Partial<ObservedPorts> &
  Pick<PlanPorts, "planner" | "planTimeoutMs"> &
  StreamLimits & {
    readonly tasks: Pick<
      TaskStore,
      "create" | "findByIdempotency" | "get" | "list" | "logs" | "cancel" | "retry" | "remove"
    >;
    readonly notifications: NotificationPorts["notifications"];
    readonly profiles: ProfileStore;
    /** The keys that segments are encrypted with. */
    readonly mediaKeys: Pick<MediaKeys, "close" | "made" | "idOf">;
    readonly clients: EndpointPorts["clients"];
    readonly events: EventFeed;
    readonly queue: Pick<Queue, "announceWork" | "announceCancel">;
    /** ms since the epoch */
    readonly now: () => number;
    /** How far a caller's clock may differ from ours. */
    readonly clockSkewMs: number;
    /** Larger bodies are refused. */
    readonly bodyBytesMax: number;
    /** What the bodies of all calls may take together while they are read and answered. */
    readonly bodiesBytesMax: number;
    /** How many calls a client may make a second while others call, too, if its record does not say; 0 is any number. */
    readonly requestsPerSecond: number;
    /** What counts them where several nodes do; without it this one counts its own. */
    readonly rates?: Rates;
    /** More targets of one task are refused. */
    readonly targetsMax: number;
    /** How many plans are made at once; 0 is none. */
    readonly plansMax: number;
    /** How many tasks of a client may be pending, where its record does not say; 0 is any number. */
    readonly pendingMax: number;
    /** The profile of a task whose caller names none. */
    readonly defaultProfile: string;
    /** Without it files are neither put in nor read out by calls. */
    readonly media?: MediaPorts;
    /** Without it the calls of operators are not served. */
    readonly admin?: AdminPorts;
    /** What this node does: a `worker` answers only how it stands, and what operators ask of itself. */
    readonly role?: "all" | "api" | "worker";
  };

/** The HTTP edge: one function from a request to its answer. It never throws. */
export type HttpApp = {
  /** @param connection - what holds it open; absent where there is none */
  readonly fetch: (request: Request, connection?: Connection) => Response | Promise<Response>;
  /**
   * Loads what reads requests, so that no call has to wait for it: what creates tasks, and all other that is frequent once the calls that are
   * under way are answered.
   *
   * @param isForOne - whether a single task is created: then nothing else is loaded
   */
  readonly prepare: (isForOne: boolean) => Promise<void>;
};

/** What all signed calls share. */
type SignedPorts = HttpPorts & {
  readonly bodies: Bodies;
  readonly rates: Rates;
  readonly streams: OpenStreams;
};

/** How long those are waited for: a first create, which waits for the engine, takes less. */
const CALLS_MS_MAX = 1_000;

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** `/api/v2`, `/api/v2/task`: an unknown version. */
const OTHER_VERSION = /^\/api\/v(?![01](?:\/|$))/;

/** Puts the routes together. */
export function createHttpApp(ports: HttpPorts): HttpApp {
  const app = newApp();
  const { bodyBytesMax } = ports;
  const signed: SignedPorts = {
    ...ports,
    bodies: new Bodies(ports.bodiesBytesMax, bodyBytesMax),
    rates: ports.rates ?? new RequestRates(ports.requestsPerSecond),
    streams: new OpenStreams(ports),
  };
  serveHealth(app, ports);
  if (ports.role === "worker") serveOperators(app, signed, OF_WORKERS);
  else {
    serveTasks(app, signed);
    serveProfiles(app, signed);
    serveRarer(app, signed);
  }

  const methodsOf = (path: string): readonly string[] =>
    METHODS.filter((method) => app.router.match(method, path)[0].length > 0);

  app.notFound(({ req }) => {
    const requestId = requestIdOf(req.raw);
    const refuse = (error: TaskError, headers?: Record<string, string>): Response =>
      respondProblem(req.raw, requestId, error, headers);
    if (OTHER_VERSION.test(req.path))
      return refuse(new TaskError("invalid_version", "Cannot answer: there is no such version"));
    const methods = methodsOf(req.path);
    if (methods.length === 0) {
      const why = ports.role === "worker" ? "this node only runs tasks" : "nothing is at this path";
      return refuse(new TaskError("no_such_resource", `Cannot answer: ${why}`));
    }
    // The router answers HEAD like GET.
    const allowed = methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
    return refuse(new TaskError("method_not_allowed", "Cannot answer: another method is needed"), {
      Allow: allowed.join(", "),
    });
  });
  app.onError((error, { req }) => respondProblem(req.raw, requestIdOf(req.raw), error));
  const calls = new UnderWay();
  const { telemetry = UNWATCHED, hasAccessLog = false } = ports;
  const answer = (request: Request, context: CallContext): Response | Promise<Response> =>
    // A server reads the rest of a body to find the next request. Of a short one it does no harm, and spares a new connection.
    context.isLong ? answerLong(app, request, context, bodyBytesMax) : app.fetch(request, context);
  const fetch = observed(
    (request, context) => {
      if (hasTwoHosts(request)) return refuseTwoHosts(request);
      return whenLoaded(patternsFor(app, request), request, () => answer(request, context));
    },
    { telemetry, hasAccessLog },
  );
  return {
    fetch: (request, connection) => calls.follow(fetch(addressed(request), connection)),
    prepare: (isForOne) => prepare(isForOne, calls),
  };
}

async function prepare(isForOne: boolean, calls: UnderWay): Promise<void> {
  await Promise.all([
    loadPatterns(),
    import("./input.ts"),
    import("../service/create-task.ts"),
    import("./routes/create-route.ts"),
  ]);
  if (isForOne) return;
  // Loading would hold up those that have waited for the start.
  await sleep(CALLS_MS_MAX, calls.ended());
  await Promise.all([
    import("./answers.ts"),
    import("../service/manage-tasks.ts"),
    import("./routes/task-routes.ts"),
    import("./routes/profile-routes.ts"),
    import("./routes/event-routes.ts"),
  ]);
}

const OF_OPERATORS = Object.values(CALLS).filter(({ path }) => path.includes("/admin/"));
/** The calls of operators that are about a node itself. */
const { readQueue, listWorkers, readLimits, readDrain, beginDrain, endDrain } = CALLS;
const OF_WORKERS = [readQueue, listWorkers, readLimits, readDrain, beginDrain, endDrain];

function serveOperators(app: Hono, ports: SignedPorts, calls: readonly CallAddress[]): void {
  const { admin } = ports;
  if (!admin) return;
  serveLater(app, calls, async () => {
    const { serveAdmin } = await import("./admin/admin.ts");
    return (inner) => serveAdmin(inner, { ...ports, admin });
  });
}

/** Serves what most services are asked for seldom or never: nothing of it is loaded before. */
function serveRarer(app: Hono, ports: SignedPorts): void {
  const { media } = ports;
  serveLater(app, [CALLS.readEvents, CALLS.readTaskEvents], async () => {
    const { serveEvents } = await import("./events/serve-events.ts");
    return (inner) => serveEvents(inner, ports);
  });
  serveLater(app, [CALLS.planTask, CALLS.readTaskLog, CALLS.readTaskKey], async () => {
    const [{ serveInsight }, { PlanSlots }] = await Promise.all([
      import("./insight/serve-insight.ts"),
      import("../service/plan-slots.ts"),
    ]);
    return (inner) => serveInsight(inner, { ...ports, planSlots: new PlanSlots(ports.plansMax) });
  });
  serveLater(app, [CALLS.listNotifications, CALLS.replayNotification], async () => {
    const { serveNotifications } = await import("./notifications/serve-notifications.ts");
    return (inner) => serveNotifications(inner, ports);
  });
  if (media)
    serveLater(app, [CALLS.readMediaPlaces, CALLS.readMedia, CALLS.uploadMedia], async () => {
      const { serveMedia } = await import("./media/media.ts");
      return (inner) => serveMedia(inner, { ...ports, media });
    });
  serveOperators(app, ports, OF_OPERATORS);
  serveLater(app, PAGES, async () => {
    const [{ serveDocs }, { serveDashboard }] = await Promise.all([
      import("./docs.ts"),
      import("./dashboard/dashboard.ts"),
    ]);
    return (inner) => {
      serveDocs(inner, ports);
      serveDashboard(inner, ports);
    };
  });
}

/** Answers once something is loaded that the answer needs. */
const whenLoaded = (
  loading: Promise<void> | undefined,
  request: Request,
  answer: () => Response | Promise<Response>,
): Response | Promise<Response> =>
  loading
    ? loading.then(answer, (error) => respondProblem(request, requestIdOf(request), error))
    : answer();

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

/** Several headers of one name come joined by a comma, which no host has in its name. */
const hasTwoHosts = ({ headers }: Request): boolean => headers.get("Host")?.includes(",") === true;

/**
 * A proxy may have chosen by the one what the service answers by the other.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2
 */
function refuseTwoHosts(request: Request): Response {
  const error = new TaskError("invalid_parameter", "Cannot read the request: it has two hosts");
  return respondProblem(request, requestIdOf(request), error, { Connection: "close" });
}

/**
 * Answers a call, and has its connection closed if it is refused with its body unread, or may have more of it than is taken: all of it
 * would be read, gigabytes of it.
 */
async function answerLong(
  app: Hono,
  request: Request,
  context: CallContext,
  bodyBytesMax: number,
): Promise<Response> {
  const response = await app.fetch(request, context);
  const isUnread = !request.bodyUsed || request.headers.has("Transfer-Encoding");
  const isRefused = response.status >= 400;
  // A file is larger, and was read to its end where it was taken.
  const isLong = toldBytes(request) > bodyBytesMax && (isRefused || !request.bodyUsed);
  if ((isRefused && isUnread) || isLong) response.headers.set("Connection", "close");
  return response;
}
