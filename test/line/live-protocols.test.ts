import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { createServer } from "node:net";
import {
  freePort,
  freeUdpPort,
  publish,
  seesMore,
  startPeer,
  view,
  viewOnceThere,
} from "../fixtures/live-peers.ts";
import { createLive, isAllUp, startLiveHost, untilEnded } from "../fixtures/live-tasks.ts";
import type { TaskAnswer } from "../fixtures/service.ts";

setDefaultTimeout(120_000);

// ffmpeg looks at MPEG-TS for 6 s before it is there.
const { service, live } = await startLiveHost({ PONTUS_LIVE_SOURCE_TIMEOUT_SECONDS: "16" });

const MPEGTS = { format: "mpegts" };
/** Whether it ended well, and says that its target was sent something. */
function expectSent({ task_status, targets }: TaskAnswer): void {
  expect(task_status).toBe("SUCCESS");
  expect(targets[0]?.bytes_sent).toBeGreaterThan(0);
}

const ENCODED = "video_mp4_160x120_200kbps";

/** A viewer that waits to be called. Its default of a wait without end is none that 7.1 and 9.0 take. */
const RTSP_SERVER = [
  ...["-rtsp_flags", "listen", "-rtsp_transport", "tcp"],
  ...["-listen_timeout", "60"],
];

describe("a live task", () => {
  test.concurrent("goes from SRT to SRT, through srt-live-transmit on both sides", async () => {
    const [udpIn, srtIn, srtOut, udpOut] = await Promise.all([
      freeUdpPort(),
      freeUdpPort(),
      freeUdpPort(),
      freeUdpPort(),
    ]);
    const peers = [
      startPeer("srt-live-transmit", [
        `udp://127.0.0.1:${udpIn}`,
        `srt://127.0.0.1:${srtIn}?mode=listener`,
      ]),
      startPeer("srt-live-transmit", [
        `srt://127.0.0.1:${srtOut}?mode=listener`,
        `udp://127.0.0.1:${udpOut}`,
      ]),
    ];
    const publisher = publish(`udp://127.0.0.1:${udpIn}?pkt_size=1316`, MPEGTS);
    const viewer = view(`udp://127.0.0.1:${udpOut}`, ["-f", "mpegts"]);
    const targets = [`srt://127.0.0.1:${srtOut}`];
    const id = await createLive(service, `srt://127.0.0.1:${srtIn}`, targets, ENCODED);
    await service.until(id, isAllUp);
    await seesMore(viewer, 25);
    await publisher.stop();
    expectSent(await untilEnded(service, id));
    await Promise.all([viewer.stop(), ...peers.map((peer) => peer.stop())]);
  });

  test.concurrent("waits for its peers as an SRT listener, for both source and target", async () => {
    const [input, output] = await Promise.all([freeUdpPort(), freeUdpPort()]);
    const targets = [`srt://127.0.0.1:${output}?mode=listener`];
    const source = `srt://127.0.0.1:${input}?mode=listener`;
    const id = await createLive(service, source, targets, ENCODED);
    // A sender that calls again when it is cut off, as encoders do: the first call is used up to look at the stream.
    const udp = await freeUdpPort();
    const sender = startPeer("srt-live-transmit", [
      ...["-auto", "yes"],
      `udp://127.0.0.1:${udp}`,
      `srt://127.0.0.1:${input}?mode=caller`,
    ]);
    const publisher = publish(`udp://127.0.0.1:${udp}?pkt_size=1316`, MPEGTS);
    const viewer = await viewOnceThere(`srt://127.0.0.1:${output}`, ["-f", "mpegts"]);
    await seesMore(viewer, 25);
    await service.until(id, isAllUp);
    await Promise.all([publisher.stop(), sender.stop()]);
    expect((await untilEnded(service, id)).task_status).toBe("SUCCESS");
    await viewer.stop();
  });

  test.concurrent("publishes by RTSP over TCP, to ffmpeg as the listening server", async () => {
    const port = await freePort();
    const url = `rtsp://127.0.0.1:${port}/live`;
    const viewer = view(url, RTSP_SERVER);
    const publisher = publish(live("to-rtsp"));
    const id = await createLive(service, live("to-rtsp"), [url]);
    await seesMore(viewer, 25);
    await service.until(id, isAllUp);
    await publisher.stop("SIGTERM");
    expectSent(await untilEnded(service, id));
    await viewer.stop();
  });

  test.concurrent("tells of an RTSP target that stops reading, and that it reads again", async () => {
    const port = await freePort();
    const url = `rtsp://127.0.0.1:${port}/live`;
    const viewer = view(url, RTSP_SERVER);
    // Enough to fill what the system keeps of a connection in some seconds.
    const video = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-qp", "5"];
    const publisher = publish(live("to-stuck"), { size: "320x240", isNoisy: true, video });
    const id = await createLive(service, live("to-stuck"), [url, live("not-stuck")]);
    await seesMore(viewer, 25);
    await service.until(id, isAllUp);
    viewer.child.kill("SIGSTOP");
    const stuck = await service.until(
      id,
      ({ targets: [target] }) => target?.target_status === "RECONNECTING",
    );
    expect(stuck.targets[0]?.error?.detail).toBe(
      "Cannot send to the target: it has taken nothing for 20 s",
    );
    expect(stuck.targets[1]?.target_status).toBe("RUNNING");
    viewer.child.kill("SIGCONT");
    await service.until(id, isAllUp);
    await seesMore(viewer, 25);
    await publisher.stop("SIGTERM");
    expectSent(await untilEnded(service, id));
    await viewer.stop();
  }, 150_000);

  test.concurrent("gives up a server that takes the connection and says nothing", async () => {
    const silent = createServer((socket) => socket.on("error", () => {})).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const address = silent.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const publisher = publish(live("to-silent"));
    const [source, target] = await Promise.all([
      createLive(service, `rtmp://127.0.0.1:${port}/live/a`, [live("from-silent")]),
      createLive(service, live("to-silent"), [`rtmp://127.0.0.1:${port}/live/b`]),
    ]);
    const [noSource, noTarget] = await Promise.all([
      untilEnded(service, source),
      untilEnded(service, target),
    ]);
    expect(noSource).toMatchObject({ task_status: "FAILED", error: { code: "TimeOut" } });
    expect(noTarget).toMatchObject({
      task_status: "FAILED",
      error: { code: "OutputNotSupported" },
    });
    await publisher.stop();
    silent.close();
  });
});
