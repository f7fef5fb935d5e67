import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { recordingFolder } from "../../src/plan/live/plan-live.ts";
import { clip } from "../fixtures/clips.ts";
import {
  freeUdpPort,
  publish,
  seesMore,
  streamsOf,
  view,
  viewOnceThere,
} from "../fixtures/live-peers.ts";
import {
  COPY,
  createLive,
  isAllUp,
  LIVE_ENV,
  rises,
  startLiveHost,
  untilEnded,
} from "../fixtures/live-tasks.ts";
import {
  encodersOf,
  eventually,
  newHome,
  type RunningService,
  startService,
} from "../fixtures/service.ts";

setDefaultTimeout(120_000);

const { service, live } = await startLiveHost();

const MPEGTS = { format: "mpegts" };

/** Waits until the part of a task's recording that a run makes has a fragment, which is all that a probe finds of it. */
const untilRecorded = ({ home }: RunningService, id: string, run: number): Promise<true> =>
  eventually(() => {
    const parts = join(home.data, "recordings", id, recordingFolder(0));
    const part = join(parts, `part-0000${run}.mp4`);
    return existsSync(part) && readFileSync(part).includes("moof") ? true : undefined;
  });

describe("a live stream that changes", () => {
  test.concurrent("goes on where size and sample rate are others than before", async () => {
    const first = publish(live("changing"));
    const id = await createLive(service, live("changing"), [live("changed")]);
    await service.until(id, isAllUp);
    expect(await streamsOf(live("changed"))).toEqual(["aac", "h264 160x120"]);
    const viewer = await viewOnceThere(live("changed"));
    await seesMore(viewer, 100);
    await first.stop();
    const second = publish(live("changing"), {
      size: "192x144",
      audio: ["-c:a", "aac", "-ar", "44100", "-b:a", "64k"],
    });
    await eventually(async () => {
      const found = await streamsOf(live("changed"));
      return found.join() === "aac,h264 192x144" ? true : undefined;
    });
    // The time stamps of the second publisher begin at zero; those that go on for the viewer are not made up.
    const before = viewer.frames.at(-1);
    await seesMore(viewer, 100);
    const times = viewer.frames.map(({ seconds }) => seconds);
    expect(rises(times)).toBe(true);
    expect((times.at(-1) ?? 0) - (before?.seconds ?? 0)).toBeGreaterThan(3);
    await Promise.all([second.stop("SIGTERM"), viewer.stop()]);
    expect(await untilEnded(service, id)).toMatchObject({ task_status: "SUCCESS", attempt: 1 });
  });

  test.concurrent("goes on where its time stamps jump", async () => {
    const port = await freeUdpPort();
    const source = `udp://127.0.0.1:${port}`;
    const first = publish(`${source}?pkt_size=1316`, MPEGTS);
    const id = await createLive(service, source, [live("jumped")]);
    await service.until(id, isAllUp);
    const viewer = await viewOnceThere(live("jumped"));
    await first.stop();
    const second = publish(`${source}?pkt_size=1316`, {
      ...MPEGTS,
      args: ["-output_ts_offset", "7200"],
    });
    await seesMore(viewer, 50);
    const times = viewer.frames.map(({ seconds }) => seconds);
    expect(rises(times)).toBe(true);
    expect(times.at(-1)).toBeLessThan(600);
    await Promise.all([second.stop("SIGTERM"), viewer.stop()]);
    expect((await untilEnded(service, id)).task_status).toBe("SUCCESS");
  });
});

describe("a live stream whose pictures come in another shape from now on", () => {
  const WIDE = { size: "320x180" };

  // One socket, which the task reads on from.
  test.concurrent("is encoded in that shape", async () => {
    const source = `udp://127.0.0.1:${await freeUdpPort()}`;
    const first = publish(`${source}?pkt_size=1316`, MPEGTS);
    const out = live("reshaped");
    const qlty = { container: "flv", bitrate: "200000", width: 160, audio_bitrate: 64000 };
    const body = { profile_name: "by-width", description: "any shape", qlties: [qlty] };
    expect((await service.call("/api/v1/profile", { body })).status).toBe(200);
    const id = await createLive(service, source, [out], "by-width");
    await eventually(async () =>
      (await streamsOf(out)).includes("h264 160x120") ? true : undefined,
    );
    await first.stop();
    const second = publish(`${source}?pkt_size=1316`, { ...MPEGTS, ...WIDE });
    await eventually(async () =>
      (await streamsOf(out)).includes("h264 160x90") ? true : undefined,
    );
    expect(await service.until(id, isAllUp)).toMatchObject({ task_status: "RUNNING", attempt: 1 });
    await second.stop();
    expect((await untilEnded(service, id)).task_status).toBe("SUCCESS");
  });

  test.concurrent("fails a recording that is copied, and says why", async () => {
    const first = publish(live("reshaping"));
    const id = await createLive(service, live("reshaping"), ["reshaped.flv"]);
    await untilRecorded(service, id, 0);
    await first.stop();
    const second = publish(live("reshaping"), WIDE);
    await untilRecorded(service, id, 1);
    await second.stop("SIGTERM");
    const end = await untilEnded(service, id);
    expect(end).toMatchObject({ task_status: "FAILED", error: { code: "OutputNotSupported" } });
    expect(end.error?.detail).toContain(
      "h264 160x120 and aac 48000 1 became h264 320x180 and aac 48000 1",
    );
  });
});

