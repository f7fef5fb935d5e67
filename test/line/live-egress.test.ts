import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { publish, startRtmpServer } from "../fixtures/live-peers.ts";
import { createLive, LIVE_ENV, startLiveService, untilEnded } from "../fixtures/live-tasks.ts";
import { ofFile } from "../fixtures/of-file.ts";
import { BUN, deno } from "../fixtures/runtimes.ts";
import { newHome, startService } from "../fixtures/service.ts";

setDefaultTimeout(120_000);

const server = await ofFile(startRtmpServer());
// This machine is no place of the network, but for one port of it.
const service = await startLiveService({
  PONTUS_EGRESS: "lan",
  PONTUS_EGRESS_ALLOW: server.url.replace("rtmp://", ""),
  PONTUS_LISTEN_PORTS: "none",
});

/** A server of both kinds of a port, which counts whoever comes. */
async function nobodysServer() {
  let visits = 0;
  const tcp = createServer((socket) => {
    visits += 1;
    socket.destroy();
  }).listen(0, "127.0.0.1");
  await once(tcp, "listening");
  const address = tcp.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const udp = createSocket("udp4", () => {
    visits += 1;
  }).bind(port, "127.0.0.1");
  await once(udp, "listening");
  const stop = () => {
    tcp.close();
    udp.close();
  };
  return { port, visits: () => visits, stop };
}

const UNREACHED = "it is not reachable";

describe("a live task whose peers are out of bounds", () => {
  test.concurrent.each(["rtmp", "rtmps", "rtsp", "srt"])(
    "never calls a source of %s",
    async (scheme) => {
      const peer = await nobodysServer();
      const target = `${server.url}/live/from-${scheme}`;
      // Another spelling of 127.0.0.1.
      const source = `${scheme}://0x7f.1:${peer.port}${scheme === "srt" ? "" : "/live/a"}`;
      const end = await untilEnded(service, await createLive(service, source, [target]));
      expect(end).toMatchObject({ task_status: "FAILED", error: { code: "TimeOut" } });
      expect(end.error?.detail).toContain(UNREACHED);
      expect(peer.visits()).toBe(0);
      peer.stop();
    },
  );

  test.concurrent.each(["rtmp", "rtmps", "rtsp", "srt", "udp"])(
    "never calls a target of %s, by name or by number, and goes on with the others",
    async (scheme) => {
      const peer = await nobodysServer();
      const source = `${server.url}/live/source-${scheme}`;
      const publisher = publish(source);
      const path = scheme === "srt" || scheme === "udp" ? "" : "/live/a";
      const hosts = ["localhost", "127.0.0.1"];
      const outs = hosts.map((host) => `${scheme}://${host}:${peer.port}${path}`);
      const fine = `${server.url}/live/fine-${scheme}`;
      const profile = "video_mp4_160x120_200kbps";
      const id = await createLive(service, source, [...outs, fine], profile);
      const task = await service.until(id, ({ targets }) =>
        targets.slice(0, 2).every(({ error }) => error?.detail?.includes(UNREACHED)),
      );
      await service.until(id, ({ targets }) => targets[2]?.target_status === "RUNNING");
      for (const { error } of task.targets.slice(0, 2))
        expect(error).toMatchObject({ code: "OutputNotSupported" });
      await publisher.stop("SIGTERM");
      const end = await untilEnded(service, id);
      expect(end.targets.map(({ target_status }) => target_status)).toEqual([
        "FAILED",
        "FAILED",
        "SUCCESS",
      ]);
      expect(peer.visits()).toBe(0);
      peer.stop();
    },
  );

  test.concurrent.each([
    ["Bun", () => BUN],
    ["Deno", deno],
  ])("is not called for a client that is denied its network, on %s", async (_, command) => {
    const peer = await nobodysServer();
    const client = (name: string) => ({
      client_code: name,
      public_key: `${name}-key`,
      private_key: `${name}-secret`,
    });
    const [denied, plain] = [client("denied"), client("plain")];
    const egress_deny = [`127.0.0.0/8:${peer.port}`];
    const env = {
      PONTUS_CLIENTS: JSON.stringify([{ ...denied, egress_deny }, plain]),
      PONTUS_EGRESS: "lan",
      PONTUS_EGRESS_ALLOW: "127.0.0.0/8",
    };
    const shared = await startService(newHome(), { ...LIVE_ENV, ...env }, command());
    const peers = ["rtmp", "rtmps", "rtsp", "srt", "udp"].map(
      (scheme) => `${scheme}://0x7f.1:${peer.port}${/srt|udp/.test(scheme) ? "" : "/live/a"}`,
    );
    const source = `${server.url}/live/denied-${peer.port}`;
    const publisher = publish(source);
    const profile = "video_mp4_160x120_200kbps";
    const targets = await createLive(shared, source, peers, profile);
    const sources = peers
      .slice(0, -1)
      .map((url, at) => createLive(shared, url, [`${source}-never-${at}`]));
    for (const id of sources) {
      const end = await untilEnded(shared, await id);
      expect(end.error?.detail).toContain(UNREACHED);
    }
    const sent = await shared.until(targets, ({ targets }) =>
      targets.every(({ error }) => error?.detail?.includes(UNREACHED)),
    );
    expect(sent.targets.length).toBe(5);
    expect(peer.visits()).toBe(0);
    await publisher.stop("SIGTERM");
    const [rtmp = ""] = peers;
    const other = shared.as(plain);
    await untilEnded(other, await createLive(other, rtmp, [`${source}-plain`]));
    expect(peer.visits()).toBeGreaterThan(0);
    await shared.stop();
    peer.stop();
  });

  test("is led nowhere that its client may not use", async () => {
    const peer = await nobodysServer();
    const leading = createServer((socket) => {
      const location = `rtsp://127.0.0.1:${peer.port}/live/b`;
      socket.on("error", () => {});
      socket.on("data", () =>
        socket.write(`RTSP/1.0 302 Found\r\nCSeq: 1\r\nLocation: ${location}\r\n\r\n`),
      );
    }).listen(0, "127.0.0.1");
    await once(leading, "listening");
    const address = leading.address();
    const place = `127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
    const keys = { client_code: "walled", public_key: "walled-key", private_key: "walled-secret" };
    const hosts = [place, server.url.replace("rtmp://", "")];
    const clients = JSON.stringify([{ ...keys, hosts }]);
    const walled = await startService(newHome(), { ...LIVE_ENV, PONTUS_CLIENTS: clients });
    const end = await untilEnded(
      walled,
      await createLive(walled, `rtsp://${place}/live/a`, [`${server.url}/live/walled`]),
    );
    expect(end.error?.detail).toContain("it redirects to an address that its client may not use");
    expect(peer.visits()).toBe(0);
    await walled.stop();
    leading.close();
    peer.stop();
  });

  test("is refused where it would listen", async () => {
    const body = (source_url: string) => ({
      source: { source_url },
      targets: [{ target_url: `${server.url}/live/a` }],
    });
    for (const url of ["udp://:5000", "srt://:9000?mode=listener"]) {
      const answer = await service.call("/api/v1/task/transcoding", {
        method: "POST",
        body: JSON.stringify(body(url)),
      });
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({ error: { code: "AccessDenied" } });
    }
  });
});
