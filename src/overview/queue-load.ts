import type { ClientLoad, QueueLoad } from "./overview.ts";

/** How many tasks of a client wait and run. */
type LoadRow = Pick<ClientLoad, "clientCode" | "pending" | "running"> & {
  readonly oldestPendingMs: number | null;
};

/** What the database says of all clients together. */
type Totals = {
  readonly waiting: number;
  readonly nextDueMs: number | null;
  readonly oldestRunMs: number | null;
};

/** Of a queue that is empty. */
export const NO_TOTALS: Totals = { waiting: 0, nextDueMs: null, oldestRunMs: null };

/** How the queue stands, by the clients with pending or running tasks. */
export function queueLoad(
  rows: readonly LoadRow[],
  { waiting, nextDueMs, oldestRunMs }: Totals,
  clientsMax: number,
): QueueLoad {
  const clients = rows.map(loadOf);
  const sum = (field: "pending" | "running") =>
    clients.reduce((all, client) => all + client[field], 0);
  const oldestPendingMs = clients
    .flatMap((client) => client.oldestPendingMs ?? [])
    .reduce((least, ms) => Math.min(least, ms), Number.POSITIVE_INFINITY);
  return {
    pending: sum("pending"),
    waiting,
    running: sum("running"),
    ...(Number.isFinite(oldestPendingMs) && { oldestPendingMs }),
    ...(oldestRunMs !== null && { oldestRunMs }),
    ...(nextDueMs !== null && { nextDueMs }),
    clients: clients
      .toSorted((a, b) => b.pending - a.pending || b.running - a.running)
      .slice(0, clientsMax),
  };
}

const loadOf = ({ oldestPendingMs, ...load }: LoadRow): ClientLoad => ({
  ...load,
  ...(oldestPendingMs !== null && { oldestPendingMs }),
});
