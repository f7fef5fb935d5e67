import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SimpleLiveSet } from "../../../src/worker/live-set/live-set.ts";
import { LiveSetTarget } from "../../../src/worker/live-set/live-set-target.ts";
import { RecordedSegments } from "../../../src/worker/live-set/recorded-segments.ts";
import type { Run } from "../../../src/worker/run.ts";
import { tempFolder } from "../../fixtures/clips.ts";

setDefaultTimeout(10_000);

/** Nothing but the address of a target is asked of it here. */
const aRun = { targetUrl: () => "a.m3u8" } as unknown as Run;

/** Leaves segments and their list in a folder, as an encoder does. */
function leave(folder: string, list: string, names: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  for (const name of names) writeFileSync(join(folder, name), name);
  const lines = names.map((name) => `#EXTINF:2.0,\n${name}\n`);
  writeFileSync(join(folder, list), `#EXTM3U\n${lines.join("")}`);
}

const namesOf = (segments: readonly { readonly name: string }[]) =>
  segments.map(({ name }) => name);

describe("LiveSetTarget", () => {
  test("fails at once where what it lacks was taken away, and is not waited for", async () => {
    const folder = tempFolder();
    leave(folder, "part-00000.m3u8", ["a.ts", "b.ts", "c.ts", "d.ts", "e.ts"]);
    const first = await RecordedSegments.open(folder);
    await first.look();
    await first.noteSent(0, 5);
    await first.free(5);
    const segments = await RecordedSegments.open(folder);
    const recording = new SimpleLiveSet(segments, {
      probe: () => Promise.reject(new Error("none")),
    });
    const open = (index: number) => LiveSetTarget.open(aRun, index, recording);
    const [there, behind] = [await open(0), await open(1)];
    expect([there.isBehind, behind.isBehind]).toEqual([false, true]);
    const growth = { news: async () => {}, isOver: () => false, onSent: async () => {} };
    const failure = await behind.send(growth, new AbortController().signal);
    expect(failure).toMatchObject({ code: "target_unwritable" });
  });
});

describe("RecordedSegments", () => {
  test("takes each segment once, also where lists of an encoder have moved on", async () => {
    const folder = tempFolder();
    const segments = await RecordedSegments.open(folder);
    leave(folder, "part-00000.m3u8", ["a.ts", "b.ts"]);
    await Promise.all([segments.look(), segments.look()]);
    leave(folder, "part-00000.m3u8", ["b.ts", "c.ts"]);
    await segments.look();
    leave(folder, "part-00001.m3u8", ["d.ts"]);
    await segments.look();
    expect(namesOf(segments.all)).toEqual(["a.ts", "b.ts", "c.ts", "d.ts"]);
    expect(segments.all.map(({ part, sizeBytes }) => [part, sizeBytes])).toEqual([
      [0, 4],
      [0, 4],
      [0, 4],
      [1, 4],
    ]);
    expect(namesOf(segments.newestOf(0))).toEqual(["d.ts"]);
  });

  test("knows after a crash what it knew, and finds what came since", async () => {
    const folder = tempFolder();
    leave(folder, "part-00000.m3u8", ["a.ts", "b.ts"]);
    const first = await RecordedSegments.open(folder);
    await first.look();
    await first.noteSent(3, 2);
    // A note that was cut off.
    writeFileSync(join(folder, "pieces.jsonl"), '\n{"name":"c.ts","sec', { flag: "a" });
    leave(folder, "part-00000.m3u8", ["b.ts", "c.ts"]);
    const second = await RecordedSegments.open(folder);
    expect(namesOf(second.all)).toEqual(["a.ts", "b.ts"]);
    expect([await second.sentTo(3), await second.sentTo(4)]).toEqual([2, 0]);
    await second.look();
    expect(namesOf(second.all)).toEqual(["a.ts", "b.ts", "c.ts"]);
    expect(namesOf((await RecordedSegments.open(folder)).all)).toEqual(["a.ts", "b.ts", "c.ts"]);
  });

  test("counts a segment once that two processes have noted", async () => {
    const folder = tempFolder();
    leave(folder, "part-00000.m3u8", ["a.ts", "b.ts"]);
    await Promise.all([
      (await RecordedSegments.open(folder)).look(),
      (await RecordedSegments.open(folder)).look(),
    ]);
    expect(namesOf((await RecordedSegments.open(folder)).all)).toEqual(["a.ts", "b.ts"]);
  });

  test("keeps the streams of a run apart", async () => {
    const folder = tempFolder();
    leave(join(folder, "part-00000"), "media_0.m3u8", ["v1.m4s", "v2.m4s"]);
    leave(join(folder, "part-00000"), "media_1.m3u8", ["a1.m4s"]);
    const segments = await RecordedSegments.open(folder);
    await segments.look();
    expect(namesOf(segments.ofTrack(0))).toEqual(["v1.m4s", "v2.m4s"]);
    expect(namesOf(segments.ofTrack(1))).toEqual(["a1.m4s"]);
    const [segment] = segments.ofTrack(1);
    expect(segment && existsSync(segments.pathOf(segment, segment.name))).toBe(true);
  });

  test("takes away what everybody has, but for the newest", async () => {
    const folder = tempFolder();
    const names = ["a.ts", "b.ts", "c.ts", "d.ts", "e.ts"];
    leave(folder, "part-00000.m3u8", names);
    const segments = await RecordedSegments.open(folder);
    await segments.look();
    await segments.free(1);
    expect(names.filter((name) => existsSync(join(folder, name)))).toEqual(names.slice(1));
    await segments.free(5);
    expect(names.filter((name) => existsSync(join(folder, name)))).toEqual(names.slice(2));
    expect(segments.all).toHaveLength(5);
  });

  test("keeps the newest of each stream, however many of another came after them", async () => {
    const folder = tempFolder();
    const run = join(folder, "part-00000");
    leave(run, "media_0.m3u8", ["v1.m4s", "v2.m4s", "v3.m4s", "v4.m4s", "v5.m4s"]);
    leave(run, "media_1.m3u8", ["a1.m4s", "a2.m4s", "a3.m4s", "a4.m4s", "a5.m4s"]);
    const segments = await RecordedSegments.open(folder);
    await segments.look();
    await segments.free(10);
    for (const track of [0, 1])
      for (const segment of segments.newestOf(track))
        expect(existsSync(segments.pathOf(segment, segment.name))).toBe(true);
    expect(segments.freed).toBeGreaterThan(0);
    expect((await RecordedSegments.open(folder)).freed).toBe(segments.freed);
  });
});
