import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Answer, type MediaServer, startMediaServer } from "../fixtures/media-server.ts";
import { hasEnded, type RunningService, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

let server: MediaServer;
let service: RunningService;

beforeAll(async () => {
  server = await startMediaServer();
  service = await startService(undefined, {
    PONTUS_TRANSFER_TIMEOUT_SECONDS: "1",
    PONTUS_SOURCE_BYTES_MAX: "100000",
  });
});

afterAll(async () => {
  await service.stop();
  await server.close();
});

let targets = 0;
const endOf = async (path: string, more: Readonly<Record<string, unknown>> = {}) => {
  targets += 1;
  const id = await service.create({
    source: { source_url: server.url(path) },
    profile_name: "video_mp4_160x120_200kbps",
    targets: [{ target_url: `out-${targets}.mp4` }],
    ...more,
  });
  return service.until(id, (task) => hasEnded(task) || task.attempts[0]?.error !== undefined);
};

const drip: Answer = (_, response) => {
  response.writeHead(200);
  const timer = setInterval(() => response.write("a"), 10);
  response.once("close", () => clearInterval(timer));
};

describe("a slow server", () => {
  test("is given up as TimeOut, and tried again later", async () => {
    server.next("/drip.mp4", [drip], "stays");
    const { attempts } = await endOf("/drip.mp4");
    expect(attempts[0]?.error).toMatchObject({
      code: "TimeOut",
      detail: expect.stringContaining("it took longer than 1 s"),
    });
  });

  test("is given up as one, whatever number of segments it gives slowly", async () => {
    const names = Array.from({ length: 40 }, (_, at) => `/segment-${at}.ts`);
    for (const name of names)
      server.next(name, [
        (_, response) => void setTimeout(() => response.writeHead(200).end("bytes"), 200),
      ]);
    const lines = names.flatMap((name) => ["#EXTINF:4,", name]);
    const playlist = ["#EXTM3U", "#EXT-X-TARGETDURATION:4", ...lines, "#EXT-X-ENDLIST", ""];
    server.files.set("/slow.m3u8", Buffer.from(playlist.join("\n")));
    const { attempts } = await endOf("/slow.m3u8");
    expect(attempts[0]?.error).toMatchObject({ code: "TimeOut" });
    const asked = server.asked.filter(({ path }) => path.startsWith("/segment-"));
    expect(asked.length).toBeLessThan(names.length);
  });
});

describe("a source without an end", () => {
  test("is InvalidInputData, and is not tried again", async () => {
    server.next("/endless.mp4", [
      (_, response) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write(Buffer.alloc(10_000)), 5);
        response.once("close", () => clearInterval(timer));
      },
    ]);
    const task = await endOf("/endless.mp4");
    expect(task.task_status).toBe("FAILED");
    expect(task.attempts.length).toBe(1);
    expect(task.error).toMatchObject({
      code: "InvalidInputData",
      detail: expect.stringContaining("it is larger than 100000 bytes"),
    });
  });

  test("is that too where only all segments together are too many", async () => {
    const names = Array.from({ length: 20 }, (_, at) => `/part-${at}.ts`);
    for (const name of names) server.files.set(name, Buffer.alloc(9_000));
    const lines = names.flatMap((name) => ["#EXTINF:4,", name]);
    const playlist = ["#EXTM3U", "#EXT-X-TARGETDURATION:4", ...lines, "#EXT-X-ENDLIST", ""];
    server.files.set("/large.m3u8", Buffer.from(playlist.join("\n")));
    const { error } = await endOf("/large.m3u8");
    expect(error).toMatchObject({
      code: "InvalidInputData",
      detail: expect.stringContaining("it is larger than 100000 bytes"),
    });
  });
});
