import type { z } from "@hono/zod-openapi";
import { getLogger } from "@logtape/logtape";
import type { Hono } from "hono";
import type { Fleet } from "../../fleet/fleet.ts";
import type { Overview } from "../../overview/overview.ts";
import { reachOf } from "../../service/client-reach.ts";
import type { Drain } from "../../service/drain.ts";
import { cancelTask, retryTask, type TaskPorts } from "../../service/manage-tasks.ts";
import {
  addClient,
  type ClientChange,
  changeClient,
  type OperatedClients,
  rotateKeys,
} from "../../service/operate-clients.ts";
import { contractCode, ERROR_CODES, TaskError } from "../../task/errors.ts";
import type { Answer } from "../answer.ts";
import { CALLS, type CallAddress } from "../calls.ts";
import { type Call, type EndpointPorts, serving } from "../endpoint.ts";
import type { AdminTaskQuery, ChangeClient, LimitsSchema } from "../schemas/admin-schemas.ts";
import {
  adminTaskAnswer,
  clientAnswer,
  clientWithKeys,
  newClientAnswer,
  queueAnswer,
} from "./admin-answers.ts";
import { drainAnswer, type KnownWorker, orderAnswer, workersAnswer } from "./worker-answers.ts";

const logger = getLogger(["pontus", "http"]);

/** How many clients the answer about the queue names. */
const LOADS_MAX = 100;

/** What the calls of operators need. */
export type AdminPorts = {
  /** Gives the same each time. */
  readonly overview: () => Promise<Overview>;
  readonly clients: OperatedClients;
  readonly drain: Pick<Drain, "begin" | "end" | "standing" | "isOn">;
  /** The nodes that run tasks; absent on a single machine. */
  readonly fleet?: Pick<Fleet, "nodes" | "order" | "slices">;
  /** Undefined while the service starts, and where it runs no tasks. */
  readonly ownWorker: () => KnownWorker | undefined;
  /** Whether this service takes tasks up. */
  readonly isTaking: () => boolean;
  readonly limits: z.input<typeof LimitsSchema>;
};

const routes = async () => ({
  ...(await import("../routes/admin-routes.ts")),
  ...(await import("../routes/standing-routes.ts")),
});
type Routes = Awaited<ReturnType<typeof routes>>;
type Handle<Name extends keyof Routes> = (call: Call<Routes[Name]>) => Promise<Answer>;

/** How a call is served to operators alone: whoever is none is told nothing, whatever it asks for. */
type OnAdmin = <Name extends keyof Routes>(
  address: CallAddress,
  name: Name,
  handle: Handle<Name>,
) => void;

const tasksQuery = (query: z.output<typeof AdminTaskQuery>) => {
  const { status, code, client_code, profile_name, created_before, created_after } = query;
  const { metadata, limit, cursor } = query;
  return {
    limit,
    ...(status && { statuses: status }),
    ...(code && {
      codes: ERROR_CODES.filter((each) => code.includes(contractCode(each))),
    }),
    ...(client_code !== undefined && { clientCode: client_code }),
    ...(profile_name !== undefined && { profileName: profile_name }),
    ...(created_before !== undefined && { createdBeforeMs: created_before }),
    ...(created_after !== undefined && { createdAfterMs: created_after }),
    ...(metadata && { metadata }),
    ...(cursor !== undefined && { cursor }),
  };
};

const clientChange = (body: z.output<typeof ChangeClient>): ClientChange => ({
  ...(body.admin !== undefined && { admin: body.admin }),
  ...(body.disabled !== undefined && { disabled: body.disabled }),
  ...(body.strong_only !== undefined && { strongOnly: body.strong_only }),
  ...(body.weight !== undefined && { weight: body.weight }),
  ...(body.pending_max !== undefined && { pendingMax: body.pending_max }),
  ...(body.running_max !== undefined && { runningMax: body.running_max }),
  ...(body.requests_per_second !== undefined && { requestsPerSecond: body.requests_per_second }),
  ...(body.notification !== undefined && { notification: body.notification }),
  ...(body.webhook_secrets !== undefined && { webhookSecrets: body.webhook_secrets }),
  ...(body.second_public_key === null && { second: null }),
});

