import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { setTimeout as wait } from "node:timers/promises";
import { OPEN_EGRESS } from "../../../src/net/egress-policy.ts";
import { HttpStorage } from "../../../src/storage/http/http.ts";
import { bytesOf, disklessContract, writeAll } from "../../contract/diskless-storage.ts";
import { aCertificate } from "../../fixtures/certificates.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { aDisklessHttpBench, hastyHttpStorage } from "../../fixtures/http-storage.ts";
import {
  type Answer,
  cutRange,
  etagOf,
  hang,
  startMediaServer,
  status,
  whole,
} from "../../fixtures/media-server.ts";
import { ofFile } from "../../fixtures/of-file.ts";

// Real connections on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const server = await ofFile(startMediaServer());

disklessContract("HttpStorage", async () => aDisklessHttpBench(server), { describe, test, expect });

const never = new AbortController().signal;
const film = Buffer.from(bytesOf(3_000_000));

const LIMITS = { idleTimeoutMs: 10_000, retries: { failuresMax: 4, firstWaitMs: 5 } };

/** Takes what is sent, a piece each millisecond. */
const slowly =
  (got: Buffer[]): Answer =>
  async (request, response) => {
    for await (const piece of request) {
      got.push(piece as Buffer);
      await wait(1);
    }
    response.writeHead(201).end();
  };

/** Opens a source whose first requests are answered as given. */
async function open(name: string, answers: readonly Answer[], stays?: "stays") {
  server.files.set(name, film);
  server.next(name, answers, stays);
  return await hastyHttpStorage().read(server.url(name), never);
}

