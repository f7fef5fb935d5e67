import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  freeUdpPort,
  publish,
  seesMore,
  startPeer,
  view,
  viewOnceThere,
} from "../fixtures/live-peers.ts";
import { COPY, createLive, isAllUp, startLiveService, untilEnded } from "../fixtures/live-tasks.ts";
import { childrenRunning } from "../fixtures/native-engine.ts";
import { commandLine } from "../fixtures/process-facts.ts";

setDefaultTimeout(120_000);

const service = await startLiveService();
const MPEGTS = { format: "mpegts" };
const ENCODED = "video_mp4_160x120_200kbps";

/** What `ps` shows of all that the service runs. */
const commandLines = () => childrenRunning(service.pid).map(commandLine).join("\n");

/** Of one direction each, and of a length that has to be filled up. */
const [IN, OUT] = ["in-s3cret-phrase", "out-s3cret-phrase!"];

describe("SRT with secrets", () => {
  test.concurrent("is called and calls by relays that alone know them, and keeps up with new keys", async () => {
    const [udpIn, srtIn, srtOut, udpOut] = await Promise.all([
      freeUdpPort(),
      freeUdpPort(),
      freeUdpPort(),
      freeUdpPort(),
    ]);
    const peers = [
      startPeer("srt-live-transmit", [
        `udp://127.0.0.1:${udpIn}`,
        // New keys every second or so.
        `srt://127.0.0.1:${srtIn}?mode=listener&passphrase=${IN}&pbkeylen=32&kmrefreshrate=64&kmpreannounce=16`,
      ]),
      startPeer("srt-live-transmit", [
        `srt://127.0.0.1:${srtOut}?mode=listener&passphrase=${OUT}`,
        `udp://127.0.0.1:${udpOut}`,
      ]),
    ];
    const publisher = publish(`udp://127.0.0.1:${udpIn}?pkt_size=1316`, MPEGTS);
    const viewer = view(`udp://127.0.0.1:${udpOut}`, ["-f", "mpegts"]);
    const source = `srt://127.0.0.1:${srtIn}?passphrase=${IN}&streamid=id-s3cret`;
    const target = `srt://127.0.0.1:${srtOut}?passphrase=${OUT}&latency=200000`;
    const id = await createLive(service, source, [target], ENCODED);
    await service.until(id, isAllUp);
    const shown = commandLines();
    expect(shown).toContain("latency=200000");
    expect(shown).not.toContain("s3cret");
    // More than one set of keys lasts.
    await seesMore(viewer, 250);
    await publisher.stop();
    expect((await untilEnded(service, id)).task_status).toBe("SUCCESS");
    await Promise.all([viewer.stop(), ...peers.map((peer) => peer.stop())]);
  });

  test.concurrent("is listened for by a relay that alone knows them", async () => {
    const [input, output] = await Promise.all([freeUdpPort(), freeUdpPort()]);
    const source = `srt://127.0.0.1:${input}?mode=listener&passphrase=${IN}`;
    const target = `srt://:${output}?mode=listener&passphrase=${OUT}`;
    const id = await createLive(service, source, [target], ENCODED);
    const udp = await freeUdpPort();
    const sender = startPeer("srt-live-transmit", [
      ...["-auto", "yes"],
      `udp://127.0.0.1:${udp}`,
      `srt://127.0.0.1:${input}?mode=caller&passphrase=${IN}`,
    ]);
    const publisher = publish(`udp://127.0.0.1:${udp}?pkt_size=1316`, MPEGTS);
    const viewer = await viewOnceThere(`srt://127.0.0.1:${output}?passphrase=${OUT}`, [
      ...["-f", "mpegts"],
    ]);
    await seesMore(viewer, 25);
    await service.until(id, isAllUp);
    expect(commandLines()).not.toContain("s3cret");
    await Promise.all([publisher.stop(), sender.stop()]);
    expect((await untilEnded(service, id)).task_status).toBe("SUCCESS");
    await viewer.stop();
  });

  test.concurrent("sends nothing where the passphrase is another", async () => {
    const [udp, srt] = await Promise.all([freeUdpPort(), freeUdpPort()]);
    const peer = startPeer("srt-live-transmit", [
      `udp://127.0.0.1:${udp}`,
      `srt://127.0.0.1:${srt}?mode=listener&passphrase=${IN}`,
    ]);
    const publisher = publish(`udp://127.0.0.1:${udp}?pkt_size=1316`, MPEGTS);
    const source = `srt://127.0.0.1:${srt}?passphrase=another-phrase`;
    const end = await untilEnded(
      service,
      await createLive(service, source, ["udp://127.0.0.1:9"], COPY),
    );
    expect(end).toMatchObject({ task_status: "FAILED", error: { code: "TimeOut" } });
    await Promise.all([publisher.stop(), peer.stop()]);
  });
});