/** Serves the calls of operators. */
export function serveAdmin(
  app: Hono,
  ports: EndpointPorts & TaskPorts & { readonly admin: AdminPorts },
): void {
  const serve = serving(app, ports, routes);
  const on: OnAdmin = (address, name, handle) =>
    serve(address, name, async (call) => {
      if (!call.caller.admin)
        throw new TaskError("access_denied", "Cannot do this: the client is no operator");
      return handle(call);
    });
  serveTasksOfAll(on, ports);
  serveClients(on, ports.admin);
  serveStanding(on, ports.admin, ports.now);
}

function serveTasksOfAll(on: OnAdmin, ports: TaskPorts & { readonly admin: AdminPorts }): void {
  const { overview } = ports.admin;

  on(CALLS.listAllTasks, "listAllTasksRoute", async ({ language, read }) => {
    const { query } = await read();
    const { tasks, nextCursor } = await (await overview()).tasks(tasksQuery(query));
    const shown = tasks.map((seen) => adminTaskAnswer(seen, language));
    return { status: 200, body: { tasks: shown, next_cursor: nextCursor } };
  });

  on(CALLS.readAnyTask, "readAnyTaskRoute", async ({ language, param }) => {
    const seen = await (await overview()).task(param("task_id"));
    return { status: 200, body: adminTaskAnswer(seen, language) };
  });

  on(CALLS.cancelAnyTask, "cancelAnyTaskRoute", async ({ caller, language, param }) => {
    const id = param("task_id");
    const { task, workerId } = await (await overview()).task(id);
    const now = await cancelTask(ports, task.clientCode, id);
    note(caller.clientCode, `cancelled task ${id} of client ${task.clientCode}`);
    const isRunning = now.status === "RUNNING";
    const seen = { task: now, ...(isRunning && workerId !== undefined && { workerId }) };
    return { status: isRunning ? 202 : 200, body: adminTaskAnswer(seen, language) };
  });

  on(CALLS.retryAnyTask, "retryAnyTaskRoute", async ({ caller, language, param }) => {
    const id = param("task_id");
    const { clientCode } = (await (await overview()).task(id)).task;
    const task = await retryTask(ports, { clientCode, pendingMax: 0, reach: null }, id);
    note(caller.clientCode, `retried task ${id} of client ${clientCode}`);
    return { status: 200, body: adminTaskAnswer({ task }, language) };
  });
}

function serveClients(on: OnAdmin, { clients }: AdminPorts): void {
  on(CALLS.listClients, "listClientsRoute", async ({ read }) => {
    const { limit, cursor = "" } = (await read()).query;
    // One more than asked for shows whether there is a next page.
    const found = await clients.list(cursor, limit + 1);
    const shown = found.slice(0, limit);
    const next_cursor = found.length > limit ? shown.at(-1)?.clientCode : undefined;
    return { status: 200, body: { clients: shown.map(clientAnswer), next_cursor } };
  });

  on(CALLS.addClient, "addClientRoute", async ({ caller, read }) => {
    const { body } = await read();
    const client = await addClient(clients, {
      clientCode: body.client_code,
      ...(body.public_key !== undefined && { publicKey: body.public_key }),
      ...(body.private_key !== undefined && { privateKey: body.private_key }),
      admin: body.admin ?? false,
      strongOnly: body.strong_only ?? false,
      weight: body.weight ?? 1,
      pendingMax: body.pending_max ?? null,
      runningMax: body.running_max ?? null,
      requestsPerSecond: body.requests_per_second ?? null,
      notification: body.notification ?? null,
      ...(body.webhook_secrets !== undefined && { webhookSecrets: body.webhook_secrets }),
      reach: reachOf(body),
    });
    note(caller.clientCode, `added client ${client.clientCode}`);
    return { status: 200, body: newClientAnswer(client) };
  });

  on(CALLS.changeClient, "changeClientRoute", async ({ caller, read, param }) => {
    const { body } = await read();
    const code = param("client_code");
    const client = await changeClient(clients, caller, code, clientChange(body));
    note(caller.clientCode, `changed client ${code}: ${Object.keys(body).join(", ")}`);
    return { status: 200, body: clientAnswer(client) };
  });

  on(CALLS.rotateKeys, "rotateKeysRoute", async ({ caller, read, param }) => {
    const { body } = await read();
    const code = param("client_code");
    const client = await rotateKeys(clients, code, body.keep_old ?? true);
    note(caller.clientCode, `rotated the keys of client ${code}`);
    return { status: 200, body: clientWithKeys(client) };
  });
}

