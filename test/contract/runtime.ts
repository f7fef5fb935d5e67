import { once } from "node:events";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import type { Runtime, ServeOptions, Server } from "../../src/runtime/runtime.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { lastingCalls } from "./runtime-streams.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

const GRACE_MS = 5_000;

const OPTIONS = {
  host: "127.0.0.1",
  port: 0,
  idleTimeoutSeconds: 30,
  bodyBytesMax: 100_000,
  connectionsMax: 1000,
};

/** Serves for the time of a test. */
async function serving(
  runtime: Runtime,
  fetch: ServeOptions["fetch"],
  use: (server: Server, url: string) => Promise<void>,
  limits: Partial<ServeOptions> = {},
): Promise<void> {
  const server = await runtime.serve({ ...OPTIONS, ...limits, fetch });
  try {
    await use(server, `http://127.0.0.1:${server.port}`);
  } finally {
    await server.stop(0);
  }
}

const echo = async (request: Request): Promise<Response> =>
  Response.json({
    method: request.method,
    url: request.url,
    header: request.headers.get("X-Test"),
    body: await request.text(),
  });

async function dial(server: Server, bytes: string): Promise<Socket> {
  const socket = connect(server.port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(bytes);
  return socket;
}

/** Everything that comes back until the server closes. */
async function answerTo(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
  });
  // A connection that is reset is closed, too.
  await new Promise((resolve) => socket.once("close", resolve));
  return text;
}

/** What holds for every runtime. */
export function runtimeContract(name: string, runtime: Runtime, harness: Harness): void {
  harness.describe(name, () => {
    answering(runtime, harness);
    limiting(runtime, harness);
    lastingCalls(runtime, harness);
    stopping(runtime, harness);
    holding(runtime, harness);
  });
}

function holding({ holdFile }: Runtime, { describe, test, expect }: Harness): void {
  describe("holdFile()", () => {
    test("gives a file to one at a time", () => {
      const path = join(tempFolder(), "held");
      const letGo = holdFile(path);
      expect(letGo).toBeInstanceOf(Function);
      expect(holdFile(path)).toBeUndefined();
      letGo?.();
      const again = holdFile(path);
      expect(again).toBeInstanceOf(Function);
      again?.();
    });

    test("holds a file whose folder is renamed", () => {
      const root = tempFolder();
      const [before, after] = [join(root, "before"), join(root, "after")];
      mkdirSync(before);
      const letGo = holdFile(join(before, "held"));
      renameSync(before, after);
      expect(holdFile(join(after, "held"))).toBeUndefined();
      letGo?.();
    });

    test("takes a file that a dead process left, and leaves what it holds", () => {
      const path = join(tempFolder(), "held");
      writeFileSync(path, "left");
      holdFile(path)?.();
      expect(readFileSync(path, "utf8")).toBe("left");
    });

    test("refuses a folder that is not there", () => {
      expect(() => holdFile(join(tempFolder(), "missing", "held"))).toThrow();
    });
  });
}

function answering(runtime: Runtime, { describe, test, expect }: Harness): void {
  describe("serve()", () => {
    test("gives the app the request, and the caller the answer", () =>
      serving(runtime, echo, async (_, url) => {
        const headers = { "X-Test": "å" };
        const answer = await fetch(`${url}/a%20b?c=1`, { method: "POST", body: "text", headers });
        expect(answer.headers.get("Content-Type")).toContain("application/json");
        const length = Buffer.byteLength(await answer.clone().text());
        expect(answer.headers.get("Content-Length")).toBe(String(length));
        expect(await answer.json()).toEqual({
          method: "POST",
          url: `${url}/a%20b?c=1`,
          header: "å",
          body: "text",
        });
      }));

    test("answers HEAD with the head alone", () =>
      serving(
        runtime,
        () => new Response("body"),
        async (_, url) => {
          const answer = await fetch(url, { method: "HEAD" });
          expect([answer.status, await answer.text()]).toEqual([200, ""]);
        },
      ));

    test("sends an event stream as it comes, and tells when its reader leaves", async () => {
      const left = Promise.withResolvers<void>();
      const events = () => {
        const body = new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\n")),
          cancel: () => left.resolve(),
        });
        return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
      };
      await serving(runtime, events, async (_, url) => {
        const controller = new AbortController();
        const answer = await fetch(url, { signal: controller.signal });
        const first = await answer.body?.getReader().read();
        expect(new TextDecoder().decode(first?.value)).toBe("data: 1\n\n");
        controller.abort();
        await left.promise;
      });
    });

    test("takes several requests on one connection", () =>
      serving(runtime, echo, async (server) => {
        const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
        const text = await answerTo(
          await dial(server, get("/1") + get("/2", "Connection: close\r\n")),
        );
        expect(text).toContain("http://a/1");
        expect(text).toContain("http://a/2");
      }));

    test("refuses what is no HTTP", () =>
      serving(runtime, echo, async (server) => {
        const socket = await dial(server, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n");
        expect(await answerTo(socket)).toMatch(/^$|^HTTP\/1\.1 400/);
      }));

    test("rejects where the port is taken", () =>
      serving(runtime, echo, async ({ port }) => {
        const again = Promise.resolve().then(() =>
          runtime.serve({ ...OPTIONS, port, fetch: echo }),
        );
        expect(String(await again.catch((error: unknown) => error))).toContain("rror");
      }));
  });
}

