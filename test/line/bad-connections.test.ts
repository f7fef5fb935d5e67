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

/** Waits for the end; that the server closes while more is sent is no failure. */
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.on("error", () => {}).once("close", () => resolve()));

async function open(): Promise<Socket> {
  const socket = connect(Number(new URL(service.url).port), "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

/** Sends bytes and gives all that comes back until the server closes. */
async function exchange(bytes: string): Promise<string> {
  const socket = await open();
  let answer = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    answer += text;
  });
  const end = closed(socket);
  socket.write(bytes);
  await end;
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
    expect(service.log()).not.toMatch(/"level":"(error|fatal)"/);
  });

  test("that is no HTTP is closed", async () => {
    expect(await exchange("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n")).toMatch(
      /^$|^HTTP\/1\.1 400/,
    );
    await isServing();
  });

  test.each([
    ["that says its length", `Content-Length: ${3 << 20}`, " ".repeat(3 << 20)],
    ["in chunks", "Transfer-Encoding: chunked", `10000\r\n${" ".repeat(0x10000)}\r\n`.repeat(48)],
  ])(
    "with a body of 3 MiB %s is answered in the contract's form and order, then closed",
    async (_, header, body) => {
      const path = "/api/v1/task/transcoding";
      const signed = signedRequest(service.credentials, `${service.url}${path}`, { body: {} });
      const send = async (to: string, headers: string) => {
        const answer = await exchange(
          `POST ${to} HTTP/1.1\r\nHost: a\r\n${headers}${header}\r\n\r\n${body}`,
        );
        const [head = "", json = ""] = answer.split("\r\n\r\n");
        const { error } = JSON.parse(json) as { error: { code: string; request_id: string } };
        expect(head.toLowerCase()).toContain(`x-request-id: ${error.request_id}`);
        return `${head.slice("HTTP/1.1 ".length, "HTTP/1.1 413".length)} ${error.code}`;
      };
      expect(await send(path, headersOf(signed))).toBe("413 RequestTooLarge");
      expect(await send("/api/v2/x", "")).toBe("404 InvalidVersion");
      expect(await send(path, "")).toBe("401 AuthenticationFailed");
      await isServing();
    },
  );

  test("that would send gigabytes is closed instead of read", async () => {
    const socket = await open();
    const end = closed(socket);
    socket.write("POST /api/v2/x HTTP/1.1\r\nHost: a\r\nContent-Length: 8589934592\r\n\r\n{");
    socket.resume();
    await end;
    await isServing();
  });

  test.each([
    ["of HTTP/1.0 without a host", "HTTP/1.0\r\n"],
    ["with a host that is none", "HTTP/1.1\r\nHost: [::\r\nConnection: close\r\n"],
  ])("%s is answered by its path", async (_, line) => {
    const path = "/api/v1/task/transcoding?limit=1";
    const signed = signedRequest(service.credentials, `${service.url}${path}`);
    expect(await exchange(`GET ${path} ${line}${headersOf(signed)}\r\n`)).toContain('"tasks":[]');
    expect(await exchange(`GET /api/v2/x ${line}\r\n`)).toContain("InvalidVersion");
  });

  test("with a raw path is proved by the sum over the path in the form of the URL standard", async () => {
    const path = "/api/v1/./task/transcoding?limit=1&q=\"'ü";
    const signed = signedRequest(service.credentials, `${service.url}${path}`, {
      form: "hmac-sha256",
    });
    const answer = await exchange(
      `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headersOf(signed)}\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });
});
