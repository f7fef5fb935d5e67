import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { publish } from "../fixtures/live-peers.ts";
import {
  fromDisk,
  namedIn,
  type Read,
  segmentsIn,
  untilBroken,
  untilNamed,
  watched,
} from "../fixtures/live-sets.ts";
import { createLive, LIVE_ENV, startLiveHost, untilEnded } from "../fixtures/live-tasks.ts";
import { eventually, newHome, startService } from "../fixtures/service.ts";

setDefaultTimeout(120_000);

const { service, live } = await startLiveHost();

describe("a set of streams apart, of a live stream", () => {
  test.concurrent("is DASH that grows, each run a period, and ends as a film", async () => {
    const first = publish(live("dash"));
    const id = await createLive(service, live("dash"), ["dash.mpd"], "video_dash_160x120_200kbps");
    const read = fromDisk(service.home.media);
    const untilSegments = (count: number): Promise<string> =>
      eventually(async () => {
        const manifest = (await read("dash.mpd")) ?? "";
        const segments = segmentsIn(manifest);
        for (const name of segments) expect(await read(name)).toBeString();
        return segments.length >= count ? manifest : undefined;
      });
    const early = await untilSegments(6);
    expect(early).toContain('type="dynamic"');
    expect(early.match(/<Period /g)).toHaveLength(1);
    await first.stop();
    await service.until(id, ({ progress }) => progress?.phase === "FETCHING");
    const second = publish(live("dash"));
    const isTwo = (manifest: string) => manifest.match(/<Period /g)?.length === 2;
    const later = await eventually(async () => {
      const manifest = await untilSegments(8);
      return isTwo(manifest) ? manifest : undefined;
    });
    await second.stop("SIGTERM");
    const end = await untilEnded(service, id);
    expect(end).toMatchObject({ task_status: "SUCCESS" });
    const whole = await untilSegments(segmentsIn(later).length);
    expect(whole).toContain('type="static"');
    expect(end.targets[0]?.output).toMatchObject({
      container: "dash",
      video: { codec: "h264", width: 160, height: 120 },
      renditions: [{ video: { codec: "h264" }, audio: { codec: "aac" } }],
    });
    const args = ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"];
    const path = join(service.home.media, "dash.mpd");
    const told = Number(/mediaPresentationDuration="PT([\d.]+)S"/.exec(whole)?.[1]);
    expect(Math.abs(told - (end.targets[0]?.output?.duration_seconds ?? 0))).toBeLessThan(0.1);
    // It drops what is no whole second of a manifest.
    const seconds = Number(execFileSync("ffprobe", [...args, path], { encoding: "utf8" }));
    expect(seconds).toBe(Math.floor(told));
  });

  test.concurrent("plays in a browser while it grows, in each of its sizes", async () => {
    const qlty = (height: number, bitrate: number) => ({
      container: "cmaf",
      ...{ bitrate, height, audio_bitrate: 64_000 },
    });
    const profile = { profile_name: "two", qlties: [qlty(90, 100_000), qlty(180, 300_000)] };
    expect((await service.call("/api/v1/profile", { body: profile })).status).toBe(200);
    const publisher = publish(live("sizes"), { size: "320x180" });
    const id = await createLive(service, live("sizes"), ["sizes.m3u8"], "two");
    const read = fromDisk(service.home.media);
    const master = await eventually(() => read("sizes.m3u8"));
    expect(master).toContain("RESOLUTION=160x90,FRAME-RATE=25.000");
    expect(master).toContain("RESOLUTION=320x180,FRAME-RATE=25.000");
    const [, playlist = ""] = namedIn(master);
    const inFolder: Read = async (path) => read(path.startsWith("sizes/") ? path : `sizes/${path}`);
    await untilNamed(inFolder, playlist, 3);
    const seen = await watched("sizes.m3u8", service.home.media);
    expect(seen).toMatchObject({ fatal: null, isLive: true, levels: 2 });
    expect(seen.played).toBeGreaterThan(4);
    expect(await inFolder("manifest.mpd")).toContain('type="dynamic"');
    await publisher.stop("SIGTERM");
    expect(await untilEnded(service, id)).toMatchObject({ task_status: "SUCCESS" });
    expect(await inFolder(playlist)).toContain("#EXT-X-ENDLIST");
    expect(await inFolder("manifest.mpd")).toContain('type="static"');
  });

  test.concurrent("goes on as one after a crash of the service", async () => {
    const home = newHome();
    const first = await startService(home, LIVE_ENV);
    const publisher = publish(live("crash"));
    const id = await createLive(first, live("crash"), ["crash.m3u8"], "video_hls_adaptive");
    const read = fromDisk(home.media);
    const inFolder: Read = async (path) => read(`crash/${path}`);
    const master = await eventually(() => read("crash.m3u8"));
    const playlist = namedIn(master)[0]?.replace("crash/", "") ?? "";
    const before = namedIn(await untilNamed(inFolder, playlist, 2));
    await first.stop("SIGKILL");
    const second = await startService(home, LIVE_ENV);
    const after = await untilBroken(inFolder, playlist);
    expect(namedIn(after).slice(0, before.length)).toEqual([...before]);
    expect(after.match(/#EXT-X-MAP:/g)).toHaveLength(2);
    await publisher.stop("SIGTERM");
    expect(await untilEnded(second, id)).toMatchObject({ task_status: "SUCCESS", attempt: 2 });
    expect(await untilNamed(inFolder, playlist, before.length + 2)).toContain("#EXT-X-ENDLIST");
    await second.stop();
  });

  test("is refused with a live target", async () => {
    const attempt = (targets: readonly string[], profile: string) =>
      createLive(service, live("none"), targets, profile).catch((error: Error) => error.message);
    expect(await attempt(["a.m3u8", live("b")], "video_hls_adaptive")).toContain(
      "it takes one rendition",
    );
  });
});
