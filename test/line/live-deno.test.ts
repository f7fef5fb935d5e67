import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  freeUdpPort,
  publish,
  seesMore,
  startPeer,
  view,
  viewOnceThere,
} from "../fixtures/live-peers.ts";
import { COPY, createLive, isAllUp, LIVE_ENV, untilEnded } from "../fixtures/live-tasks.ts";
import { startNodeMediaServer } from "../fixtures/node-media-server.ts";
import { ofFile } from "../fixtures/of-file.ts";
import { startRtspServer } from "../fixtures/rtsp-server.ts";
import { deno } from "../fixtures/runtimes.ts";
import { newHome, startService } from "../fixtures/service.ts";

setDefaultTimeout(120_000);

const [service, server, rtsp] = await Promise.all([
  ofFile(startService(newHome(), LIVE_ENV, deno())),
  ofFile(startNodeMediaServer()),
  ofFile(startRtspServer(3)),
]);

describe("under Deno, a live task is relayed", () => {
  test.concurrent("from RTSP to RTMP", async () => {
    const out = `${server.url}/live/from-rtsp`;
    const id = await createLive(service, rtsp.url, [out], "video_mp4_160x120_200kbps");
    const viewer = await viewOnceThere(out);
    await service.until(id, isAllUp);
    await rtsp.kill();
    expect((await untilEnded(service, id)).task_status).toBe("SUCCESS");
    await viewer.stop();
  });

  test.concurrent("from SRT to SRT, with passphrases", async () => {
    const [udpIn, srtIn, srtOut, udpOut] = await Promise.all([
      freeUdpPort(),
      freeUdpPort(),
      freeUdpPort(),
      freeUdpPort(),
    ]);
    const peers = [
      startPeer("srt-live-transmit", [
        `udp://127.0.0.1:${udpIn}`,
        `srt://127.0.0.1:${srtIn}?mode=listener&passphrase=in-s3cret-phrase&pbkeylen=24`,
      ]),
      startPeer("srt-live-transmit", [
        `srt://127.0.0.1:${srtOut}?mode=listener&passphrase=out-s3cret-phrase`,
        `udp://127.0.0.1:${udpOut}`,
      ]),
    ];
    const publisher = publish(`udp://127.0.0.1:${udpIn}?pkt_size=1316`, { format: "mpegts" });
    const viewer = view(`udp://127.0.0.1:${udpOut}`, ["-f", "mpegts"]);
    const source = `srt://127.0.0.1:${srtIn}?passphrase=in-s3cret-phrase`;
    const target = `srt://127.0.0.1:${srtOut}?passphrase=out-s3cret-phrase`;
    const id = await createLive(service, source, [target], COPY);
    await service.until(id, isAllUp);
    await seesMore(viewer, 50);
    await publisher.stop();
    expect((await untilEnded(service, id)).task_status).toBe("SUCCESS");
    await Promise.all([viewer.stop(), ...peers.map((peer) => peer.stop())]);
  });
});
