import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { OPEN_EGRESS } from "../../../src/net/egress-policy.ts";
import { ANY_TRANSFER, type TransferLimits } from "../../../src/net/transfer-budget.ts";
import { HttpStorage } from "../../../src/storage/http/http.ts";
import { failureOf } from "../../contract/storage.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { freely } from "../../fixtures/freely.ts";
import { type Answer, etagOf, startMediaServer } from "../../fixtures/media-server.ts";
import { ofFile } from "../../fixtures/of-file.ts";

// Real connections on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const { signal } = new AbortController();
const server = await ofFile(startMediaServer());
const MEGABYTE = Buffer.alloc(1 << 20, 7);

let paths = 0;
const aPath = (answer: Answer): string => {
  paths += 1;
  server.next(`/slow-${paths}.mp4`, [answer], "stays");
  return `/slow-${paths}.mp4`;
};
const askedFor = (path: string): number =>
  server.asked.filter((asked) => asked.path === path).length;

const storageOf = (limits: Partial<TransferLimits>, idleTimeoutMs = 20_000): HttpStorage =>
  new HttpStorage({
    idleTimeoutMs,
    policy: OPEN_EGRESS,
    retries: { failuresMax: 4, firstWaitMs: 1 },
    transfer: { ...ANY_TRANSFER, ...limits },
  });

const fetched = (path: string, storage: HttpStorage, more = {}) =>
  storage.open(server.url(path), { folder: tempFolder(), signal, ...more });

/** More than a byte every now and then. */
const A_RATE = { bytesPerSecondMin: 1_000_000, windowMs: 50 };

/** Sends a byte every few milliseconds, for as long as somebody listens. */
const drip =
  (head: Record<string, string | number> = {}, status = 200): Answer =>
  (_, response) => {
    response.writeHead(status, head);
    const timer = setInterval(() => response.write("a"), 5);
    response.once("close", () => clearInterval(timer));
  };

/** Sends more and more, as fast as it is taken. */
const endless: Answer = (_, response) => {
  response.writeHead(200);
  const more = (): void => {
    while (!response.destroyed && response.write(MEGABYTE));
    if (!response.destroyed) response.once("drain", more);
  };
  more();
};

describe("a source whose server is slow", () => {
  test("is given up when it drips, at once for all tries", async () => {
    for (const head of [{}, { "content-length": 1 << 30 }]) {
      const path = aPath(drip(head));
      const { code, message } = await failureOf(fetched(path, storageOf(A_RATE)));
      expect(code).toBe("source_slow");
      expect(message).toContain("it sends less than 1000000 bytes a second");
      expect(askedFor(path)).toBe(1);
    }
  });

  test("is given up when it drips without a disk", async () => {
    const whole = aPath(drip());
    const { code } = await failureOf(storageOf(A_RATE).read(server.url(whole), signal));
    expect(code).toBe("source_slow");
    const block = { "content-range": `bytes 0-1048575/${1 << 30}`, "content-length": 1 << 20 };
    const ranged = aPath(drip(block, 206));
    expect((await failureOf(storageOf(A_RATE).read(server.url(ranged), signal))).code).toBe(
      "source_slow",
    );
  });

  test("is given up when its head drips", async () => {
    const dripping = createServer((socket) => {
      const timer = setInterval(() => socket.write("H"), 5);
      socket.on("error", () => {}).once("close", () => clearInterval(timer));
    });
    dripping.listen(0, "127.0.0.1");
    await new Promise((resolve) => dripping.once("listening", resolve));
    const address = dripping.address();
    const port = typeof address === "object" ? address?.port : 0;
    const storage = storageOf({}, 200);
    const options = { folder: tempFolder(), signal };
    const { code } = await failureOf(storage.open(`http://127.0.0.1:${port}/a.mp4`, options));
    expect(["source_hangs", "source_unreachable"]).toContain(code);
    dripping.close();
  });

  test("is no larger for being sent again from its beginning", async () => {
    const size = 3 * MEGABYTE.length;
    let asked = 0;
    const path = aPath((request, response) => {
      asked += 1;
      response.writeHead(200, { "content-length": size });
      if (asked === 3) return void response.end(Buffer.concat([MEGABYTE, MEGABYTE, MEGABYTE]));
      response.write(Buffer.concat([MEGABYTE, MEGABYTE]), () =>
        setTimeout(() => request.socket.destroy(), 50),
      );
    });
    const { sizeBytes } = await fetched(path, storageOf({ bytesMax: size }));
    expect(sizeBytes).toBe(size);
    expect(asked).toBe(3);
  });

  test("is waited for once, however often it is cut and continued", async () => {
    const size = 1000 * MEGABYTE.length;
    const path = aPath((request, response) => {
      const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
      const range = { "content-range": `bytes ${from}-${size - 1}/${size}` };
      const head = { etag: etagOf(MEGABYTE), "content-length": size - from };
      setTimeout(() => {
        response.writeHead(from === 0 ? 200 : 206, from === 0 ? head : { ...head, ...range });
        response.write(MEGABYTE, () => setTimeout(() => request.socket.destroy(), 10));
        response.write(MEGABYTE);
      }, 50);
    });
    const { code, message } = await failureOf(fetched(path, storageOf({ waitMs: 400 })));
    expect(code).toBe("source_slow");
    expect(message).toContain("it took longer than 0.4 s");
    expect(askedFor(path)).toBeGreaterThan(1);
    expect(askedFor(path)).toBeLessThan(10);
  });
});

