import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LiveRunRequest } from "../../../src/engine/engine.ts";
import { segmentsOf } from "../../../src/manifest/write/set-playlists.ts";
import { recordingFolder } from "../../../src/plan/live/plan-live.ts";
import type { TaskStore } from "../../../src/store/store.ts";
import type { Task } from "../../../src/task/task.ts";
import { clip, ffmpeg } from "../../fixtures/clips.ts";
import { liveBench } from "../../fixtures/live-bench.ts";
import { eventually } from "../../fixtures/service.ts";
import { type BenchOptions, WORKER_ID } from "../../fixtures/worker-bench.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** A worker with a live task whose target is an HLS set in a folder. */
async function aLiveSet(options?: Omit<BenchOptions, "live">) {
  const targetsOf = (root: string) => {
    const url = join(root, "live.m3u8");
    return [{ url, key: url, folderKey: join(root, "live") }];
  };
  const bench = await liveBench("video_hls_160x120_200kbps", targetsOf, undefined, options);
  const published = () => readFile(join(bench.root, "live.m3u8"), "utf8").catch(() => "");
  /** The playlist once it names so many segments. */
  const untilNamed = (count: number) =>
    eventually(async () => {
      const text = await published();
      return segmentsOf(text).length >= count ? text : undefined;
    });
  return { ...bench, published, untilNamed };
}

/** Has a run leave two segments of a second each, as the encoder does, and tell of them. */
async function leaveSegments({ request }: { readonly request: LiveRunRequest }): Promise<void> {
  await writeSegments(request);
  request.onProgress({ outTimeSeconds: 2, frames: 50, speed: 1, fps: 25, droppedFrames: 0 });
}

async function writeSegments({ recordings, run }: LiveRunRequest): Promise<void> {
  const folder = join(recordings, recordingFolder(0));
  await mkdir(folder, { recursive: true });
  const source = await clip({ seconds: 2, width: 160, height: 120, args: ["-g", "25"] });
  await ffmpeg([
    ...["-i", source, "-c", "copy", "-f", "hls", "-hls_time", "1", "-hls_list_size", "0"],
    ...["-hls_flags", "temp_file", "-hls_playlist_type", "event"],
    ...["-hls_segment_filename", join(folder, `${run.prefix}-%05d.ts`)],
    join(folder, `part-0000${run.part}.m3u8`),
  ]);
}

describe("LiveSetPublisher", () => {
  test("publishes a set while it grows, and closes it when the stream has ended", async () => {
    const set = await aLiveSet();
    const run = await set.nextLiveRun();
    expect(await set.published()).toBe("");
    await leaveSegments(run);
    const early = await set.untilNamed(2);
    expect(early).not.toContain("#EXT-X-ENDLIST");
    set.endStream(run);
    const { targets, progress } = await set.until(set.id, "SUCCESS");
    expect(targets[0]).toMatchObject({
      status: "SUCCESS",
      output: { container: "m3u8", video: { codec: "h264", width: 160, height: 120 } },
    });
    expect(targets[0]?.output?.durationSeconds).toBeCloseTo(2, 1);
    expect(progress?.sentBytes?.[0]).toBeGreaterThan(1_000);
    const whole = await set.published();
    expect(whole).toContain("#EXT-X-ENDLIST");
    expect(segmentsOf(whole)).toEqual([...segmentsOf(early)]);
    for (const uri of segmentsOf(whole))
      expect((await readFile(join(set.root, uri))).byteLength).toBeGreaterThan(1_000);
  });

  test("goes on with the same set in a later run, behind a break", async () => {
    const set = await aLiveSet();
    const first = await set.nextLiveRun();
    await leaveSegments(first);
    const early = await set.untilNamed(2);
    await set.queue.takeOver(WORKER_ID);
    const second = await set.nextLiveRun();
    await leaveSegments(second);
    const later = await set.untilNamed(4);
    expect(segmentsOf(later).slice(0, 2)).toEqual([...segmentsOf(early)]);
    expect(later).toContain("#EXT-X-DISCONTINUITY");
    set.endStream(second);
    const { attempts } = await set.until(set.id, "SUCCESS");
    expect(attempts).toHaveLength(2);
    expect(segmentsOf(await set.published())).toEqual([...segmentsOf(later)]);
  });

  test("leaves the recordings alone once it has lost its task, though nobody has told it yet", async () => {
    let asked = 0;
    const counting = (tasks: TaskStore): TaskStore =>
      new Proxy(tasks, {
        get: (real, name: keyof TaskStore) => {
          if (name === "mayPublish") asked += 1;
          return real[name].bind(real);
        },
      });
    const set = await aLiveSet({
      deps: ({ tasks }) => ({ store: counting(tasks) }),
      options: { leaseMs: 600_000 },
    });
    const zombie = await set.nextLiveRun();
    await set.queue.takeOver(WORKER_ID);
    await writeSegments(zombie.request);
    const before = asked;
    await eventually(() => asked > before + 2 || undefined);
    const recorded = await readdir(join(zombie.request.recordings, recordingFolder(0)));
    expect(recorded).toContain("part-00000.m3u8");
    expect(recorded).not.toContain("pieces.jsonl");
    expect(await set.published()).toBe("");
    zombie.letGo();
  });

  test("fails where nothing of the stream came", async () => {
    const set = await aLiveSet();
    const run = await set.nextLiveRun();
    run.request.onProgress({ outTimeSeconds: 2, frames: 50, speed: 1, fps: 25, droppedFrames: 0 });
    set.endStream(run);
    const ended = ({ attempts }: Task) => attempts[0]?.failure !== undefined;
    const { attempts } = await set.until(set.id, ended);
    expect(attempts[0]?.failure).toEqual({
      code: "output_wrong",
      detail:
        'Cannot deliver the set: nothing of the stream came (of the source "rtmp://127.0.0.1/live/***")',
    });
    expect(await set.published()).toBe("");
  });

  test("says to players that it has ended where its task is cancelled", async () => {
    const set = await aLiveSet();
    await leaveSegments(await set.nextLiveRun());
    await set.untilNamed(2);
    await set.tasks.cancel("ada", set.id);
    set.queue.announceCancel(set.id);
    await set.until(set.id, "CANCELLED");
    expect(await set.published()).toContain("#EXT-X-ENDLIST");
  });

  test("says nothing of an end where the service stops, for another run goes on", async () => {
    const set = await aLiveSet();
    await leaveSegments(await set.nextLiveRun());
    await set.untilNamed(2);
    await set.worker.stop();
    expect((await set.task(set.id)).status).toBe("PENDING");
    expect(await set.published()).not.toContain("#EXT-X-ENDLIST");
    expect(await readdir(join(set.scratch, "recordings"))).toEqual([set.id]);
  });
});