describe("a recording", () => {
  test.concurrent("of a stream that drops is one file and one set, beside the live target", async () => {
    const first = publish(live("recorded"));
    const id = await createLive(
      service,
      live("recorded"),
      [live("also"), "recorded.mp4", "sets/recorded.m3u8"],
      "video_hls_160x120_200kbps",
    ).catch((error: Error) => error.message);
    // The profile's container is that of file targets: a set needs a name that ends in .m3u8.
    expect(id).toContain("m3u8");
    const task = await service.create({
      source: { source_url: live("recorded") },
      profile_name: "video_mp4_160x120_200kbps",
      targets: [
        { target_url: live("also") },
        { target_url: "recorded.mp4" },
        { target_url: "sets/recorded.m3u8", profile_name: "video_hls_160x120_200kbps" },
      ],
    });
    const viewer = await viewOnceThere(live("also"));
    await seesMore(viewer, 50);
    await first.stop();
    await service.until(task, ({ progress }) => progress?.phase === "FETCHING");
    const second = publish(live("recorded"));
    await seesMore(viewer, 50);
    await Promise.all([second.stop("SIGTERM"), viewer.stop()]);
    const end = await untilEnded(service, task);
    expect(end.targets.map(({ target_status }) => target_status)).toEqual([
      "SUCCESS",
      "SUCCESS",
      "SUCCESS",
    ]);
    const [, file, set] = end.targets;
    expect(file?.output?.duration_seconds).toBeGreaterThan(3.5);
    expect(file?.output).toMatchObject({ container: "mp4", video: { codec: "h264", width: 160 } });
    expect(set?.output).toMatchObject({ container: "m3u8", video: { codec: "h264" } });
    expect(await streamsOf(join(service.home.media, "recorded.mp4"))).toEqual([
      "aac",
      "h264 160x120",
    ]);
  });

  test.concurrent("outlives a crash of the service, which takes the stream up again", async () => {
    const home = newHome();
    const first = await startService(home, LIVE_ENV);
    const publisher = publish(live("crash"));
    const id = await createLive(first, live("crash"), [live("crashed"), "crash.mp4"]);
    await first.until(id, ({ progress }) => (progress?.out_time_seconds ?? 0) > 4);
    await first.stop("SIGKILL");

    const second = await startService(home, LIVE_ENV);
    await second.until(id, (task) => task.attempt === 2 && isAllUp(task));
    const viewer = await viewOnceThere(live("crashed"));
    // Behind what the first run sent: it goes on by the clock.
    expect(viewer.frames[0]?.seconds).toBeGreaterThan(4);
    await Promise.all([publisher.stop("SIGTERM"), viewer.stop()]);
    const end = await untilEnded(second, id);
    expect(end).toMatchObject({ task_status: "SUCCESS" });
    // At most two seconds of what came before the crash are lost.
    expect(end.targets[1]?.output?.duration_seconds).toBeGreaterThan(2 + 1);
    expect(encodersOf(home)).toEqual([]);
    await second.stop();
  });
});

describe("a file", () => {
  test.concurrent("is sent to live targets at the pace it plays at, once", async () => {
    const args = ["-g", "25"];
    const made = await clip({ seconds: 6, width: 160, height: 120, args });
    cpSync(made, join(service.home.media, "in.mp4"));
    const port = await freeUdpPort();
    // MPEG-TS is looked at for longer than the file lasts, where nothing is said.
    const quickly = ["-f", "mpegts", "-analyzeduration", "1000000"];
    const viewer = view(`udp://127.0.0.1:${port}`, quickly);
    const id = await createLive(service, "in.mp4", [live("from-file"), `udp://127.0.0.1:${port}`]);
    const other = await viewOnceThere(live("from-file"));
    const end = await untilEnded(service, id);
    expect(end.task_status).toBe("SUCCESS");
    expect(end.progress?.out_time_seconds).toBeCloseTo(6, 0);
    expect(viewer.frames.length).toBeGreaterThan(0);
    await Promise.all([viewer.stop(), other.stop()]);
  });
});

describe("a live task's limits", () => {
  test.concurrent("are its own deadline, and no other", async () => {
    const publisher = publish(live("deadline"));
    const id = await service.create({
      source: { source_url: live("deadline") },
      profile_name: COPY,
      targets: [{ target_url: live("deadlined") }],
      timeout_seconds: 4,
    });
    const end = await untilEnded(service, id);
    expect(end).toMatchObject({ task_status: "FAILED", error: { code: "TimeOut" } });
    await publisher.stop();
  });
});
