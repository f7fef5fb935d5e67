import type { Queue } from "../../src/queue/queue.ts";
import type { DatabaseModel } from "./database-model.ts";
import { type MemoryFleet, memoryNode } from "./memory/memory-fleet.ts";
import type { Notices } from "./notices.ts";
import type { Living, VirtualTime } from "./virtual-time.ts";

/** What the queues of all nodes are made of. */
export type QueueParts = {
  readonly time: VirtualTime;
  readonly database: DatabaseModel;
  readonly fleet: MemoryFleet;
  readonly notices: Notices;
};

/** The queue of one node, as `src/queue/postgres/postgres.ts` asks the database, over memory. */
export function simQueue(
  { time, database, fleet, notices }: QueueParts,
  who: Living & { readonly isKeeper: boolean },
): Queue {
  const node = memoryNode();
  const nextDueMs: Queue["nextDueMs"] = async (worker) => {
    await database.call(fleet.rows.ready.count > 0 ? "look" : "lookNone", who);
    const dueMs = fleet.nextDueMs(node, worker);
    return dueMs !== undefined && dueMs > time.now() ? dueMs + notices.pauseMs() : dueMs;
  };
  const claimMany: NonNullable<Queue["claimMany"]> = async (worker, max) => {
    if (!node.isBusy) {
      const dueMs = await nextDueMs(worker);
      if (dueMs === undefined || dueMs > time.now()) return [];
    }
    return database.claim(who, () => fleet.claimUnderLock(node, worker, max));
  };
  return {
    claimMany,
    nextDueMs,
    idleMs: () => notices.idleMs(),
    claim: async (worker) => (await claimMany(worker, 1))[0],
    heartbeat: async (claim) => {
      // Nobody waits for the answer while it comes soon.
      await database.call("heartbeat", who, false);
      return fleet.heartbeat(claim);
    },
    giveBack: async (claim, reason) => {
      await database.call("giveBack", who);
      fleet.giveBack(claim, reason);
    },
    takeOver: async (workerId) => fleet.takeOver(workerId),
    expireLeases: async () => {
      if (!who.isKeeper) return 0;
      await database.call("expire", who, false);
      return fleet.expireLeases();
    },
    depth: async () => fleet.rows.sizes,
    oldestDueMs: async () => undefined,
    announceWork: () => {},
    announceCancel: () => {},
    listen: ({ onWork }) => notices.listen(who, onWork),
  };
}
