import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  type CacheLimits,
  type Result,
  ResultCache,
} from "../../../src/worker/reuse/result-cache.ts";
import { tempFolder } from "../../fixtures/clips.ts";

// A busy disk takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const KEEPING = fileURLToPath(import.meta.resolve("../../fixtures/keep-results.ts"));
const { signal } = new AbortController();

function aCache(limits: Partial<CacheLimits> = {}) {
  const root = join(tempFolder(), "results");
  const told: number[] = [];
  const usual = { bytesMax: 1_000, roomIn: async () => Number.POSITIVE_INFINITY };
  const open = () => new ResultCache(root, { ...usual, onBytes: (at) => told.push(at), ...limits });
  return { root, told, open, cache: open() };
}

/** A result in a work folder: a file, or a set of two segments. */
function aResult(text = "x".repeat(100), isSet = false): Result {
  const folder = tempFolder();
  const entry = join(folder, isSet ? "out.m3u8" : "out.mp4");
  writeFileSync(entry, text);
  const segments = join(folder, "segments");
  if (isSet) {
    mkdirSync(segments);
    for (const name of ["0.ts", "1.ts"]) writeFileSync(join(segments, name), name.repeat(10));
  }
  const sizeBytes = text.length + (isSet ? 80 : 0);
  return {
    finished: { entry, ...(isSet && { segments }) },
    output: { sizeBytes, durationSeconds: 1, container: "mp4", bitrateBps: 800 },
  };
}

const taken = (cache: ResultCache, key: string) =>
  cache.take(key, join(tempFolder(), "reused"), signal);

/** The keys that are there, and nothing else of a cache. */
const keysIn = (root: string): readonly string[] => readdirSync(root).sort();

describe("ResultCache", () => {
  test("gives a file back as often as it is asked, also after a restart", async () => {
    const { cache, open, told } = aCache();
    const made = aResult("some bytes");
    expect(await cache.has("a")).toBe(false);
    expect(await cache.keep("a", made, signal)).toBe(true);
    for (const one of [cache, cache, open()]) {
      expect(await one.has("a")).toBe(true);
      const found = await taken(one, "a");
      if (!found) throw new Error("it is gone");
      expect(readFileSync(found.finished.entry, "utf8")).toBe("some bytes");
      expect(found.output).toEqual(made.output);
    }
    expect(told.at(-1)).toBe(10);
    expect(await taken(cache, "b")).toBeUndefined();
  });

  test("gives a set back with all its files", async () => {
    const { cache } = aCache();
    await cache.keep("a", aResult("playlist", true), signal);
    const { finished } = (await taken(cache, "a")) ?? {};
    expect(readdirSync(finished?.segments ?? "").sort()).toEqual(["0.ts", "1.ts"]);
    expect(readFileSync(finished?.entry ?? "", "utf8")).toBe("playlist");
  });

  test("removes what was not used for longest, and never keeps what is larger than all", async () => {
    const { cache, root } = aCache({ bytesMax: 250 });
    for (const key of ["a", "b"]) await cache.keep(key, aResult(), signal);
    for (const [at, key] of ["a", "b"].entries()) utimesSync(join(root, key), 1000 + at, 1000 + at);
    await taken(cache, "a");
    expect(await cache.keep("c", aResult(), signal)).toBe(true);
    expect(keysIn(root)).toEqual(["a", "c"]);
    expect(await cache.keep("d", aResult("x".repeat(251)), signal)).toBe(false);
    expect(keysIn(root)).toEqual(["a", "c"]);
  });

  test("leaves the disk its room, and gives it back where others take it", async () => {
    const room = { bytes: 150 };
    const { cache, root } = aCache({ roomIn: async () => room.bytes });
    expect(await cache.keep("a", aResult(), signal)).toBe(true);
    room.bytes = 99;
    expect(await cache.keep("b", aResult(), signal)).toBe(false);
    // What was kept had to go first.
    expect(keysIn(root)).toEqual([]);
    room.bytes = 150;
    await cache.keep("c", aResult(), signal);
    await cache.relieve();
    expect(keysIn(root)).toEqual(["c"]);
    room.bytes = -1;
    await cache.relieve();
    expect(keysIn(root)).toEqual([]);
  });

  test.each([
    ["a byte of the file", "out.mp4", (text: string) => `y${text.slice(1)}`],
    ["the end of the file", "out.mp4", (text: string) => text.slice(1)],
    ["its description", "about.json", (text: string) => text.replace("mp4", "mkv")],
    ["the end of its description", "about.json", (text: string) => text.slice(0, -1)],
  ])("gives nothing where %s is spoilt", async (_, name, spoil) => {
    const { cache, root } = aCache();
    await cache.keep("a", aResult(), signal);
    const path = join(root, "a", name);
    writeFileSync(path, spoil(readFileSync(path, "utf8")));
    expect(await taken(cache, "a")).toBeUndefined();
    // It can be kept anew.
    expect(await cache.keep("a", aResult(), signal)).toBe(true);
    expect(await taken(cache, "a")).toBeDefined();
  });

  test("copies onto no name that is there, which may be a second one of the same file", async () => {
    const { cache, root } = aCache();
    await cache.keep("a", aResult(), signal);
    const folder = join(tempFolder(), "reused");
    mkdirSync(folder);
    linkSync(join(root, "a", "out.mp4"), join(folder, "out.mp4"));
    expect(await cache.take("a", folder, signal)).toBeDefined();
    expect(readFileSync(join(root, "a", "out.mp4"), "utf8")).toHaveLength(100);
  });

  test("keeps nothing, and goes on, where its folder cannot be written", async () => {
    const { cache, root } = aCache();
    writeFileSync(root, "a file is in its place");
    expect(await cache.keep("a", aResult(), signal)).toBe(false);
    expect(await cache.has("a")).toBe(false);
    await cache.sweep();
  });

  test("ends with the signal, and leaves nothing half kept", async () => {
    const { cache, root } = aCache();
    const stop = new AbortController();
    stop.abort(new Error("stopped"));
    await expect(cache.keep("a", aResult(), stop.signal)).rejects.toThrow("stopped");
    expect(keysIn(root)).toEqual([]);
  });

  test("removes the rests of crashes once they are old", async () => {
    const { cache, root } = aCache();
    for (const name of [".old", ".new"]) mkdirSync(join(root, name), { recursive: true });
    utimesSync(join(root, ".old"), 1000, 1000);
    await cache.sweep();
    expect(readdirSync(root)).toEqual([".new"]);
  });

  test("holds only whole results after kill -9, and lets others use it meanwhile", async () => {
    const { root, open } = aCache({ bytesMax: 5_000_000 });
    const cache = open();
    for (let round = 0; round < 3; round += 1) {
      const child = spawn(process.execPath, [KEEPING, root]);
      await once(child.stdout, "data");
      await sleep(20 + 30 * round);
      child.kill("SIGKILL");
      await once(child, "close");
      for (const key of readdirSync(root).filter((name) => !name.startsWith(".")))
        expect(await taken(cache, key)).toBeDefined();
    }
    expect(existsSync(root)).toBe(true);
  });
});
