import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { appendFile, copyFile, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { segmentsOf } from "../../../src/manifest/write/set-playlists.ts";
import { assignRenditions } from "../../../src/profile/assign.ts";
import type { Profile } from "../../../src/profile/profile.ts";
import { TaskError } from "../../../src/task/errors.ts";
import type { Growing } from "../../../src/task/task.ts";
import { clip, tempFolder } from "../../fixtures/clips.ts";
import { leaveHalf } from "../../fixtures/half-made.ts";
import { profileOf } from "../../fixtures/made-products.ts";
import { eventually } from "../../fixtures/service.ts";
import { eventTypes } from "../../fixtures/store-bench.ts";
import { type BenchOptions, WORKER_ID, workerBench } from "../../fixtures/worker-bench.ts";
import { aCustomVideo, anAudio } from "../../plan/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const SIZE = { width: 160, height: 90, effort: "highPerformance" } as const;
const SMALL = { ...SIZE, rateMode: "quality", quality: 40 } as const;
/** Without a ceiling of bits, by which x264 makes other bytes as its threads happen to run. */
function rung(container: "m3u8" | "cmaf", fields: Parameters<typeof aCustomVideo>[0] = {}) {
  const { bitrateBps: _, ...video } = aCustomVideo({ ...SMALL, ...fields });
  return { container, video, audio: anAudio({ bitrateBps: 64_000 }) };
}

const two = (container: "m3u8" | "cmaf"): Profile =>
  profileOf(rung(container), {
    renditions: [rung(container), rung(container, { width: 96, height: 54 })],
  });

const PROFILES = {
  "MPEG-TS": profileOf(rung("m3u8")),
  "fragments of mp4": profileOf(rung("m3u8", { codec: "h265" })),
  "two renditions": two("m3u8"),
  CMAF: two("cmaf"),
} as const;

/** A worker, and tasks whose target is the set `NAME.m3u8`. */
async function aBench(options: BenchOptions = {}) {
  const bench = await workerBench(options);
  const sourceUrl = join(bench.root, "in.mp4");
  await copyFile(await clip({ seconds: 8, width: 160, height: 90 }), sourceUrl);
  const add = (name: string, profile: Profile, growing?: Growing) => {
    const url = join(bench.root, `${name}.m3u8`);
    const targets = [{ url, key: url, folderKey: join(bench.root, name) }];
    const assignments = assignRenditions(profile, [undefined]);
    return bench.add({ sourceUrl, targets, assignments, ...(growing && { extras: { growing } }) });
  };
  const playlist = (name: string) => readFile(join(bench.root, `${name}.m3u8`), "utf8");
  const files = (name: string) => readdir(join(bench.root, name)).catch(() => []);
  const untilWatchable = (id: string) =>
    bench.until(id, ({ targets }) => targets[0]?.isWatchable === true);
  return { ...bench, add, playlist, files, untilWatchable };
}

type Bench = Awaited<ReturnType<typeof aBench>>;

const REMOVED = { atFailure: "remove" } as const;

/** How many pictures a player gets of the first rendition of a playlist as it is now. It does not wait for more, as players would. */
async function picturesOf(path: string): Promise<number> {
  const text = await readFile(path, "utf8");
  const uris = segmentsOf(text).map((uri) => join(dirname(path), uri));
  const variant = /^#EXT-X-STREAM-INF:.*\n(.*)$/m.exec(text)?.[1];
  if (variant !== undefined) return picturesOf(join(dirname(path), variant));
  const whole = join(tempFolder(), "whole");
  for (const uri of uris) await appendFile(whole, await readFile(uri));
  const args = ["-v", "error", "-i", whole, "-map", "0:v:0", "-f", "framemd5", "-"];
  const { stdout } = await promisify(execFile)("ffmpeg", args);
  return stdout.split("\n").filter((line) => /^\d/.test(line)).length;
}

/** What a set is, without what differs between tasks: its texts, and digests of its segments. */
async function contentOf(bench: Bench, name: string): Promise<Readonly<Record<string, string>>> {
  const plain = (text: string) =>
    text.replace(/pontus\.[\w-]+?\./g, "").replace(/[0-9a-f]{12}-1/g, "TAG");
  const files = [`${name}.m3u8`, ...(await bench.files(name)).map((file) => `${name}/${file}`)];
  const told = files.map(async (file) => {
    const bytes = await readFile(join(bench.root, file));
    const isText = /\.(m3u8|mpd)$/.test(file);
    const content = isText
      ? plain(bytes.toString()).replaceAll(name, "NAME")
      : createHash("sha256").update(bytes).digest("hex");
    return [plain(file).replaceAll(name, "NAME"), content] as const;
  });
  return Object.fromEntries((await Promise.all(told)).sort());
}

describe("a set that grows", () => {
  test.each(Object.entries(PROFILES))(
    "can be watched while it is made, and comes to what it is as a whole: %s",
    async (_, profile) => {
      const bench = await aBench();
      const id = await bench.add("grown", profile, REMOVED);
      const run = await bench.nextRun();
      expect(existsSync(join(bench.root, "grown.m3u8"))).toBe(false);
      await leaveHalf(run.request);
      await bench.untilWatchable(id);
      const media = [
        await bench.playlist("grown"),
        ...(await Promise.all(
          (
            await bench.files("grown")
          )
            .filter((name) => name.endsWith(".m3u8"))
            .map((name) => readFile(join(bench.root, "grown", name), "utf8")),
        )),
      ].filter((text) => text.includes("#EXTINF"));
      expect(media).toHaveLength(profile.renditions.length === 1 ? 1 : 3);
      for (const text of media) {
        expect(text).toContain("#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-START:TIME-OFFSET=0");
        expect(text.match(/#EXTINF/g)).toHaveLength(1);
        expect(text).not.toContain("#EXT-X-ENDLIST");
      }
      expect(await picturesOf(join(bench.root, "grown.m3u8"))).toBe(150);
      run.letGo();
      const { targets } = await bench.until(id, "SUCCESS");
      expect(targets[0]).toMatchObject({
        status: "SUCCESS",
        output: { container: profile.renditions[0]?.container },
      });
      expect(targets[0]).not.toHaveProperty("isWatchable");
      expect(await eventTypes(bench, id)).toEqual([
        "created",
        "started",
        "target",
        "watchable",
        "target",
        "ended",
      ]);

      const whole = await bench.add("whole", profile);
      (await bench.nextRun()).letGo();
      await bench.until(whole, "SUCCESS");
      const grown = await contentOf(bench, "grown");
      expect(Object.keys(grown).length).toBeGreaterThan(2);
      expect(grown).toEqual(await contentOf(bench, "whole"));
      expect(await picturesOf(join(bench.root, "grown.m3u8"))).toBe(200);
    },
  );
});

describe("a set that grows and whose task does not succeed", () => {
  const broken = new TaskError("input_not_supported", "Cannot go on: no more of it is known");

  const failing = {
    fails: async (_: Bench, __: string, fail: (error: unknown) => void) => fail(broken),
    "is cancelled": async (bench: Bench, id: string) => {
      await bench.tasks.cancel("ada", id);
      bench.queue.announceCancel(id);
    },
  };

  test.each(Object.entries(failing))("is taken down where it %s", async (_, stop) => {
    const bench = await aBench();
    // What it replaces is gone with it.
    const former = await bench.add("set", PROFILES["MPEG-TS"]);
    (await bench.nextRun()).letGo();
    await bench.until(former, "SUCCESS");
    const id = await bench.add("set", PROFILES["two renditions"], REMOVED);
    const { request, fail } = await bench.nextRun();
    await leaveHalf(request);
    await bench.untilWatchable(id);
    await stop(bench, id, fail);
    const { targets } = await bench.until(id, ({ endMs }) => endMs !== undefined);
    expect(targets[0]).not.toHaveProperty("isWatchable");
    expect(await bench.files("set")).toEqual([]);
    expect((await readdir(bench.root)).sort()).toEqual(["in.mp4", "set"]);
  });

  test("leaves what was there before, where nothing of it was seen yet", async () => {
    const bench = await aBench();
    const former = await bench.add("set", PROFILES["MPEG-TS"]);
    (await bench.nextRun()).letGo();
    await bench.until(former, "SUCCESS");
    const before = await contentOf(bench, "set");
    const id = await bench.add("set", PROFILES["two renditions"], REMOVED);
    (await bench.nextRun()).fail(broken);
    await bench.until(id, "FAILED");
    expect(await contentOf(bench, "set")).toEqual(before);
  });

  test.each(["MPEG-TS", "two renditions"] as const)(
    "ends after what was published, if that is asked for: %s",
    async (name) => {
      const bench = await aBench();
      const id = await bench.add("set", PROFILES[name], { atFailure: "close" });
      const { request, fail } = await bench.nextRun();
      await leaveHalf(request);
      await bench.untilWatchable(id);
      fail(broken);
      await bench.until(id, "FAILED");
      const inFolder = (await bench.files("set")).filter((file) => file.endsWith(".m3u8"));
      const entry = await bench.playlist("set");
      expect(entry).not.toContain("grows");
      const texts = inFolder.map((file) => readFile(join(bench.root, "set", file), "utf8"));
      for (const text of texts.length > 0 ? await Promise.all(texts) : [entry]) {
        expect(text).toContain("#EXT-X-PLAYLIST-TYPE:VOD");
        expect(text).toEndWith("#EXT-X-ENDLIST\n");
      }
      expect(await picturesOf(join(bench.root, "set.m3u8"))).toBe(150);
    },
  );

  test("stays until a later run of its task replaces it", async () => {
    const bench = await aBench();
    const id = await bench.add("set", PROFILES["two renditions"], REMOVED);
    const first = await bench.nextRun();
    await leaveHalf(first.request);
    await bench.untilWatchable(id);
    first.fail(new TaskError("encoder_stalled", "Cannot go on: no progress"));
    await bench.until(id, "PENDING");
    expect(await picturesOf(join(bench.root, "set.m3u8"))).toBe(150);
    bench.pass(60_000);
    const second = await bench.nextRun();
    second.letGo();
    await bench.until(id, "SUCCESS");
    const names = await bench.files("set");
    expect(names.every((file) => /^pontus\.[0-9a-f]{12}-2\./.test(file))).toBe(true);
    expect(await picturesOf(join(bench.root, "set.m3u8"))).toBe(200);
  });

  test("gets no more of a worker that has lost it, and its next one begins anew", async () => {
    const bench = await aBench({ options: { leaseMs: 600_000 }, endsLate: true });
    const id = await bench.add("set", PROFILES["two renditions"], REMOVED);
    const zombie = await bench.nextRun();
    await leaveHalf(zombie.request);
    await bench.untilWatchable(id);
    const seen = await bench.files("set");
    await bench.queue.takeOver(WORKER_ID);
    const work = await bench.queue.claim({ id: "worker-2", engine: "native" });
    expect(work?.claim.attempt).toBe(2);
    const entry = await bench.playlist("set");
    // It goes on without knowing.
    await leaveHalf(zombie.request, 2);
    zombie.letGo();
    await eventually(() => bench.worker.running === 0 || undefined);
    expect(await bench.playlist("set")).toBe(entry);
    expect((await bench.files("set")).filter((file) => file.endsWith(".m3u8"))).toEqual(
      seen.filter((file) => file.endsWith(".m3u8")),
    );
    expect((await bench.task(id)).targets[0]?.status).not.toBe("SUCCESS");
  });
});
