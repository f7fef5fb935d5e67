import {
  MemoryFleet,
  type MemoryFleetOptions,
  memoryNode,
} from "../../../bench/simulation/memory/memory-fleet.ts";
import type { MemoryRow } from "../../../bench/simulation/memory/ready.ts";
import type { Queue } from "../../../src/queue/queue.ts";
import type { TaskStore } from "../../../src/store/store.ts";
import { TaskIds } from "../../../src/store/task-id.ts";
import { taskOf } from "../../../src/task/row.ts";
import type { TaskEvent } from "../../../src/task/task.ts";
import { QUEUE_LIMITS, type StoreBench } from "../../fixtures/store-bench.ts";

/** What a suite asks for that is no part of the simulation. */
const missing = (what: string): never => {
  throw new Error(`The simulation has no ${what}`);
};

/** A fleet in memory behind the ports of store and queue, with its whole log, for the suites of these ports. */
export function memoryBench(
  options: Partial<MemoryFleetOptions> = {},
  clock: StoreBench["clock"] = { nowMs: 1_700_000_000_000 },
): StoreBench & { readonly fleet: MemoryFleet } {
  const events = new Map<string, TaskEvent[]>();
  const fleet = new MemoryFleet({
    now: () => clock.nowMs,
    keepsEnded: true,
    ...QUEUE_LIMITS,
    onChange: ({ id }, more) => void events.set(id, [...(events.get(id) ?? []), ...more]),
    ...options,
  });
  const profiles = new Proxy({} as StoreBench["profiles"], {
    get: (_, name) => missing(`profiles.${String(name)}`),
  });
  const clients = {
    seed: async (all) => {
      for (const { clientCode, weight, runningMax } of all)
        fleet.turns.record(clientCode, { weight, runningMax });
    },
  } as Partial<StoreBench["clients"]> as StoreBench["clients"];
  return {
    fleet,
    clock,
    profiles,
    clients,
    tasks: tasksOf(fleet, events, clock),
    queue: queueOf(fleet),
  };
}

function tasksOf(
  fleet: MemoryFleet,
  events: ReadonlyMap<string, readonly TaskEvent[]>,
  clock: StoreBench["clock"],
): TaskStore {
  const ids = new TaskIds();
  const store: Partial<TaskStore> = {
    create: async (task) => {
      const id = ids.next(clock.nowMs);
      fleet.create(id, task, task.metadata?.["needs"]);
      return id;
    },
    get: async (_, id) => taskOf(fleet.rows.get(id)),
    list: async (clientCode, { status, limit }) => {
      const isMeant = (row: MemoryRow) =>
        row.clientCode === clientCode && (status === undefined || row.status === status);
      return { tasks: fleet.rows.all.filter(isMeant).slice(0, limit).map(taskOf) };
    },
    events: async (_, id, { afterSequence, limit }) =>
      (events.get(id) ?? []).filter(({ sequence }) => sequence > afterSequence).slice(0, limit),
    cancel: async (_, id) => taskOf(fleet.cancel(id)),
    retry: async (_, id) => taskOf(fleet.retry(id)),
    saveProgress: async (claim, progress) => fleet.saveProgress(claim, progress),
    saveTarget: async (claim, index, result) => fleet.saveTarget(claim, index, result),
    finish: async (claim, outcome) => fleet.finish(claim, outcome),
  };
  return new Proxy(store as TaskStore, {
    get: (all, name) => Reflect.get(all, name) ?? missing(`tasks.${String(name)}`),
  });
}

/** One node's queue. */
export function queueOf(fleet: MemoryFleet): Queue {
  const node = memoryNode();
  return {
    claim: async (worker) => fleet.claim(node, worker, 1)[0],
    claimMany: async (worker, max) => fleet.claim(node, worker, max),
    heartbeat: async (claim) => fleet.heartbeat(claim),
    giveBack: async (claim, reason) => fleet.giveBack(claim, reason),
    takeOver: async (workerId) => fleet.takeOver(workerId),
    expireLeases: async () => fleet.expireLeases(),
    nextDueMs: async (worker) => fleet.nextDueMs(node, worker),
    depth: async () => {
      const { pending, running } = fleet.rows.sizes;
      return { pending, running };
    },
    oldestDueMs: async () => {
      const due = fleet.rows.all.filter(
        (row) => row.status === "PENDING" && row.notBeforeMs === null,
      );
      const [oldest] = due.toSorted((a, b) => a.seq - b.seq);
      return oldest && (oldest.attempts.at(-1)?.endMs ?? oldest.createMs);
    },
    announceWork: () => {
      for (const { onWork } of node.listeners) onWork();
    },
    announceCancel: (taskId) => {
      for (const { onCancel } of node.listeners) onCancel(taskId);
    },
    listen: (listener) => {
      node.listeners.add(listener);
      return () => node.listeners.delete(listener);
    },
  };
}
