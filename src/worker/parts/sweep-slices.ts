import type { SliceQueue } from "../../slices/slices.ts";
import type { SliceStore } from "./slice-store.ts";

/** Removes the slices of tasks that have ended: their files first, which are known only by their entries. */
export async function sweepSlices(
  {
    queue,
    store,
  }: { readonly queue: Pick<SliceQueue, "left" | "remove">; readonly store: SliceStore },
  signal: AbortSignal,
): Promise<void> {
  for (const { key, names } of await queue.left()) {
    signal.throwIfAborted();
    if (await store.remove(names, signal)) await queue.remove(key);
  }
}
