import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { RtspRoute, RtspTalk } from "../../../src/engine/relay/rtsp/rtsp-talk.ts";
import { StandIns } from "../../../src/engine/relay/stand-ins.ts";
import { MalformedError } from "../../../src/engine/relay/talk.ts";
import type { Reach } from "../../../src/lib/reach.ts";
import { OPEN_EGRESS } from "../../../src/net/egress-policy.ts";
import { parseRules } from "../../../src/net/egress-rules.ts";
import { publish, view } from "../../fixtures/live-peers.ts";

setDefaultTimeout(60_000);

type Request = {
  readonly method: string;
  readonly url: string;
  readonly cseq: string;
  readonly head: string;
};
/** The lines of an answer, without those that each has. */
type Answer = (request: Request) => readonly string[];

/** A server that answers the requests of one connection after the other, and keeps them. */
async function startServer(answer: Answer, version = "RTSP/1.0") {
  const requests: Request[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
        const head = text.slice(0, end);
        text = text.slice(end + 4);
        const [method = "", url = ""] = head.split(" ");
        const cseq = /^CSeq: *(\d+)/im.exec(head)?.[1] ?? "";
        const request = { method, url, cseq, head };
        requests.push(request);
        const [status = "", ...lines] = answer(request);
        socket.write([`${version} ${status}`, `CSeq: ${cseq}`, ...lines, "", ""].join("\r\n"));
      }
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const stop = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: typeof address === "object" && address ? address.port : 0, requests, stop };
}

/** Plays an address through a relay until ffmpeg gives up. */
async function play(url: string, policy = OPEN_EGRESS, reach?: Reach) {
  const standIns = await StandIns.open({ source: url, targets: [] }, { policy, reach });
  const own = standIns.ownUrl(url);
  const viewer = view(own, ["-rtsp_transport", "tcp"]);
  await once(viewer.child, "exit");
  const failure = standIns.failureOf(url)?.state;
  await standIns.close();
  return { own, failure };
}

const md5 = (text: string) => createHash("md5").update(text).digest("hex");
const NOT_FOUND = ["404 Not Found"];

