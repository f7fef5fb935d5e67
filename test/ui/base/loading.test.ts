import { expect, test } from "bun:test";
import { getEventListeners } from "node:events";
import { sleep } from "../../../src/ui/base/loading.js";

test("sleep() leaves nothing behind on the signal of a view that is shown for days", async () => {
  const { signal } = new AbortController();
  const sleeping = sleep(1, signal);
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  await sleeping;
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("sleep() ends at once with its view", async () => {
  const aborter = new AbortController();
  const sleeping = sleep(2 ** 31 - 1, aborter.signal);
  aborter.abort();
  await sleeping;
});