function serveStanding(on: OnAdmin, ports: AdminPorts, now: () => number): void {
  const { overview, ownWorker, isTaking, limits, fleet } = ports;

  on(CALLS.readQueue, "readQueueRoute", async () => {
    const load = await (await overview()).queue(LOADS_MAX);
    return { status: 200, body: queueAnswer(load, now(), isTaking()) };
  });

  on(CALLS.listWorkers, "listWorkersRoute", async () => {
    const instances = await (await overview()).instances();
    const nodes = (await fleet?.nodes()) ?? [];
    const slices = (await fleet?.slices()) ?? [];
    return { status: 200, body: workersAnswer(instances, ownWorker(), { nodes, slices }) };
  });

  on(CALLS.readLimits, "readLimitsRoute", async () => ({ status: 200, body: limits }));

  serveDrains(on, ports, now);
}

function serveDrains(on: OnAdmin, ports: AdminPorts, now: () => number): void {
  const { drain, ownWorker, fleet } = ports;
  const isOwn = (id: string | undefined): id is undefined =>
    id === undefined || id === ownWorker()?.id;

  on(CALLS.readDrain, "readDrainRoute", async ({ read }) => {
    const { worker_id: id } = (await read()).query;
    if (isOwn(id)) return { status: 200, body: drainAnswer(drain.standing()) };
    const node = (await fleet?.nodes())?.find((each) => each.id === id);
    return { status: 200, body: orderAnswer(node ?? noSuchWorker(id)) };
  });

  on(CALLS.beginDrain, "beginDrainRoute", async ({ caller, read }) => {
    const { worker_id: id, hand_back_after_seconds: seconds } = (await read()).body;
    const afterMs = seconds === undefined ? undefined : seconds * 1000;
    if (isOwn(id)) {
      const standing = drain.begin(afterMs);
      note(caller.clientCode, "began to drain this service");
      return { status: 200, body: drainAnswer(standing) };
    }
    const handBackMs = afterMs === undefined ? null : now() + Math.round(afterMs);
    const node = (await fleet?.order(id, { isToDrain: true, handBackMs })) ?? noSuchWorker(id);
    note(caller.clientCode, `began to drain worker ${id}`);
    return { status: 200, body: orderAnswer(node) };
  });

  on(CALLS.endDrain, "endDrainRoute", async ({ caller, read }) => {
    const { worker_id: id } = (await read()).query;
    if (isOwn(id)) {
      const standing = drain.end();
      note(caller.clientCode, "ended the drain of this service");
      return { status: 200, body: drainAnswer(standing) };
    }
    const order = { isToDrain: false, handBackMs: null };
    const node = (await fleet?.order(id, order)) ?? noSuchWorker(id);
    note(caller.clientCode, `ended the drain of worker ${id}`);
    return { status: 200, body: orderAnswer(node) };
  });
}

function noSuchWorker(id: string): never {
  throw new TaskError("no_such_resource", `Cannot find worker "${id}": there is none`);
}

/** Tells in the log who has changed something. */
const note = (clientCode: string, what: string): void =>
  logger.info("Operator {clientCode} {what}", { clientCode, what });
