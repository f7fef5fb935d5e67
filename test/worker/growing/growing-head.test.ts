import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFile } from "node:child_process";
import { copyFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { assignRenditions } from "../../../src/profile/assign.ts";
import { TaskError } from "../../../src/task/errors.ts";
import type { Growing } from "../../../src/task/task.ts";
import { clip } from "../../fixtures/clips.ts";
import { leaveHalf } from "../../fixtures/half-made.ts";
import { profileOf } from "../../fixtures/made-products.ts";
import { HLS_JS, seenBy } from "../../fixtures/players.ts";
import { eventually } from "../../fixtures/service.ts";
import { workerBench } from "../../fixtures/worker-bench.ts";
import { aCustomVideo, anAudio } from "../../plan/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

/** Of six segments, which is enough for a head. */
const SECONDS = 31;

const rung = (width: number, height: number) => ({
  container: "cmaf" as const,
  video: aCustomVideo({ width, height, effort: "highPerformance" }),
  audio: anAudio({ bitrateBps: 64_000 }),
});
const LADDER = profileOf(rung(160, 90), { renditions: [rung(160, 90), rung(96, 54)] });

/** A task of a ladder that grows, whose runs wait for the test. */
async function aLadder(atFailure: Growing["atFailure"] = "remove") {
  const bench = await workerBench({});
  const { root } = bench;
  const sourceUrl = join(root, "in.mp4");
  await copyFile(await clip({ seconds: SECONDS, width: 160, height: 90 }), sourceUrl);
  const url = join(root, "set.m3u8");
  const id = await bench.add({
    sourceUrl,
    targets: [{ url, key: url, folderKey: join(root, "set") }],
    assignments: assignRenditions(LADDER, [undefined]),
    extras: { growing: { atFailure } },
  });
  /** The sizes that players can choose from. */
  const sizes = async () => (await readFile(url, "utf8")).match(/RESOLUTION=\d+x\d+/g);
  return { bench, root, id, url, sizes };
}

/** The playlists in the folder of a set, its picture first. */
async function playlistsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith(".m3u8"))
    .sort()
    .map((name) => join(folder, name));
}

/** What a playlist lists, without what it says of itself. */
const listed = (text: string): string => text.slice(text.indexOf("#EXT-X-MAP"));

/** How many pictures ffmpeg plays of a playlist that has ended. */
async function picturesOf(path: string): Promise<number> {
  const args = ["-v", "error", "-i", path, "-map", "0:v:0", "-f", "framemd5", "-"];
  const { stdout } = await promisify(execFile)("ffmpeg", args);
  return stdout.split("\n").filter((line) => /^\d/.test(line)).length;
}

describe("a ladder that grows", () => {
  test("begins with a segment of its smallest picture, and plays on in a browser to its end", async () => {
    const { bench, root, id, url, sizes } = await aLadder();
    const head = await bench.nextRun();
    head.letGo();
    await bench.until(id, ({ targets }) => targets[0]?.isWatchable === true);
    expect(await sizes()).toEqual(["RESOLUTION=96x54"]);
    const heads = await playlistsIn(join(root, "set"));
    expect(heads).toHaveLength(2);
    const told = () => Promise.all(heads.map((path) => readFile(path, "utf8")));
    const first = await told();

    const whole = await bench.nextRun();
    // What a player that came first has read: browsers may take long to start.
    await copyFile(url, join(root, "first.m3u8"));
    const seen = seenBy(HLS_JS, root, ["first.m3u8"]);
    await leaveHalf(whole.request, 2);
    await eventually(async () => (await sizes())?.length === 2 || undefined);
    expect(await sizes()).toEqual(["RESOLUTION=160x90", "RESOLUTION=96x54"]);
    const second = await told();
    for (const [at, text] of second.entries()) {
      // What players have of an event never changes.
      expect(text.startsWith(first[at] ?? "-")).toBe(true);
      expect(text.slice(first[at]?.length)).toMatch(
        /^#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=.*\n#EXTINF:.*\n\S+00002\.m4s\n$/,
      );
    }

    whole.letGo();
    await bench.until(id, "SUCCESS");
    for (const [at, text] of (await told()).entries()) {
      expect(text).toContain(listed(second[at] ?? "-"));
      expect(text).toEndWith("#EXT-X-ENDLIST\n");
    }
    expect(await picturesOf(heads[0] ?? "")).toBe(SECONDS * 25);
    expect(await readFile(url, "utf8")).not.toContain(".head-");
    expect(await picturesOf(url)).toBe(SECONDS * 25);
    const [one] = await seen;
    expect(one).toMatchObject({ error: null, width: 96 });
    expect(Math.abs((one?.currentTime ?? 0) - SECONDS)).toBeLessThan(0.2);
  });

  test.each(["remove", "close"] as const)(
    "is left as is asked for where it fails after its head: %s",
    async (atFailure) => {
      const { bench, root, id, url, sizes } = await aLadder(atFailure);
      (await bench.nextRun()).letGo();
      await bench.until(id, ({ targets }) => targets[0]?.isWatchable === true);
      const { fail } = await bench.nextRun();
      fail(new TaskError("input_not_supported", "Cannot go on: no more of it is known"));
      await bench.until(id, "FAILED");
      if (atFailure === "remove") {
        expect((await readdir(root)).sort()).toEqual(["in.mp4", "set"]);
        expect(await readdir(join(root, "set"))).toEqual([]);
        return;
      }
      expect(await sizes()).toEqual(["RESOLUTION=96x54"]);
      expect(await picturesOf(url)).toBe(150);
    },
  );
});
