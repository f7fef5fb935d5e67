import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LiveRecording } from "../../../src/plan/live/live.ts";
import type { MediaInfo } from "../../../src/probe/media.ts";
import { AdaptiveLiveSet } from "../../../src/worker/live-set/adaptive-live-set.ts";
import { SimpleLiveSet } from "../../../src/worker/live-set/live-set.ts";
import { RecordedSegments } from "../../../src/worker/live-set/recorded-segments.ts";
import { clip, tempFolder } from "../../fixtures/clips.ts";

setDefaultTimeout(60_000);

const never = new AbortController().signal;
/** Nothing here is probed. */
const engine = { probe: () => Promise.reject(new Error("there is nothing to probe")) };
const form = { container: "dash", tag: "t-set", now: () => 1_800_000_000_000 } as const;

const recordingOf = (width: number): LiveRecording => ({
  folder: "recorded-0",
  targets: [0],
  isAacCopied: false,
  set: {
    plan: {
      tracks: [
        {
          kind: "video",
          playlist: "media_0.m3u8",
          expect: {
            durationToleranceSeconds: 1,
            video: { codec: "h264", width, height: 120, sameAsSource: false },
          },
        },
      ],
      renditions: [{ video: 0 }],
    },
    files: { segmentSeconds: 2, adaptationSets: "id=0,streams=0" },
  },
});

/** Leaves what an encoder has made of a run so far: so many segments, and its manifest. */
function leave(folder: string, part: number, count: number, isOver = false): void {
  const run = join(folder, `part-0000${part}`);
  mkdirSync(run, { recursive: true });
  const names = Array.from({ length: count }, (_, at) => `${part}-${at + 1}.m4s`);
  for (const name of names) writeFileSync(join(run, name), name);
  const list = names.map((name) => `#EXTINF:2.0,\n${name}\n`).join("");
  writeFileSync(join(run, "media_0.m3u8"), `#EXTM3U\n#EXT-X-MAP:URI="${part}-i.mp4"\n${list}`);
  const head = isOver
    ? `<MPD type="static">`
    : `<MPD type="dynamic" availabilityStartTime="2026-11-26T00:00:0${part}.000Z">`;
  writeFileSync(
    join(run, "manifest.mpd"),
    `${head}\n<Period id="0" start="PT0S">\n<S d="2" r="${count - 1}" />\n</Period>\n</MPD>\n`,
  );
}

const startOf = (text = "") => /availabilityStartTime="([^"]+)"/.exec(text)?.[1];

