import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { openSrtRelay } from "../../../src/engine/relay/srt/srt-relay.ts";
import { StandIns } from "../../../src/engine/relay/stand-ins.ts";
import { OPEN_EGRESS } from "../../../src/net/egress-policy.ts";
import { freeUdpPort, startPeer } from "../../fixtures/live-peers.ts";

setDefaultTimeout(60_000);

/** Sends sound; whether that went well. */
async function send(url: string, seconds = "1"): Promise<boolean> {
  const input = ["-f", "lavfi", "-i", "sine", "-t", seconds, "-c:a", "mp2"];
  const { child } = startPeer("ffmpeg", [
    ...["-nostdin", "-v", "error", "-re", ...input, "-f", "mpegts", url],
  ]);
  const [code] = await once(child, "exit");
  return code === 0;
}

describe("an SRT server behind a relay", () => {
  test("hears only those who know the secrets of the relay, which are not its own", async () => {
    const port = await freeUdpPort();
    const peer = startPeer("srt-live-transmit", [
      ...["-auto", "yes", `srt://127.0.0.1:${port}?mode=listener&passphrase=p-s3cret-phrase`],
      "file://con",
    ]);
    const url = `srt://127.0.0.1:${port}?passphrase=p%2Ds3cret-phrase&streamid=id-s3cret&latency=20000`;
    const standIns = await StandIns.open({ targets: [url] }, { policy: OPEN_EGRESS });
    const own = standIns.ownUrl(url);
    expect(own).not.toContain("s3cret");
    expect(own).toContain("latency=20000");
    expect(standIns.realText(`to '${own}'`)).toBe(`to '${url}'`);
    expect(await send(own.replace(/streamid=\w{4}/, "streamid=0000"))).toBe(false);
    expect(await send(own.replace(/passphrase=\w{4}/, "passphrase=0000"))).toBe(false);
    expect(await send(own)).toBe(true);
    await Promise.all([standIns.close(), peer.stop()]);
  });
});

/** What somebody says first who calls by SRT. */
function induction(): Buffer {
  const packet = Buffer.alloc(64);
  packet.writeUInt16BE(0x8000, 0);
  packet.writeUInt32BE(1, 36);
  return packet;
}

/** Strangers who call a port again and again, and say no more than that. */
function callStrangely(port: number, count: number) {
  const sockets = Array.from({ length: count }, () => createSocket("udp4"));
  const call = () => {
    for (const socket of sockets) socket.send(induction(), port, "127.0.0.1");
  };
  call();
  const timer = setInterval(call, 200);
  return () => {
    clearInterval(timer);
    for (const socket of sockets) socket.close();
  };
}

describe("an SRT listener behind a relay", () => {
  test("has a place for the next one, however many strangers call", async () => {
    const called = createSocket("udp4").bind(0, "127.0.0.1");
    await once(called, "listening");
    called.on("message", (packet, { port }) => called.send(packet, port, "127.0.0.1"));
    const { port } = called.address();
    const relay = await openSrtRelay({
      at: { address: "127.0.0.1", port: 0 },
      resolve: async () => ({ address: "127.0.0.1", port }),
      caller: { passphrase: "real" },
      called: { passphrase: "own" },
      onFailure: () => {},
      onReached: () => {},
    });
    const stop = callStrangely(relay.port, 8);
    const next = createSocket("udp4");
    const heard = once(next, "message");
    const timer = setInterval(() => next.send(induction(), relay.port, "127.0.0.1"), 100);
    expect((await heard)[0]).toEqual(induction());
    clearInterval(timer);
    stop();
    next.close();
    await relay.close();
    called.close();
  });

  test("gives nobody's place away who knows the passphrase", async () => {
    const port = await freeUdpPort();
    const url = `srt://127.0.0.1:${port}?mode=listener&passphrase=p-s3cret-phrase`;
    const standIns = await StandIns.open({ source: url, targets: [] }, { policy: OPEN_EGRESS });
    const own = standIns.ownUrl(url);
    const peer = startPeer("srt-live-transmit", ["-auto", "yes", own, "file://con"]);
    const sent = send(`srt://127.0.0.1:${port}?passphrase=p-s3cret-phrase`, "12");
    // Once it has begun.
    await new Promise<void>((resolve) => peer.child.stdout?.once("data", () => resolve()));
    const stop = callStrangely(port, 12);
    expect(await sent).toBe(true);
    stop();
    await Promise.all([standIns.close(), peer.stop()]);
  });
});

describe("a UDP target", () => {
  test("by name has a relay, which passes on what one sender sends", async () => {
    const peer = createSocket("udp4").bind(0, "127.0.0.1");
    await once(peer, "listening");
    const { port } = peer.address();
    const url = `udp://localhost:${port}?pkt_size=1316`;
    const heard: (string | undefined)[] = [];
    const reached = Promise.withResolvers<void>();
    const standIns = await StandIns.open(
      { targets: [url] },
      {
        policy: {
          ...OPEN_EGRESS,
          preset: "lan",
          allow: [{ shown: "localhost", place: { name: "localhost" } }],
        },
        onUdp: (_, failure) => {
          heard.push(failure?.state);
          reached.resolve();
        },
      },
    );
    await reached.promise;
    const own = new URL(standIns.ownUrl(url));
    expect(own.hostname).toBe("127.0.0.1");
    const [first, second] = [createSocket("udp4"), createSocket("udp4")];
    const got = once(peer, "message");
    first.send("from ffmpeg", Number(own.port), own.hostname);
    expect(String((await got)[0])).toBe("from ffmpeg");
    const next = once(peer, "message");
    second.send("from a stranger", Number(own.port), own.hostname);
    // It passes in order, so what comes next was not the stranger's.
    await new Promise<void>((resolve) => second.close(() => resolve()));
    first.send("more", Number(own.port), own.hostname);
    expect(String((await next)[0])).toBe("more");
    expect(heard).toEqual([undefined]);
    first.close();
    peer.close();
    await standIns.close();
  });

  test("by number is sent to by ffmpeg, where that is allowed", async () => {
    const url = "udp://127.0.0.1:5000?ttl=3";
    const open = await StandIns.open({ targets: [url] }, { policy: OPEN_EGRESS });
    expect(open.ownUrl(url)).toBe(url);
    const told = Promise.withResolvers<string | undefined>();
    const lan = await StandIns.open(
      { targets: [url] },
      {
        policy: { ...OPEN_EGRESS, preset: "lan" },
        onUdp: (_, failure) => told.resolve(failure?.state),
      },
    );
    expect(lan.ownUrl(url)).toMatch(/^udp:\/\/127\.0\.0\.1:\d+\?ttl=3$/);
    expect(lan.ownUrl(url)).not.toBe(url);
    expect(await told.promise).toBe("it is not reachable");
    await Promise.all([open.close(), lan.close()]);
  });
});

describe("a UDP source", () => {
  test("resolves no name, and joins no group that may not be reached", async () => {
    const policy = { ...OPEN_EGRESS, preset: "lan" } as const;
    for (const name of ["any.name.invalid", "239.name.invalid"]) {
      const named = { source: `udp://${name}:5000?reuse=1`, targets: [] };
      const standIns = await StandIns.open(named, { policy });
      expect(standIns.ownUrl(named.source)).toBe("udp://:5000?reuse=1");
      await standIns.close();
    }
    const group = { source: "udp://239.0.0.1:5000", targets: [] };
    const refused = StandIns.open(group, { policy }).catch(({ state }: { state: string }) => state);
    expect(await refused).toBe("it is not reachable");
  });
});
