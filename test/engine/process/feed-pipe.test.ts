import { describe, expect, test } from "bun:test";
import type { Feed } from "../../../src/engine/process/feed-pipe.ts";
import { runSubprocess } from "../../../src/engine/process/subprocess.ts";

const CHUNK = Buffer.alloc(64 << 10, "x");

/** Runs a program with one feed; what it wrote. */
async function run(
  command: string,
  args: readonly string[],
  feed: Feed,
  signal = new AbortController().signal,
) {
  let chars = 0;
  const onStdout = (text: string) => {
    chars += text.length;
  };
  const exit = await runSubprocess(
    { command, args, graceMs: 5_000, onStdout, feeds: [feed] },
    signal,
  );
  return { ...exit, chars };
}

/** A feed without end, and how much was taken of it. */
function endless() {
  const taken = { bytes: 0, isLeft: false };
  const feed: Feed = async function* () {
    try {
      for (;;) {
        taken.bytes += CHUNK.byteLength;
        yield CHUNK;
      }
    } finally {
      taken.isLeft = true;
    }
  };
  return { feed, taken };
}

describe("runSubprocess with a feed", () => {
  test("gives all of it to the program, and then its end", async () => {
    const feed: Feed = async function* () {
      for (let count = 0; count < 40; count++) yield CHUNK;
    };
    expect(await run("cat", [], feed)).toMatchObject({ code: 0, chars: 40 * CHUNK.byteLength });
  });

  test("takes little more of it than the program reads", async () => {
    const { feed, taken } = endless();
    expect(await run("sleep", ["0.5"], feed)).toMatchObject({ code: 0 });
    expect(taken.bytes).toBeLessThan(2 << 20);
    expect(taken.isLeft).toBe(true);
  });

  test("ends with a program that reads no more", async () => {
    const { feed, taken } = endless();
    expect(await run("head", ["-c", "100000"], feed)).toMatchObject({ code: 0, chars: 100_000 });
    expect(taken.isLeft).toBe(true);
  });

  test("lets the program end in order where the feed fails, and then fails by that", async () => {
    let wasRead = 0;
    const feed: Feed = async function* () {
      yield CHUNK;
      wasRead += 1;
      throw new Error("no more");
    };
    await expect(run("cat", [], feed)).rejects.toThrow("no more");
    expect(wasRead).toBe(1);
  });

  test("stops a feed that waits when it is aborted", async () => {
    const stop = new AbortController();
    let wasStopped = false;
    const feed: Feed = async function* (signal) {
      yield CHUNK;
      setTimeout(() => stop.abort(new Error("enough")), 0);
      await new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      wasStopped = true;
    };
    await expect(run("cat", [], feed, stop.signal)).rejects.toThrow("enough");
    expect(wasStopped).toBe(true);
  });
});
