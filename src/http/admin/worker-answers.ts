import type { z } from "@hono/zod-openapi";
import type { Node, RunningSlice, SeenNode } from "../../fleet/fleet.ts";
import type { Instance } from "../../overview/overview.ts";
import type { DrainStanding } from "../../service/drain.ts";
import { formatTime } from "../../service/following/format-time.ts";
import type { DrainSchema, WorkersSchema } from "../schemas/worker-schemas.ts";

/** The instance that answers, if it runs tasks, or another one that tells of itself. */
export type KnownWorker = Omit<Node, "capabilities" | "abilities"> &
  Pick<SeenNode, "running" | "isDraining" | "hardware"> &
  Partial<Pick<SeenNode, "seenMs">>;

type WorkerAnswer = z.input<typeof WorkersSchema>["workers"][number];

const knownAnswer = (
  { id, running, slots, engine, engineVersion, version, host, zone, ...node }: KnownWorker,
  isThis: boolean,
  held: Instance | undefined,
  slices: readonly RunningSlice[],
): WorkerAnswer => ({
  worker_id: id,
  is_this: isThis,
  // What it said last is some seconds old; the rows of its tasks are not, but a run that ends may have none any more.
  running: isThis ? running : (held?.running ?? 0),
  live: held?.live ?? 0,
  slots,
  engine,
  engine_version: engineVersion,
  version,
  host,
  ...(zone !== "" && { zone }),
  ...(node.hardware !== null && { hardware: node.hardware }),
  draining: node.isDraining,
  start_time: formatTime(node.startedMs),
  ...(node.seenMs !== undefined && { seen_time: formatTime(node.seenMs) }),
  ...(held && !isThis && { lease_end_time: formatTime(held.leaseUntilMs) }),
  ...slicesOf(id, slices),
});

function slicesOf(workerId: string, all: readonly RunningSlice[]): Pick<WorkerAnswer, "slices"> {
  const own = all.filter((slice) => slice.workerId === workerId);
  const slices = own.map(({ taskId, index }) => ({ task_id: taskId, slice: index }));
  return own.length > 0 ? { slices } : {};
}

/** The instances that work, the own one first. @param fleet - what is in it, if there is one */
export function workersAnswer(
  instances: readonly Instance[],
  own: KnownWorker | undefined,
  {
    nodes,
    slices,
  }: { readonly nodes: readonly SeenNode[]; readonly slices: readonly RunningSlice[] },
): z.input<typeof WorkersSchema> {
  const heldBy = (id: string) => instances.find(({ workerId }) => workerId === id);
  const others = nodes.filter(({ id }) => id !== own?.id);
  const known = [own?.id, ...others.map(({ id }) => id)];
  const seenMs = nodes.find(({ id }) => id === own?.id)?.seenMs;
  const unknown = instances.filter(({ workerId }) => !known.includes(workerId));
  return {
    workers: [
      ...(own
        ? [
            knownAnswer(
              { ...own, ...(seenMs !== undefined && { seenMs }) },
              true,
              heldBy(own.id),
              slices,
            ),
          ]
        : []),
      ...others.map((node) => knownAnswer(node, false, heldBy(node.id), slices)),
      ...unknown.map(({ workerId, running, live, leaseUntilMs }) => ({
        worker_id: workerId,
        is_this: false,
        running,
        live,
        lease_end_time: formatTime(leaseUntilMs),
      })),
    ],
  };
}

/** How far a drain is. */
export const drainAnswer = (standing: DrainStanding): z.input<typeof DrainSchema> =>
  standing.isOn
    ? {
        draining: true,
        running: standing.running,
        drained: standing.isDone,
        since_time: formatTime(standing.sinceMs),
        hand_back_time:
          standing.handBackMs === undefined ? undefined : formatTime(standing.handBackMs),
        handed_back: standing.handedBack,
      }
    : { draining: false, running: standing.running, drained: false };

/** The same of another node: what is wanted of it, and how far it is as it said last. */
export const orderAnswer = (node: SeenNode): z.input<typeof DrainSchema> => ({
  draining: node.isToDrain || node.isDraining,
  running: node.running,
  drained: node.isDraining && node.running === 0,
  hand_back_time:
    node.isToDrain && node.handBackMs !== null ? formatTime(node.handBackMs) : undefined,
});