describe("HttpStorage.prototype.read", () => {
  test("asks for blocks of 1 MiB, each once, and for those that follow ahead", async () => {
    const source = await open("/blocks.mp4", []);
    for (let at = 0; at < film.length; ) at += (await source.read(at, 100_000)).length;
    const ranges = server.asked
      .filter(({ path }) => path === "/blocks.mp4")
      .map(({ headers }) => headers.range);
    expect(ranges).toEqual(["bytes=0-1048575", "bytes=1048576-2097151", "bytes=2097152-2999999"]);
  });

  test("gives the right bytes where blocks are filled again, also to a reader that goes back", async () => {
    const large = Buffer.from(bytesOf(24_000_000));
    server.files.set("/large.mp4", large);
    const source = await hastyHttpStorage().read(server.url("/large.mp4"), never);
    const isRight = async (at: number, length: number): Promise<number> => {
      const bytes = await source.read(at, length);
      expect(Buffer.compare(bytes, large.subarray(at, at + bytes.length))).toBe(0);
      return bytes.length;
    };
    for (let at = 0; at < large.length; ) {
      at += await isRight(at, 300_000);
      if (at > 1_000_000 && at % 7 === 0) await isRight(at - 900_000, 50_000);
    }
    for (const at of [0, 20_000_000, 5_000_000, 23_999_000]) await isRight(at, 1_000);
  });

  test("goes on in a block where it was cut off", async () => {
    const source = await open("/cut.mp4", [
      cutRange(film, 2 ** 21),
      cutRange(film, 1000),
      status(503),
    ]);
    const read = await source.read(1_048_576, 4000);
    expect(Buffer.compare(read, film.subarray(1_048_576, 1_052_576))).toBe(0);
    const last = server.asked.filter(({ path }) => path === "/cut.mp4").at(-1);
    expect(last?.headers.range).toMatch(/^bytes=1049\d{3}-2097151$/);
  });

  test.each([
    ["is given whole now", whole(film)],
    ["is another one", cutRange(film.subarray(1), 2 ** 21)],
  ])("refuses a source that %s", async (name, answer) => {
    const path = `/${name.replaceAll(" ", "-")}.mp4`;
    const source = await open(path, [cutRange(film, 2 ** 21), answer], "stays");
    const error = await taskErrorOf(source.read(2_000_000, 10));
    expect([error.code, error.message]).toEqual([
      "source_unreachable",
      expect.stringContaining("it changed while it was read"),
    ]);
  });

  test("refuses a source that is sent encoded, and one of a size that is not told", async () => {
    const encoded: Answer = (_, response) =>
      void response
        .writeHead(206, { "content-encoding": "gzip", "content-range": "bytes 0-9/10" })
        .end();
    expect((await taskErrorOf(open("/encoded.mp4", [encoded], "stays"))).message).toContain("gzip");
    const endless: Answer = (_, response) =>
      void response.writeHead(206, { "content-range": "bytes 0-9/*" }).end("0123456789");
    const error = await taskErrorOf(open("/endless.mp4", [endless], "stays"));
    expect(error.message).toContain("of an unknown size");
  });

  test("gives up a server that hangs", async () => {
    const source = await open("/hangs.mp4", [cutRange(film, 2 ** 21), hang], "stays");
    expect((await taskErrorOf(source.read(2_000_000, 10))).code).toBe("source_hangs");
    expect(etagOf(film)).toMatch(/^"/);
  });
});

describe("HttpStorage.prototype.write", () => {
  const options = {
    tag: "t-1",
    entry: "out.mp4",
    isSet: false,
    mayPublish: async () => {},
    mayTidy: async () => {},
    signal: never,
  };

  test("tells at once that a server does not take a large file", async () => {
    server.next("/refused.mp4", [status(404), (_, response) => void response.writeHead(413).end()]);
    const writer = await hastyHttpStorage().write(server.url("/refused.mp4"), options);
    const write = async () => {
      for (let count = 0; count < 400; count++) await writer.write("out.mp4", bytesOf(262_144));
    };
    expect((await taskErrorOf(write())).message).toContain("413");
    await writer.discard();
  });

  test("removes nothing where it could not find out whether something was there", async () => {
    const hangUp: Answer = (request) => void request.socket.destroy();
    server.next("/unknown.mp4", [hangUp]);
    const writer = await hastyHttpStorage().write(server.url("/unknown.mp4"), options);
    for (let count = 0; count < 40; count++) await writer.write("out.mp4", bytesOf(262_144));
    await writer.discard();
    const asked = server.asked.filter(({ path }) => path === "/unknown.mp4");
    expect(asked.map(({ method }) => method)).toEqual(["HEAD", "PUT"]);
  });

  test("needs nothing of what it was given, beside a slow server and over TLS", async () => {
    const { pair, authority } = aCertificate();
    const secure = await startMediaServer(pair);
    const storage = new HttpStorage({ ...LIMITS, policy: OPEN_EGRESS, trusted: [authority] });
    const bytes = bytesOf(12_000_000);
    for (const slow of [server, secure]) {
      const got: Buffer[] = [];
      slow.next("/slow.mp4", [status(404), slowly(got)]);
      const writer = await storage.write(slow.url("/slow.mp4"), options);
      await writeAll(writer, "out.mp4", bytes);
      await writer.publish(new Map());
      expect(Buffer.compare(Buffer.concat(got), bytes)).toBe(0);
    }
    await secure.close();
  });

  test("sends a small file again, and cannot send a large one again", async () => {
    server.next("/again.mp4", [status(404), status(503)]);
    const small = await hastyHttpStorage().write(server.url("/again.mp4"), options);
    await small.write("out.mp4", bytesOf(1000));
    await small.publish(new Map());
    expect(server.files.get("/again.mp4")?.length).toBe(1000);
    server.next("/once.mp4", [status(404), status(307, { location: "/again.mp4" })]);
    const large = await hastyHttpStorage().write(server.url("/once.mp4"), options);
    for (let count = 0; count < 40; count++) await large.write("out.mp4", bytesOf(262_144));
    const error = await taskErrorOf(large.publish(new Map()));
    expect(error.message).toContain("it redirects, and what was sent is no longer here");
    await large.discard();
  });
});
