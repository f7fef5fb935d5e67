import type { Queue } from "../../queue/queue.ts";
import { Membership, type MembershipParts } from "./membership.ts";
import { rehearse } from "./rehearse.ts";

/** Makes a node one of its fleet. By then it has rehearsed a task, so that the first that it is given begins as soon as any. */
export async function joinFleet(
  queue: Pick<Queue, "rehearse">,
  parts: MembershipParts,
): Promise<Membership> {
  // The first task would load it.
  await Promise.all([rehearse(queue, parts.node), import("../output/verify-products.ts")]);
  const membership = new Membership(parts);
  await membership.start();
  return membership;
}
