import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { CAPTIONED, captionsOf } from "../fixtures/captions.ts";
import { ffmpeg } from "../fixtures/clips.ts";
import { hear } from "../fixtures/heard.ts";
import { freeUdpPort, startPeer, viewOnceThere } from "../fixtures/live-peers.ts";
import { createLive, startLiveHost, untilEnded } from "../fixtures/live-tasks.ts";
import { outputOf } from "../plan/run-plan.ts";

setDefaultTimeout(120_000);

const { service, server } = await startLiveHost();

const ENCODED = "video_mp4_160x120_200kbps";
const PICTURE = ["-f", "lavfi", "-i", "testsrc2=s=160x120:r=25"];
const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25"];
const tone = (hertz: number) => ["-f", "lavfi", "-i", `sine=${hertz}:r=48000`];
const ALL = ["-map", "0", "-map", "1", "-map", "2", ...H264];

/** A live task once it has ended well, and the file that it recorded. */
async function recorded(source: string, name: string, targets: readonly string[] = []) {
  const id = await createLive(service, source, [...targets, name], ENCODED);
  const task = await untilEnded(service, id);
  expect(task.error?.detail ?? task.task_status).toBe("SUCCESS");
  return { warnings: task.warnings ?? [], path: join(service.home.media, name) };
}

/** The tones of a file's first channels. */
const tonesOf = async (path: string) => {
  const { toneAt, channels } = await hear(path);
  return Array.from({ length: channels }, (_, channel) => toneAt(1, channel));
};

describe("a live task", () => {
  test.concurrent("joins two streams of a file that are left and right, and tells of it", async () => {
    const source = join(service.home.media, "sides.mov");
    await ffmpeg([
      ...[...PICTURE, ...tone(500), ...tone(600), ...ALL],
      ...["-c:a", "pcm_s16le", "-t", "6", source],
    ]);
    const target = `udp://127.0.0.1:${await freeUdpPort()}`;
    const { warnings, path } = await recorded("sides.mov", "sides.mp4", [target]);
    expect(await tonesOf(path)).toEqual([500, 600]);
    expect(warnings).toEqual([
      {
        code: "stream_chosen",
        message: "Of the source streams 1 and 2 of one channel each are its left and right",
      },
    ]);
  });

  test.concurrent("takes the main one of several sounds of MPEG-TS, in its language, and tells of it", async () => {
    const source = `udp://127.0.0.1:${await freeUdpPort()}`;
    const publisher = startPeer("ffmpeg", [
      ...["-nostdin", "-v", "error", "-re", ...PICTURE],
      ...["-re", ...tone(500), "-re", ...tone(1000), ...ALL, "-c:a", "aac"],
      ...["-metadata:s:a:0", "language=eng", "-disposition:a:0", "visual_impaired"],
      ...["-metadata:s:a:1", "language=ger"],
      ...["-t", "8", "-f", "mpegts", `${source}?pkt_size=1316`],
    ]);
    const { warnings, path } = await recorded(source, "main.mp4");
    expect(await tonesOf(path)).toEqual([1000, 1000]);
    const told = [
      "-select_streams",
      "a",
      "-show_entries",
      "stream_tags=language",
      "-of",
      "csv=p=0",
    ];
    expect((await outputOf("ffprobe", [...told, path])).toString().trim()).toBe("ger");
    expect(warnings).toEqual([
      {
        code: "stream_chosen",
        message: "Of the source stream 2 is its sound, as stream 1 is an audio description",
      },
    ]);
    await publisher.stop();
  });

  test.concurrent("keeps captions where the rate stays, and tells of those that are left out", async () => {
    const source = `${server.url}/live/captioned`;
    const publisher = startPeer("ffmpeg", [
      ...["-nostdin", "-v", "error", "-re", "-stream_loop", "1", "-i", CAPTIONED],
      ...[...H264, "-tune", "zerolatency", "-c:a", "aac", "-f", "flv", source],
    ]);
    const viewer = await viewOnceThere(source);
    const low = createLive(service, source, ["low.mp4"], "video_mp4_h265_160x120_200kbps");
    const { warnings, path } = await recorded(source, "kept.mp4");
    // Whole lines, from wherever it began.
    const last = (await captionsOf(CAPTIONED)).split("/").slice(-2).join("/");
    expect(await captionsOf(path)).toContain(last);
    expect(warnings).toEqual([]);
    const other = await untilEnded(service, await low);
    expect([other.error?.detail ?? other.task_status, other.warnings]).toEqual([
      "SUCCESS",
      [
        {
          code: "captions_dropped",
          message: "The captions in the source's pictures (CEA-608/708) are left out",
        },
      ],
    ]);
    await Promise.all([publisher.stop(), viewer.stop()]);
  });
});
