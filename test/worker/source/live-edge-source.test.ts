import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PipedTrack } from "../../../src/engine/engine.ts";
import type { Manifest } from "../../../src/manifest/manifest.ts";
import { FileStorage } from "../../../src/storage/file/file.ts";
import { openLiveEdge } from "../../../src/worker/source/live-edge-source.ts";
import type { LiveFeed } from "../../../src/worker/source/live-source.ts";
import { clip, ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import { openNative } from "../../fixtures/native-engine.ts";
import { eventually } from "../../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const native = openNative();
const SEGMENTS = 40;

/** A folder of segments, as a playlist that grows to `named` of them names it. */
async function source() {
  const root = tempFolder();
  const input = await clip({ seconds: 2, width: 160, height: 120, args: ["-g", "25"] });
  await ffmpeg(["-i", input, "-c", "copy", "-f", "mpegts", join(root, "0.ts")]);
  const first = readFileSync(join(root, "0.ts"));
  // Only the first of a stretch is looked at; of the others the bytes have to come, in order.
  for (let at = 1; at < SEGMENTS; at++)
    writeFileSync(join(root, `${at}.ts`), Buffer.from(`[segment ${at}]`));
  const manifest = (named: number, isLive = true): Manifest => ({
    spans: [
      {
        main: {
          segments: Array.from({ length: named }, (_, at) => ({
            url: `file://${root}/${at}.ts`,
            seconds: 1,
            at,
          })),
        },
      },
    ],
    isLive,
    segmentSeconds: 1,
  });
  const storage = await FileStorage.open({ roots: [root] });
  const run = {
    engine: await native,
    storageOf: () => storage,
    sourceTimeoutMs: 20_000,
    onProgress: () => {},
    onLog: () => {},
  };
  return { first, manifest, storage, run };
}

const trackOf = (feed: LiveFeed | undefined): PipedTrack | undefined =>
  feed && "tracks" in feed.input ? feed.input.tracks[0] : undefined;

describe("openLiveEdge", () => {
  test("holds a few segments alone while they are not read, and gives all of them in order", async () => {
    const { first, manifest, storage, run } = await source();
    const folder = tempFolder();
    const { signal } = new AbortController();
    let asked = 0;
    // All that is to come is named at once, behind the three that it begins with.
    const again = async () => manifest(SEGMENTS, asked++ === 0);
    const read = { manifest: manifest(3), again };
    const inTime: number[] = [];
    await openLiveEdge(read, run, { storage, folder, signal }, async (relayed) => {
      const waiting = { seenMs: 0, hasProduced: false, onMiss: () => {} };
      const track = trackOf(await relayed.next(waiting, signal));
      const held = () => readdirSync(folder).filter((name) => name.startsWith("segment-")).length;
      await eventually(() => (held() > 11 ? true : undefined));
      const chunks: Buffer[] = [];
      for await (const chunk of track?.bytes(signal) ?? []) {
        inTime.push(held());
        chunks.push(Buffer.from(chunk));
      }
      const text = Buffer.concat(chunks).subarray(first.length).toString();
      const rest = Array.from({ length: SEGMENTS - 1 }, (_, at) => `[segment ${at + 1}]`);
      expect(text).toBe(rest.join(""));
      expect(await relayed.next(waiting, signal)).toBeUndefined();
    });
    // Twelve that wait, one that is read, and four on their way.
    expect(Math.max(...inTime)).toBeLessThan(18);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("takes a source whose sound cannot be had for one that is away", async () => {
    const { manifest, storage, run } = await source();
    const folder = tempFolder();
    const { signal } = new AbortController();
    let named = 3;
    const grown = (): Manifest => {
      const [span] = manifest(named++).spans;
      const lost =
        span?.main.segments.map((segment) => ({ ...segment, url: `${segment.url}.lost` })) ?? [];
      const spans = span ? [{ ...span, audio: { segments: lost } }] : [];
      return { spans, isLive: true, segmentSeconds: 0.1 };
    };
    const read = { manifest: grown(), again: async () => grown() };
    const short = { ...run, sourceTimeoutMs: 2_000 };
    await openLiveEdge(read, short, { storage, folder, signal }, async (relayed) => {
      expect(
        await relayed.next({ seenMs: 0, hasProduced: false, onMiss: () => {} }, signal),
      ).toBeUndefined();
    });
    expect(named).toBeLessThan(SEGMENTS);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("ends what waits, and empties its folder, when it is stopped", async () => {
    const { manifest, storage, run } = await source();
    const folder = tempFolder();
    const stop = new AbortController();
    const { signal } = stop;
    const read = { manifest: manifest(2), again: async () => manifest(2) };
    const relaying = openLiveEdge(read, run, { storage, folder, signal }, async (relayed) => {
      setTimeout(() => stop.abort(new Error("enough")), 0);
      await relayed.next({ seenMs: 0, hasProduced: false, onMiss: () => {} }, signal);
    });
    await expect(relaying).rejects.toThrow("enough");
    expect(readdirSync(folder)).toEqual([]);
  });
});
