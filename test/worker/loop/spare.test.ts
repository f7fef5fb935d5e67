import { expect, test } from "bun:test";
import type { Work } from "../../../src/queue/queue.ts";
import { ClaimLoop } from "../../../src/worker/loop/claim-loop.ts";

const NOW = 1_000;

/** Runs a loop until nothing more happens, and tells what began in which order. */
async function begun({ tasks, slices, slots }: Record<"tasks" | "slices" | "slots", number>) {
  const began: string[] = [];
  const stopping = new AbortController();
  let waiting = tasks;
  let spare = slices;
  const loop: ClaimLoop = new ClaimLoop({
    queue: {
      claim: async () => (waiting-- > 0 ? ({} as Work) : undefined),
      nextDueMs: async () => (waiting > 0 ? NOW : undefined),
    },
    self: { id: "a", engine: "native" },
    freeSlots: () => slots - began.length,
    begin: () => void began.push("task"),
    spare: async () => {
      if (spare-- <= 0) return false;
      began.push("slice");
      // A task is created while a slice begins.
      if (slices === 2 && spare === 1) waiting = 1;
      return true;
    },
    stopping: stopping.signal,
    now: () => NOW,
    pause: async (ms) => {
      if (ms > 0) stopping.abort();
    },
  });
  await loop.run();
  return began;
}

test.each([
  [{ tasks: 2, slices: 2, slots: 3 }, ["task", "task", "slice"]],
  [{ tasks: 0, slices: 3, slots: 3 }, ["slice", "slice", "slice"]],
  [{ tasks: 0, slices: 2, slots: 3 }, ["slice", "task", "slice"]],
  [{ tasks: 3, slices: 2, slots: 2 }, ["task", "task"]],
  [{ tasks: 0, slices: 0, slots: 2 }, []],
])("of %o begin %o: a slice only where no task waits", async (given, expected) => {
  expect(await begun(given)).toEqual(expected);
});
