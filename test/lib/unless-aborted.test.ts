import { expect, test } from "bun:test";
import { unlessAborted } from "../../src/lib/unless-aborted.ts";

test("unlessAborted() gives what comes first, and leaves nothing that fails unheard", async () => {
  const stop = new AbortController();
  expect(await unlessAborted(Promise.resolve(1), stop.signal)).toBe(1);
  const { promise, reject } = Promise.withResolvers<never>();
  const waiting = unlessAborted(promise, stop.signal);
  stop.abort("enough");
  await expect(waiting).rejects.toBe("enough");
  // An unhandled rejection would fail this file.
  await expect(unlessAborted(promise, stop.signal)).rejects.toBe("enough");
  reject(new Error("late"));
  await new Promise((resolve) => setTimeout(resolve, 10));
});