describe("a source without an end", () => {
  test("is refused when more comes than is fetched, and not asked for again", async () => {
    const path = aPath(endless);
    const { code } = await failureOf(fetched(path, storageOf({ bytesMax: 5 << 20 })));
    expect(code).toBe("source_too_large");
    expect(askedFor(path)).toBe(1);
  });

  test("is refused by what it tells, before its bytes", async () => {
    const path = aPath((_, response) =>
      response.writeHead(200, { "content-length": 101 }).flushHeaders(),
    );
    const told = (storage: HttpStorage) => failureOf(fetched(path, storage));
    expect((await told(storageOf({ bytesMax: 100 }))).code).toBe("source_too_large");
    const ranged = aPath((_, response) =>
      response
        .writeHead(206, { "content-range": "bytes 0-9/101", "content-length": 10 })
        .end("0123456789"),
    );
    server.next(ranged, [
      (_, response) =>
        void response
          .writeHead(206, { "content-range": "bytes 0-100/101", "content-length": 101 })
          .end(Buffer.alloc(101)),
    ]);
    const reading = storageOf({ bytesMax: 100 }).read(server.url(ranged), signal);
    expect((await failureOf(reading)).code).toBe("source_too_large");
  });

  test("is refused when it fills the room in scratch and does not say how large it is", async () => {
    let room = 40 << 20;
    const roomToFetch = async () => {
      room -= 10 << 20;
      return room;
    };
    const { code } = await failureOf(fetched(aPath(endless), storageOf({}), { roomToFetch }));
    expect(code).toBe("source_too_large");
  });

  test("is no other than a disk that is full, where it took little of it", async () => {
    let room = 2 ** 40;
    const roomToFetch = async () => {
      const now = room;
      room = 0;
      return now;
    };
    const { code } = await failureOf(fetched(aPath(endless), storageOf({}), { roomToFetch }));
    expect(code).toBe("scratch_full");
  });
});

describe("a target whose server is slow", () => {
  /** Takes a little of a body now and then. */
  const sip: Answer = (request, response) => {
    if (request.method !== "PUT") return void response.writeHead(404).end();
    request.on("data", () => {
      request.pause();
      setTimeout(() => request.resume(), 20);
    });
  };

  const aFile = (): string => {
    const path = join(tempFolder(), "out.mp4");
    writeFileSync(path, Buffer.alloc(32 << 20));
    return path;
  };

  test("is given up, at once for all tries", async () => {
    const path = aPath(sip);
    const storage = storageOf({ bytesPerSecondMin: 1 << 30, windowMs: 20 });
    const sending = storage.deliver({ entry: aFile() }, server.url(path), freely("t-1"));
    const { code, message } = await failureOf(sending);
    expect(code).toBe("target_slow");
    expect(message).toContain(`it takes less than ${1 << 30} bytes a second`);
    expect(askedFor(path)).toBe(1);
  });

  test("is given up while it is written", async () => {
    const path = aPath(sip);
    const storage = storageOf({ bytesPerSecondMin: 1 << 30, windowMs: 20 });
    const options = { ...freely("t-1"), entry: "out.mp4", isSet: false };
    const writer = await storage.write(server.url(path), options);
    const write = async () => {
      for (let at = 0; at < 64; at++) await writer.write("out.mp4", new Uint8Array(1 << 20));
      await writer.publish(new Map());
    };
    expect((await failureOf(write())).code).toBe("target_slow");
    await writer.discard();
  });

  test("may take the files of a live set for as long as its stream lasts", async () => {
    const slowly: Answer = (request, response) => {
      sip(request, response);
      request.once("end", () => response.writeHead(201).end());
    };
    const path = aPath(slowly).replace(".mp4", ".m3u8");
    const storage = storageOf({ waitMs: 3_000 });
    const live = await storage.openLiveSet(server.url(path), freely("t-1"));
    const segment = join(tempFolder(), "0.ts");
    writeFileSync(segment, Buffer.alloc(4 << 20));
    // Each takes far less than that, all together more.
    const folder = path.replace(".m3u8", "");
    const beganMs = Date.now();
    for (let at = 0; Date.now() - beganMs < 6_000; at++) {
      server.next(`${folder}/pontus.t-1.${at}.ts`, [slowly]);
      await live.add(segment, `pontus.t-1.${at}.ts`);
    }
    await live.list("#EXTM3U\n", false);
  });
});
