import { describe, expect, test } from "bun:test";
import { type Probing, readLimited } from "../../../src/engine/ffmpeg/probing.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";

const probing = (probeTimeoutMs: number, signal = new AbortController().signal): Probing => ({
  ffprobe: { run: async () => ({ code: 0, stderr: "" }) },
  limits: { maxPixels: 1000, probeTimeoutMs },
  request: { side: "source" },
  signal,
});

/** A source that is open, of a byte a read. */
const source = (read: () => Promise<Uint8Array>) => ({
  sizeBytes: 100_000,
  read,
  close: async () => {},
});

describe("readLimited", () => {
  test("gives what was read", async () => {
    const file = source(async () => Uint8Array.of(7));
    expect(await readLimited(probing(60_000), file, (read) => read(99_999, 1))).toEqual(
      Uint8Array.of(7),
    );
  });

  test("ends where a source delivers nothing, or one byte after the other", async () => {
    const silent = source(() => new Promise(() => {}));
    const slow = source(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return Uint8Array.of(7);
    });
    for (const file of [silent, slow]) {
      const looking = readLimited(probing(20), file, async (read) => {
        for (let at = 0; at < 90_000; at += 5000) await read(at, 1);
      });
      expect((await taskErrorOf(looking)).code).toBe("source_hangs");
    }
  });

  test("ends with its caller", async () => {
    const caller = new AbortController();
    const silent = source(() => new Promise(() => {}));
    const looking = readLimited(probing(60_000, caller.signal), silent, (read) => read(0, 1));
    caller.abort(new Error("cancelled"));
    await expect(looking).rejects.toThrow("cancelled");
  });
});
