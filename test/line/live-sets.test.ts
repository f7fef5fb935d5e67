import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freeUdpPort, H265, publish } from "../fixtures/live-peers.ts";
import {
  fromDisk,
  namedIn,
  playedSeconds,
  type Read,
  untilBroken,
  untilNamed,
  watched,
} from "../fixtures/live-sets.ts";
import { createLive, LIVE_ENV, startLiveHost, untilEnded } from "../fixtures/live-tasks.ts";
import { startMediaServer, status } from "../fixtures/media-server.ts";
import { ofFile } from "../fixtures/of-file.ts";
import { s3EnvOf, startS3Server } from "../fixtures/s3-server.ts";
import { newHome, startService } from "../fixtures/service.ts";

setDefaultTimeout(120_000);

const [http, s3] = await Promise.all([ofFile(startMediaServer()), ofFile(startS3Server())]);
const { service, live } = await startLiveHost({
  PONTUS_HTTP_TIMEOUT_SECONDS: "2",
  ...s3EnvOf(s3),
});

const COPIED = "video_hls_transmux";

describe("an HLS set of a live stream", () => {
  test.concurrent("can be played while it grows, and from its beginning when it has ended", async () => {
    const publisher = publish(live("grows"));
    const target = "grows.m3u8";
    const id = await createLive(service, live("grows"), [target], "video_hls_160x120_200kbps");
    const read = fromDisk(service.home.media);
    const early = await untilNamed(read, target, 2);
    expect(early).not.toContain("#EXT-X-ENDLIST");
    expect(await service.task(id)).toMatchObject({
      task_status: "RUNNING",
      targets: [{ target_status: "RUNNING" }],
    });
    const later = await untilNamed(read, target, 4);
    expect(later.startsWith(early)).toBe(true);
    await publisher.stop("SIGTERM");
    const end = await untilEnded(service, id);
    expect(end).toMatchObject({ task_status: "SUCCESS", targets: [{ target_status: "SUCCESS" }] });
    const whole = await untilNamed(read, target, 4);
    expect(whole).toContain("#EXT-X-PLAYLIST-TYPE:VOD");
    expect(whole).toEndWith("#EXT-X-ENDLIST\n");
    const { output, bytes_sent = 0 } = end.targets[0] ?? {};
    expect(output).toMatchObject({
      container: "m3u8",
      size_bytes: bytes_sent,
      video: { codec: "h264", width: 160, height: 120, framerate: 25 },
      audio: { codec: "aac" },
    });
    const seconds = await playedSeconds(read, target);
    expect(seconds).toBeGreaterThan(7);
    expect(Math.abs(seconds - (output?.duration_seconds ?? 0))).toBeLessThan(0.2);
  });

  test.concurrent("is one set across a drop of its source, with a break", async () => {
    const first = publish(live("drops"));
    const target = "sets/drops.m3u8";
    const id = await createLive(service, live("drops"), [target], COPIED);
    const read: Read = (path) =>
      fromDisk(service.home.media)(path.startsWith("sets/") ? path : `sets/${path}`);
    await untilNamed(read, target, 1);
    await first.stop();
    await service.until(id, ({ progress }) => progress?.phase === "FETCHING");
    const before = namedIn((await read(target)) ?? "").length;
    const second = publish(live("drops"));
    const playlist = await untilNamed(read, target, before + 1);
    expect(playlist.match(/#EXT-X-DISCONTINUITY\n/g)).toHaveLength(1);
    await second.stop("SIGTERM");
    expect((await untilEnded(service, id)).task_status).toBe("SUCCESS");
  });

  test.concurrent("goes to several servers, and one that is away gets what it lacks when it is back", async () => {
    const away = "/away/live.m3u8";
    const publisher = publish(live("servers"));
    const targets = [http.url("/there/live.m3u8"), http.url(away), `s3://${s3.bucket}/a/live.m3u8`];
    const id = await createLive(service, live("servers"), targets, COPIED);
    const onHttp =
      (folder: string): Read =>
      async (path) =>
        http.files.get(`/${folder}/${path}`)?.toString("latin1");
    const onS3: Read = async (path) => {
      const answer = await s3.fetch(`/a/${path}`);
      return answer.ok ? Buffer.from(await answer.arrayBuffer()).toString("latin1") : undefined;
    };
    await untilNamed(onHttp("away"), "live.m3u8", 1);
    http.next(away, [status(503)], "stays");
    const task = await service.until(
      id,
      ({ targets: [, second] }) => second?.target_status === "RECONNECTING",
    );
    expect(task.targets.map(({ target_status }) => target_status)).toEqual([
      "RUNNING",
      "RECONNECTING",
      "RUNNING",
    ]);
    expect(task.targets[1]?.error?.detail).toContain("the server answered 503");
    const there = namedIn(http.files.get("/there/live.m3u8")?.toString() ?? "").length;
    await untilNamed(onHttp("there"), "live.m3u8", there + 2);
    await untilNamed(onS3, "live.m3u8", there + 2);
    http.next(away, []);
    await service.until(id, ({ targets: [, second] }) => second?.target_status === "RUNNING");
    await publisher.stop("SIGTERM");
    expect((await untilEnded(service, id)).task_status).toBe("SUCCESS");
    const [one, other, third] = await Promise.all(
      [onHttp("there"), onHttp("away"), onS3].map((read) => read("live.m3u8")),
    );
    expect(one).toContain("#EXT-X-ENDLIST");
    expect([other, third]).toEqual([one, one]);
  });

  test.concurrent("outlives a crash of the service", async () => {
    const home = newHome();
    const first = await startService(home, LIVE_ENV);
    const publisher = publish(live("crash"));
    const id = await createLive(first, live("crash"), ["crash.m3u8"], COPIED);
    const read = fromDisk(home.media);
    const before = namedIn(await untilNamed(read, "crash.m3u8", 2));
    await first.stop("SIGKILL");
    const second = await startService(home, LIVE_ENV);
    const after = await untilBroken(read, "crash.m3u8");
    expect(namedIn(after).slice(0, before.length)).toEqual([...before]);
    await publisher.stop("SIGTERM");
    expect(await untilEnded(second, id)).toMatchObject({ task_status: "SUCCESS", attempt: 2 });
    await untilNamed(read, "crash.m3u8", before.length + 2);
    await second.stop();
  });

  test.concurrent("ends for its players when its task is cancelled", async () => {
    const publisher = publish(live("cancelled"));
    const id = await createLive(service, live("cancelled"), ["cancelled.m3u8"], COPIED);
    const read = fromDisk(service.home.media);
    await untilNamed(read, "cancelled.m3u8", 1);
    await service.call(`/api/v1/task/transcoding/${id}/cancel`, { method: "POST" });
    expect((await untilEnded(service, id)).task_status).toBe("CANCELLED");
    expect(await untilNamed(read, "cancelled.m3u8", 1)).toContain("#EXT-X-ENDLIST");
    await publisher.stop();
  });

  test.concurrent("ends for its players when its task runs out of time", async () => {
    const publisher = publish(live("late"));
    const id = await service.create({
      source: { source_url: live("late") },
      profile_name: COPIED,
      targets: [{ target_url: "late.m3u8" }],
      // As long as the tests beside it take: a first segment must be there before, on a busy machine too.
      timeout_seconds: 20,
    });
    const read = fromDisk(service.home.media);
    expect(await untilNamed(read, "late.m3u8", 1)).not.toContain("#EXT-X-ENDLIST");
    expect(await untilEnded(service, id)).toMatchObject({ error: { code: "TimeOut" } });
    expect(await untilNamed(read, "late.m3u8", 1)).toContain("#EXT-X-ENDLIST");
    await publisher.stop();
  });

  test.concurrent("has HEVC called as all players know it", async () => {
    const source = `udp://127.0.0.1:${await freeUdpPort()}`;
    const publisher = publish(`${source}?pkt_size=1316`, { format: "mpegts", ...H265 });
    const id = await createLive(service, source, ["hevc.m3u8"], COPIED);
    const playlist = await untilNamed(fromDisk(service.home.media), "hevc.m3u8", 1);
    const init = /#EXT-X-MAP:URI="(.+)"/.exec(playlist)?.[1] ?? "";
    expect(readFileSync(join(service.home.media, init)).includes("hvc1")).toBe(true);
    await publisher.stop("SIGTERM");
    expect(await untilEnded(service, id)).toMatchObject({
      task_status: "SUCCESS",
      targets: [{ output: { video: { codec: "hevc" } } }],
    });
  });

  test.concurrent("plays in a browser while it grows", async () => {
    const publisher = publish(live("watched"));
    const id = await createLive(service, live("watched"), ["watched.m3u8"], COPIED);
    await untilNamed(fromDisk(service.home.media), "watched.m3u8", 3);
    const seen = await watched("watched.m3u8", service.home.media);
    expect(seen).toMatchObject({ fatal: null, isLive: true });
    expect(seen.played).toBeGreaterThan(4);
    expect((await service.task(id)).task_status).toBe("RUNNING");
    await publisher.stop("SIGTERM");
    await untilEnded(service, id);
  });
});