describe("an RTSP server behind a relay", () => {
  test("is told who calls by Digest, and counts each request once", async () => {
    const server = await startServer(({ head }) =>
      head.includes("Authorization:")
        ? NOT_FOUND
        : ["401 Unauthorized", 'WWW-Authenticate: Digest realm="r", nonce="n1", qop="auth"'],
    );
    const { own } = await play(`rtsp://ann:p%40w@127.0.0.1:${server.port}/cam?key=1`);
    expect(own).not.toMatch(/ann|cam|key/);
    const [asked, again] = server.requests;
    const real = `rtsp://127.0.0.1:${server.port}/cam?key=1`;
    expect(asked?.url).toBe(real);
    expect(again?.url).toBe(real);
    expect(Number(again?.cseq)).toBe(Number(asked?.cseq) + 1);
    const field = (name: string) =>
      new RegExp(`${name}="?([^",\\r]*)`).exec(again?.head ?? "")?.[1];
    const sum = [
      md5("ann:r:p@w"),
      "n1",
      field("nc"),
      field("cnonce"),
      "auth",
      md5(`${again?.method}:${real}`),
    ];
    expect(field("response")).toBe(md5(sum.join(":")));
    server.stop();
  });

  test("is told who calls by Basic, once where that does not help", async () => {
    const server = await startServer(() => [
      "401 Unauthorized",
      'WWW-Authenticate: Basic realm="r"',
    ]);
    await play(`rtsp://ann:pw@127.0.0.1:${server.port}/cam`);
    const [, ...later] = server.requests;
    // The relay asks again once; ffmpeg may do so too.
    expect(later.length).toBeOneOf([1, 2]);
    for (const { head } of later) expect(head).toContain(`Authorization: Basic ${btoa("ann:pw")}`);
    server.stop();
  });

  test("may lead elsewhere: the relay follows, without what was meant for it alone", async () => {
    const next = await startServer(() => NOT_FOUND);
    const first = await startServer(() => [
      "302 Found",
      `Location: rtsp://localhost:${next.port}/elsewhere`,
    ]);
    await play(`rtsp://ann:pw@127.0.0.1:${first.port}/cam`);
    expect(next.requests[0]?.url).toBe(`rtsp://localhost:${next.port}/elsewhere`);
    expect(next.requests[0]?.head).not.toContain("Authorization");
    first.stop();
    next.stop();
  });

  test("leads nowhere that may not be called", async () => {
    const next = await startServer(() => NOT_FOUND);
    const first = await startServer(() => [
      "302 Found",
      `Location: rtsp://127.0.0.1:${next.port}/elsewhere`,
    ]);
    const allow = parseRules(`127.0.0.1:${first.port}`) ?? [];
    const { failure } = await play(`rtsp://127.0.0.1:${first.port}/cam`, {
      ...OPEN_EGRESS,
      preset: "lan",
      allow,
    });
    expect(failure).toBe("it is not reachable");
    expect(first.requests.length).toBeGreaterThan(0);
    expect(next.requests).toEqual([]);
    first.stop();
    next.stop();
  });

  test("leads nowhere that the client may not use", async () => {
    const next = await startServer(() => NOT_FOUND);
    const first = await startServer(() => [
      "302 Found",
      `Location: rtsp://127.0.0.1:${next.port}/elsewhere`,
    ]);
    const place = `127.0.0.1:${first.port}`;
    const [some, all, none] = [{ hosts: [place] }, {}, { hosts: [] }];
    const ask = async (reach: Reach) =>
      (await play(`rtsp://${place}/cam`, OPEN_EGRESS, reach)).failure;
    const unused = "it redirects to an address that its client may not use";
    expect(await ask({ source: some, target: all })).toBe(unused);
    const deny = [`127.0.0.0/8:${next.port}`];
    expect(await ask({ source: all, target: all, egress: { deny } })).toBe("it is not reachable");
    expect(next.requests).toEqual([]);
    // It is the side of the address that counts, here that of a target.
    const url = `rtsp://${place}/out`;
    const options = { policy: OPEN_EGRESS, reach: { source: none, target: all } };
    const standIns = await StandIns.open({ targets: [url] }, options);
    const publishing = { format: "rtsp", args: ["-rtsp_transport", "tcp"] };
    // ffmpeg follows as a reader alone: as a publisher it comes there when it tries again.
    for (let tries = 0; tries < 2; tries += 1)
      await once(publish(standIns.ownUrl(url), publishing).child, "exit");
    expect(standIns.failureOf(url)).toBeUndefined();
    await standIns.close();
    expect(next.requests.map(({ method }) => method)).toContain("OPTIONS");
    next.requests.splice(0);
    expect(await ask({ source: all, target: none })).toBeUndefined();
    expect(next.requests.length).toBeGreaterThan(0);
    first.stop();
    next.stop();
  });

  test("is called for a client that may call it in spite of the policy, and for no other", async () => {
    const server = await startServer(() => NOT_FOUND);
    const policy = { ...OPEN_EGRESS, preset: "public" } as const;
    const url = `rtsp://127.0.0.1:${server.port}/cam`;
    const reach = { source: {}, target: {}, egress: { allow: ["127.0.0.1"] } };
    expect((await play(url, policy)).failure).toBe("it is not reachable");
    expect(server.requests).toEqual([]);
    expect((await play(url, policy, reach)).failure).toBeUndefined();
    expect(server.requests.length).toBeGreaterThan(0);
    server.stop();
  });

  test("is given up where it names ever more servers", async () => {
    const names = Array.from({ length: 80 }, (_, at) => `url=rtsp://h${at}/cam`);
    const server = await startServer(() => ["200 OK", `RTP-Info: ${names.join(",")}`]);
    const { failure } = await play(`rtsp://127.0.0.1:${server.port}/cam`);
    expect(failure).toBe("it names more than 64 servers");
    server.stop();
  });

  // ffmpeg passes over blanks and over the sign that ends a line where nothing ends.
  test.each([
    ["a blank before all", " RTSP/1.0", "Location"],
    ["a blank more", "RTSP/1.0 ", "Location"],
    ["a tab", "RTSP/1.0\t", "Location"],
    ["a name in two", "RTSP/1.0", "Loc\ration"],
    ["a version in two", "RT\rSP/1.0", "Location"],
    ["a name behind a zero", "RTSP/1.0", "X: y\0\r\nLocation"],
  ])("leads nowhere past the relay by %s", async (_, version, name) => {
    const next = await startServer(() => NOT_FOUND);
    const elsewhere = `rtsp://127.0.0.1:${next.port}/elsewhere`;
    const first = await startServer(() => ["302 Found", `${name}: ${elsewhere}`], version);
    await play(`rtsp://127.0.0.1:${first.port}/cam`, {
      ...OPEN_EGRESS,
      preset: "lan",
      allow: parseRules(`127.0.0.1:${first.port}`) ?? [],
    });
    expect(first.requests.length).toBeGreaterThan(0);
    expect(next.requests).toEqual([]);
    first.stop();
    next.stop();
  });

  test.each([
    [
      "in a circle",
      (port: number) => `rtsp://127.0.0.1:${port}/cam`,
      "it redirects more than 5 times",
    ],
    [
      "to a file",
      () => "file:///etc/hostname",
      "it redirects to an address that is not one of RTSP",
    ],
  ])("is given up where it leads %s", async (_, locationOf, why) => {
    let port = 0;
    const server = await startServer(() => ["301 Moved", `Location: ${locationOf(port)}`]);
    port = server.port;
    expect((await play(`rtsp://127.0.0.1:${port}/cam`)).failure).toBe(why);
    expect(server.requests.length).toBeLessThanOrEqual(6);
    server.stop();
  });
});

describe("RtspTalk", () => {
  const own = "rtsp://127.0.0.1:1/secret";
  const frame = Buffer.from([0x24, 0, 0, 4, 1, 2, 3, 4]);
  const request = (url: string) => Buffer.from(`OPTIONS ${url} RTSP/1.0\r\nCSeq: 1\r\n\r\n`);
  const aTalk = () => new RtspTalk(new RtspRoute(own, "rtsp://127.0.0.1:2/cam", () => true));

  test.each([
    ["media", frame],
    ["an answer", Buffer.from("RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n")],
    ["a request without the secret", request("rtsp://127.0.0.1:1/guess")],
  ])("keeps nothing for the peer of a caller that begins with %s", (_, bytes) => {
    expect(() => aTalk().fromFfmpeg(bytes)).toThrow(MalformedError);
  });

  test("passes on what follows the secret", () => {
    const talk = aTalk();
    expect(talk.fromFfmpeg(request(own).subarray(0, 9)).toPeer).toEqual([]);
    expect(talk.fromFfmpeg(request(own).subarray(9)).toPeer).toEqual([
      request("rtsp://127.0.0.1:2/cam"),
    ]);
    expect(talk.fromFfmpeg(frame).toPeer).toEqual([frame]);
  });
});