describe("AdaptiveLiveSet", () => {
  test("keeps the time it began at, also when a run has ended in order and after a crash", async () => {
    const folder = tempFolder();
    const open = async () =>
      AdaptiveLiveSet.open(await RecordedSegments.open(folder), engine, form);
    const set = await open();
    await set.begin(recordingOf(160));
    expect(await set.texts("a", "grows", never)).toBeUndefined();
    leave(folder, 0, 2);
    // The folder of a run is known once there is a segment of it.
    await set.look();
    await set.look();
    const first = await set.texts("a", "grows", never);
    expect(startOf(first?.entry)).toBe("2026-11-26T00:00:00.000Z");
    expect(first?.count).toBe(2);
    leave(folder, 0, 3, true);
    leave(folder, 1, 1);
    await set.look();
    await set.look();
    const both = await set.texts("a", "grows", never);
    expect(startOf(both?.entry)).toBe("2026-11-26T00:00:00.000Z");
    expect(both?.entry.match(/<Period /g)).toHaveLength(2);
    const again = await open();
    await again.look();
    const later = await again.texts("a", "grows", never);
    expect(later).toEqual(both);
    expect((await again.texts("a", "whole", never))?.entry).toContain('type="static"');
  });

  test("tells by its version of a manifest that came after the segments it names", async () => {
    const folder = tempFolder();
    const set = await AdaptiveLiveSet.open(await RecordedSegments.open(folder), engine, form);
    await set.begin(recordingOf(160));
    leave(folder, 0, 1);
    await set.look();
    const { version } = set;
    await set.look();
    expect(set.version).toBeGreaterThan(version);
    const known = set.version;
    await set.look();
    expect(set.version).toBe(known);
  });

  test("goes on with the last whole manifest where an encoder left an empty one", async () => {
    const folder = tempFolder();
    const set = await AdaptiveLiveSet.open(await RecordedSegments.open(folder), engine, form);
    await set.begin(recordingOf(160));
    leave(folder, 0, 2);
    await set.look();
    await set.look();
    const before = await set.texts("a", "grows", never);
    for (const name of ["manifest.mpd", "media_0.m3u8"])
      writeFileSync(join(folder, "part-00000", name), "");
    await set.look();
    expect(await set.texts("a", "grows", never)).toEqual(before);
  });

  test("lasts as long as its manifest says, where another stream is the longest of each run", async () => {
    const folder = tempFolder();
    const recording = recordingOf(160);
    const { plan, files } = recording.set ?? {};
    if (!plan || !files) throw new Error("it is no set");
    const audio = { codec: "aac", sameAsSource: false } as const;
    const expects = { durationToleranceSeconds: 1, audio };
    const sound = { kind: "audio", playlist: "media_1.m3u8", expect: expects } as const;
    const tracks = [...plan.tracks, sound];
    const probed = { probe: async () => ({ format: "mov" }) as MediaInfo };
    const set = await AdaptiveLiveSet.open(await RecordedSegments.open(folder), probed, form);
    await set.begin({
      ...recording,
      set: { files, plan: { tracks, renditions: [{ video: 0, audio: 1 }] } },
    });
    // In seconds: the picture is the longest of the first run, the sound of the second.
    for (const [part, lengths] of [[4, 2] as const, [2, 5] as const].entries()) {
      leave(folder, part, 1);
      const run = join(folder, `part-0000${part}`);
      for (const [at, seconds] of lengths.entries()) {
        const [init, segment] = [`${part}-${at}-init.mp4`, `${part}-${at}.m4s`];
        copyFileSync(await clip(at === 0 ? { audio: false } : { video: false }), join(run, init));
        writeFileSync(join(run, segment), segment);
        const text = `#EXTM3U\n#EXT-X-MAP:URI="${init}"\n#EXTINF:${seconds},\n${segment}\n`;
        writeFileSync(join(run, `media_${at}.m3u8`), text);
      }
      await set.look();
      await set.look();
    }
    const told = (await set.texts("a", "whole", never))?.entry;
    expect(told).toContain('mediaPresentationDuration="PT9.000S"');
    expect((await set.describe(never)).durationSeconds).toBe(9);
  });

  test("refuses to go on with other streams", async () => {
    const folder = tempFolder();
    const set = await AdaptiveLiveSet.open(await RecordedSegments.open(folder), engine, form);
    await set.begin(recordingOf(160));
    await set.begin(recordingOf(160));
    await expect(set.begin(recordingOf(320))).rejects.toThrow(
      "its streams were h264 160 120, and of the source as it is now would be h264 320 120",
    );
  });
});

describe("SimpleLiveSet", () => {
  test("refuses to go from fragments of mp4 to MPEG-TS, which no playlist can", async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "a.m4s"), "a");
    writeFileSync(
      join(folder, "part-00000.m3u8"),
      '#EXTM3U\n#EXT-X-MAP:URI="i.mp4"\n#EXTINF:2.0,\na.m4s\n',
    );
    const stream = new SimpleLiveSet(await RecordedSegments.open(folder), engine);
    await stream.look();
    const recording = { folder: "recorded-0", targets: [0], isAacCopied: false };
    await stream.begin({ ...recording, segments: "fmp4" });
    await expect(stream.begin({ ...recording, segments: "mpegts" })).rejects.toThrow(
      "other segments",
    );
  });
});
