import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  freeUdpPort,
  H265,
  type PublishOptions,
  publish,
  seesMore,
  startPeer,
  streamsOf,
  viewOnceThere,
} from "../fixtures/live-peers.ts";
import { createLive, isAllUp, rises, startLiveHost, untilEnded } from "../fixtures/live-tasks.ts";
import { eventually, type TaskAnswer } from "../fixtures/service.ts";

setDefaultTimeout(120_000);

const { service, live } = await startLiveHost();

const MPEGTS = { format: "mpegts" };

const isLiveUp = ({ targets: [target] }: TaskAnswer) => target?.target_status === "RUNNING";

/** Whether a viewer of a target finds just these streams there by now. */
const shows = (target: string, streams: readonly string[]): Promise<true> =>
  eventually(async () => ((await streamsOf(target)).join() === streams.join() ? true : undefined));

const MPEG2: PublishOptions = {
  video: ["-c:v", "mpeg2video", "-g", "25", "-b:v", "300k"],
  audio: ["-c:a", "mp2", "-b:a", "64k"],
};
const MP3: PublishOptions = { audio: ["-c:a", "libmp3lame", "-ar", "44100", "-b:a", "64k"] };
/** As a multiplexer does that is told to send other streams: it gives them PIDs of their own. */
const OTHER_PIDS = ["-mpegts_start_pid", "0x200"];

describe("a live stream whose codec changes", () => {
  test.concurrent("goes on with another sound, published to the same name", async () => {
    const first = publish(live("to-mp3"));
    const id = await createLive(service, live("to-mp3"), [live("as-mp3")]);
    await service.until(id, isAllUp);
    const viewer = await viewOnceThere(live("as-mp3"));
    await seesMore(viewer, 25);
    await first.stop();
    const second = publish(live("to-mp3"), MP3);
    await shows(live("as-mp3"), ["h264 160x120", "mp3"]);
    await second.stop();
    const third = publish(live("to-mp3"));
    await shows(live("as-mp3"), ["aac", "h264 160x120"]);
    await seesMore(viewer, 25);
    expect(rises(viewer.frames.map(({ seconds }) => seconds))).toBe(true);
    await Promise.all([third.stop(), viewer.stop()]);
    expect(await untilEnded(service, id)).toMatchObject({ task_status: "SUCCESS", attempt: 1 });
  });

  // Two publishers, one after the other, into the one socket or connection that the task reads on from.
  test.concurrent("is encoded on where picture and sound are others on the same PIDs", async () => {
    const source = `udp://127.0.0.1:${await freeUdpPort()}`;
    const first = publish(`${source}?pkt_size=1316`, MPEGTS);
    const id = await createLive(service, source, [live("encoded")], "video_flv_160x120_200kbps");
    const viewer = await viewOnceThere(live("encoded"));
    await seesMore(viewer, 25);
    await first.stop();
    const second = publish(`${source}?pkt_size=1316`, { ...MPEGTS, ...MPEG2 });
    // More than was on its way.
    await seesMore(viewer, 150);
    expect(await streamsOf(live("encoded"))).toEqual(["aac", "h264 160x120"]);
    expect(rises(viewer.frames.map(({ seconds }) => seconds))).toBe(true);
    expect(await service.task(id)).toMatchObject({ task_status: "RUNNING", attempt: 1 });
    await Promise.all([second.stop(), viewer.stop()]);
    expect((await untilEnded(service, id)).task_status).toBe("SUCCESS");
  });

  test.concurrent("is copied on where the picture is another on the same PID", async () => {
    const [port, out] = await Promise.all([freeUdpPort(), freeUdpPort()]);
    const [source, target] = [`udp://127.0.0.1:${port}`, `udp://127.0.0.1:${out}`];
    const first = publish(`${source}?pkt_size=1316`, MPEGTS);
    const id = await createLive(service, source, [target], "video_mpegts_transmux");
    await service.until(id, isAllUp);
    await shows(target, ["aac", "h264 160x120"]);
    await first.stop();
    const second = publish(`${source}?pkt_size=1316`, { ...MPEGTS, ...H265 });
    await shows(target, ["aac", "hevc 160x120"]);
    expect(await service.task(id)).toMatchObject({ task_status: "RUNNING", attempt: 1 });
    await second.stop();
    expect((await untilEnded(service, id)).task_status).toBe("SUCCESS");
  });

  test.concurrent("is copied on where the sound is another on the same PID", async () => {
    const source = `udp://127.0.0.1:${await freeUdpPort()}`;
    const first = publish(`${source}?pkt_size=1316`, MPEGTS);
    const id = await createLive(service, source, [live("by-pid")]);
    await shows(live("by-pid"), ["aac", "h264 160x120"]);
    await first.stop();
    const second = publish(`${source}?pkt_size=1316`, { ...MPEGTS, ...MP3 });
    await shows(live("by-pid"), ["h264 160x120", "mp3"]);
    // The change broke off its connection: it has to hold for a while again.
    await service.until(id, isAllUp);
    expect(await service.task(id)).toMatchObject({ task_status: "RUNNING", attempt: 1 });
    await second.stop();
    expect((await untilEnded(service, id)).task_status).toBe("SUCCESS");
  });

  test.concurrent("is copied on where its streams are others within one SRT connection", async () => {
    const [udp, srt] = await Promise.all([freeUdpPort(), freeUdpPort()]);
    const into = `udp://127.0.0.1:${udp}?pkt_size=1316`;
    const relay = startPeer("srt-live-transmit", [
      `udp://127.0.0.1:${udp}`,
      `srt://127.0.0.1:${srt}?mode=listener`,
    ]);
    const first = publish(into, MPEGTS);
    const id = await createLive(service, `srt://127.0.0.1:${srt}`, [live("by-srt")]);
    await shows(live("by-srt"), ["aac", "h264 160x120"]);
    await first.stop();
    const second = publish(into, { ...MPEGTS, ...MP3, args: OTHER_PIDS });
    await shows(live("by-srt"), ["h264 160x120", "mp3"]);
    // The change broke off its connection, too.
    await service.until(id, isAllUp);
    expect(await service.task(id)).toMatchObject({ task_status: "RUNNING", attempt: 1 });
    await Promise.all([second.stop(), relay.stop()]);
    expect((await untilEnded(service, id)).task_status).toBe("SUCCESS");
  });

  test.concurrent("fails a recording that was copied, and says why, but not the live target beside it", async () => {
    const first = publish(live("recorded"));
    const id = await createLive(service, live("recorded"), [live("beside"), "recorded.flv"]);
    await shows(live("beside"), ["aac", "h264 160x120"]);
    await first.stop();
    const second = publish(live("recorded"), MP3);
    await shows(live("beside"), ["h264 160x120", "mp3"]);
    const task = await service.until(id, isLiveUp);
    const seconds = task.progress?.out_time_seconds ?? 0;
    // So much that the part that is recorded now has a fragment.
    await service.until(id, ({ progress }) => (progress?.out_time_seconds ?? 0) > seconds + 2);
    await second.stop("SIGTERM");
    const end = await untilEnded(service, id);
    expect(end).toMatchObject({ task_status: "FAILED", error: { code: "OutputNotSupported" } });
    expect(end.error?.detail).toContain(
      "h264 160x120 and aac 48000 1 became h264 160x120 and mp3 44100 1",
    );
    expect(end.targets.map(({ target_status }) => target_status)).toEqual(["SUCCESS", "FAILED"]);
  });
});
