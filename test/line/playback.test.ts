import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { reportOf } from "../fixtures/browser.ts";
import { clip } from "../fixtures/clips.ts";
import { type RunningService, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

let service: RunningService;

beforeAll(async () => {
  service = await startService();
  // Three segments of a picture that is worth two rungs.
  const source = { seconds: 14, width: 640, height: 360, args: ["-b:v", "2M"] };
  copyFileSync(await clip(source), join(service.home.media, "in.mp4"));
});

afterAll(async () => {
  await service.stop();
});

/** Plays a set to its end, fourfold: from its lowest level on, and from the second second on its highest. */
const page = (master: string): string => `<!doctype html><video muted></video>
<script src="/hls.js"></script>
<script>
const video = document.querySelector("video");
const seen = { levels: [], widths: [], audio: 0, fatal: null, currentTime: 0, ended: false };
const report = () => {
  seen.currentTime = video.currentTime;
  seen.ended = video.ended;
  fetch("/report", { method: "POST", body: JSON.stringify(seen) });
};
const hls = new Hls({ startLevel: 0, capLevelToPlayerSize: false });
hls.on(Hls.Events.MANIFEST_PARSED, (_, { levels, audioTracks }) => {
  seen.offered = levels.map(({ width, height, codecSet, bitrate, frameRate }) => ({ width, height, codecSet, bitrate, frameRate }));
  seen.audio = audioTracks.length;
  hls.currentLevel = 0;
  video.playbackRate = 4;
  video.play();
});
hls.on(Hls.Events.LEVEL_SWITCHED, (_, { level }) => seen.levels.push(level));
hls.on(Hls.Events.ERROR, (_, { fatal, details }) => { if (fatal) { seen.fatal = details; report(); } });
video.addEventListener("resize", () => seen.widths.push(video.videoWidth));
video.addEventListener("timeupdate", () => { if (video.currentTime > 2) hls.currentLevel = hls.levels.length - 1; });
video.addEventListener("ended", report);
hls.loadSource("/${master}");
hls.attachMedia(video);
</script>`;

const HLS_JS = fileURLToPath(import.meta.resolve("hls.js/dist/hls.min.js"));

describe("an adaptive HLS set in a browser", () => {
  test.each(["video_hls_adaptive", "cmaf"])("%s plays, changes levels and ends", async (name) => {
    const qlty = (height: number, bitrate: number) => ({
      container: "cmaf",
      ...{ bitrate, height, audio_bitrate: 64_000 },
    });
    const profile = { profile_name: name, qlties: [qlty(240, 176_000), qlty(360, 424_000)] };
    if (name === "cmaf")
      expect((await service.call("/api/v1/profile", { body: profile })).status).toBe(200);
    const id = await service.create({
      source: { source_url: "in.mp4" },
      profile_name: name,
      targets: [{ target_url: `${name}.m3u8` }],
    });
    await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    const seen = await reportOf(page(`${name}.m3u8`), service.home.media, { "/hls.js": HLS_JS });
    expect(seen).toMatchObject({ fatal: null, ended: true });
    const { levels, widths, currentTime, offered } = seen as {
      levels: number[];
      widths: number[];
      currentTime: number;
      offered: { width: number; frameRate: number }[];
    };
    expect(offered.map(({ width, frameRate }) => [width, frameRate])).toEqual([
      [426, 25],
      [640, 25],
    ]);
    expect([levels.at(0), levels.at(-1)]).toEqual([0, 1]);
    // 426x240 is shown as wide as 16:9 is.
    expect([widths.at(0), widths.at(-1)]).toEqual([427, 640]);
    expect(currentTime).toBeGreaterThan(13.9);
  });
});
