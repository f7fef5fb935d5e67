import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type RunningService, startService } from "../fixtures/service.ts";
import { signedRequest } from "../fixtures/signed-client.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

let service: RunningService;

beforeAll(async () => {
  service = await startService(undefined, { PONTUS_CONCURRENCY: "0" });
});

afterAll(async () => {
  await service.stop();
});

async function open(): Promise<Socket> {
  const socket = connect(Number(new URL(service.url).port), "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

/** Sends bytes and gives all that comes back until the server closes or has answered. */
async function exchange(bytes: string): Promise<string> {
  const socket = await open();
  let answer = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    answer += text;
  });
  socket.on("error", () => {});
  socket.write(bytes);
  await once(socket, "close");
  return answer;
}

const headersOf = (request: Request) =>
  [...request.headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");

const isServing = async () => {
  const answer = await service.call("/api/v1/profiles");
  expect(answer.status).toBe(200);
};

describe("a connection", () => {
  test("with a header of 64 KiB is refused, and others are served", async () => {
    const answer = await exchange(
      `GET /api/v1/profiles HTTP/1.1\r\nHost: a\r\nConnection: close\r\napiNonce: ${"1".repeat(65_536)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 (431|401|400) /);
    await isServing();
  });

  test("that hangs up in the middle of a body leaves no task and no error", async () => {
    const body = { source: { source_url: "a.mp4" }, targets: [{ target_url: "b.mp4" }] };
    const signed = signedRequest(service.credentials, `${service.url}/api/v1/task/transcoding`, {
      body,
    });
    const socket = await open();
    socket.write(
      `POST /api/v1/task/transcoding HTTP/1.1\r\nHost: a\r\n${headersOf(signed)}Content-Length: 5000\r\n\r\n{"source": {`,
    );
    await new Promise((resolve) => socket.write("", resolve));
    socket.destroy();
    await isServing();
    const tasks = (await (await service.call("/api/v1/task/transcoding")).json()) as {
      tasks: unknown[];
    };
    expect(tasks.tasks).toEqual([]);
    expect(service.log()).not.toContain('"level":"ERROR"');
  });

  test("that is no HTTP is closed", async () => {
    expect(await exchange("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n")).toMatch(
      /^$|^HTTP\/1\.1 400/,
    );
    await isServing();
  });

  test("that sends a chunked body without end is cut at the limit", async () => {
    const signed = signedRequest(service.credentials, `${service.url}/api/v1/task/transcoding`, {
      body: {},
    });
    const chunk = `10000\r\n${" ".repeat(0x10000)}\r\n`;
    const answer = await exchange(
      `POST /api/v1/task/transcoding HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headersOf(signed)}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(40)}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    await isServing();
  });
});
