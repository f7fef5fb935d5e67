import type { Config } from "../config/config.ts";
import { everything } from "../fleet/all-capabilities.ts";
import type { Fleet, SeenNode } from "../fleet/fleet.ts";
import type { Check } from "../http/health.ts";
import type { Queue } from "../queue/queue.ts";
import { TaskError } from "../task/errors.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";
import type { Node } from "./node.ts";
import { checksOf, type ReadinessParts, storeCheck } from "./readiness.ts";

/** A node that has not beaten for so long is none that tasks could be given to. */
const SILENT_MS = 30_000;

/** What a node that runs no tasks is made of. */
type ApiParts = ReadinessParts & {
  readonly fleet: Fleet;
  readonly queue: Pick<Queue, "expireLeases" | "announceWork">;
  readonly webhooks: Pick<Webhooks, "start">;
};

/** A node that answers calls and runs no tasks: what can be made is what the engines of the others can. */
export function apiNode(config: Config, parts: ApiParts): Node {
  const { fleet, queue, webhooks, intake, now } = parts;
  let timer: NodeJS.Timeout | undefined;
  let isBusy = false;
  // Where no worker is left, their tasks are told of as waiting all the same.
  const expire = (): void => {
    if (isBusy) return;
    isBusy = true;
    queue
      .expireLeases()
      .catch(() => {})
      .finally(() => {
        isBusy = false;
      });
  };
  return {
    capabilities: async () => (await fleet.capabilities()) ?? everything,
    planner: async () => {
      throw new TaskError(
        "service_unavailable",
        "Cannot plan: this node has no engine; ask one of PONTUS_ROLE all, or create the task",
      );
    },
    readiness: async () => {
      const [store, standings, worker] = [
        await storeCheck(parts, config),
        await intake.look(),
        await fleet.nodes().then(
          (nodes) => fleetCheck(nodes, now()),
          (error: Error) => ({ ok: false, detail: error.message }),
        ),
      ];
      const checks = { store, worker, ...checksOf(standings) };
      return { ready: Object.values(checks).every(({ ok }) => ok), checks };
    },
    working: () => undefined,
    begin: async (prepare) => {
      await prepare();
      // The first create asks for them.
      await fleet.capabilities().catch(() => {});
      webhooks.start();
      // As often as workers do, so that none takes a server that was away for one that was there.
      timer = setInterval(expire, config.leaseMs / 3);
      timer.unref();
    },
    finish: async () => {},
    stop: async () => clearInterval(timer),
    close: async () => {},
  };
}

/** No worker is no reason to take no tasks: they wait for one. */
function fleetCheck(nodes: readonly SeenNode[], nowMs: number): Check {
  const living = nodes.filter(({ seenMs }) => nowMs - seenMs < SILENT_MS);
  const sum = (of: (node: SeenNode) => number) => living.reduce((all, node) => all + of(node), 0);
  const [running, slots] = [sum((node) => node.running), sum((node) => node.slots)];
  const workers = living.length === 1 ? "1 worker" : `${living.length} workers`;
  return { ok: true, detail: `${workers}, ${running} of ${slots} slots in use`, running, slots };
}
