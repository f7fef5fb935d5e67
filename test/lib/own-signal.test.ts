import { describe, expect, test } from "bun:test";
import { getEventListeners } from "node:events";
import { withOwnSignal } from "../../src/lib/own-signal.ts";

describe("withOwnSignal", () => {
  test("follows every signal, also one that was aborted before", async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const both = [first.signal, second.signal];
    const reason = await withOwnSignal(both, async (own) => {
      second.abort("enough");
      return own.reason;
    });
    expect(reason).toBe("enough");
    expect(await withOwnSignal(both, async ({ reason: again }) => again)).toBe("enough");
  });

  test("lets go of them when it is done, however it ends", async () => {
    const { signal } = new AbortController();
    const kept = await withOwnSignal([signal], async (own) => own);
    const failing = withOwnSignal([signal], () => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect(kept.aborted).toBe(false);
  });
});