function limiting(runtime: Runtime, { describe, test, expect }: Harness): void {
  describe("limits", () => {
    test("close a connection on which nothing moves, whatever it has sent", () =>
      serving(
        runtime,
        echo,
        async (server) => {
          const sent = [
            "",
            "GET / HTTP/1.1\r\nHost: a\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc",
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
          ];
          const closed = sent.map(async (bytes) => answerTo(await dial(server, bytes)));
          expect(await Promise.all(closed)).toHaveLength(sent.length);
        },
        { idleTimeoutSeconds: 1 },
      ));

    test("close a connection whose head goes on and on", () =>
      serving(runtime, echo, async (server) => {
        const socket = await dial(server, "GET / HTTP/1.1\r\nHost: a\r\nX-Drip: ");
        const dripping = setInterval(() => socket.write("x"), 200);
        // As the connection is never idle for long, only a limit on the whole head ends it.
        expect(await answerTo(socket)).toMatch(/^$|^HTTP\/1\.1 408/);
        clearInterval(dripping);
      }));

    test("keep no more connections than allowed, and take new ones when there is room", () =>
      serving(
        runtime,
        echo,
        async (server, url) => {
          const dialled: Socket[] = [];
          const isTurnedAway = async (): Promise<boolean> => {
            const socket = connect(server.port, "127.0.0.1");
            dialled.push(socket);
            socket.on("error", () => {});
            const closed = new Promise((resolve) => socket.once("close", resolve));
            const kept = new Promise((resolve) => setTimeout(resolve, 20, "kept"));
            return (await Promise.race([closed, kept])) !== "kept";
          };
          while (dialled.length < 1000 && !(await isTurnedAway()));
          expect(dialled.length).toBeLessThan(1000);
          expect(dialled.length).toBeGreaterThan(10);
          for (const socket of dialled) socket.destroy();
          let answer: Response | undefined;
          while (!answer) answer = await fetch(url).catch(() => undefined);
          expect(answer.status).toBe(200);
        },
        { connectionsMax: 20 },
      ));

    test("cut a body off that is too long, told and in chunks", () =>
      serving(runtime, echo, async (server) => {
        const chunk = `${(40_000).toString(16)}\r\n${"x".repeat(40_000)}\r\n`;
        const head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
        for (const bytes of [
          `${head}Content-Length: 200000\r\n\r\n${"x".repeat(200_000)}`,
          `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(5)}0\r\n\r\n`,
        ])
          expect(await answerTo(await dial(server, bytes))).not.toMatch(/^HTTP\/1\.1 200/);
      }));
  });
}

function stopping(runtime: Runtime, { describe, test, expect }: Harness): void {
  describe("stop()", () => {
    test("lets a running call end, and takes no more", async () => {
      const begun = Promise.withResolvers<void>();
      const end = Promise.withResolvers<void>();
      const slow = async () => {
        begun.resolve();
        await end.promise;
        return new Response("done");
      };
      await serving(runtime, slow, async (server, url) => {
        const call = fetch(url);
        await begun.promise;
        const stopped = server.stop(GRACE_MS);
        await fetch(url).then(
          () => expect("a new call").toBe("refused"),
          () => {},
        );
        end.resolve();
        expect(await (await call).text()).toBe("done");
        await stopped;
      });
    });

    test("cuts a call that takes longer than the grace", async () => {
      const begun = Promise.withResolvers<void>();
      const never = () => {
        begun.resolve();
        return new Promise<Response>(() => {});
      };
      await serving(runtime, never, async (server, url) => {
        const call = fetch(url).catch((error: unknown) => error);
        await begun.promise;
        await server.stop(50);
        expect(await call).toBeInstanceOf(Error);
      });
    });
  });
}
