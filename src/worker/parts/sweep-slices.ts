import type { SliceQueue } from "../../slices/slices.ts";
import type { SliceStore } from "./slice-store.ts";

/** How long nothing is tried after something could not be removed: the store is away, or refuses it to all workers. */
const REST_MS = 60_000;

/** What is swept, and by which clock, in ms. */
export type SweepParts = {
  readonly queue: Pick<SliceQueue, "left" | "remove">;
  readonly store: Pick<SliceStore, "remove">;
  readonly now: () => number;
};

/** What removes the slices of tasks that have ended: their files first, which are known only by their entries. */
export function slicesSweeper({ queue, store, now }: SweepParts) {
  let restUntilMs = Number.NEGATIVE_INFINITY;
  return async (signal: AbortSignal): Promise<void> => {
    if (now() < restUntilMs) return;
    let areGone = true;
    for (const { key, names } of await queue.left()) {
      signal.throwIfAborted();
      if (await store.remove(names, signal)) await queue.remove(key);
      else areGone = false;
    }
    if (!areGone) restUntilMs = now() + REST_MS;
  };
}
