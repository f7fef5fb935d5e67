import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Connection, Runtime } from "../../src/runtime/runtime.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

const OPTIONS = {
  host: "127.0.0.1",
  port: 0,
  idleTimeoutSeconds: 1,
  bodyBytesMax: 100_000,
  connectionsMax: 1000,
};

/** Longer than any runtime keeps a connection that is idle for one second. */
const LONG_MS = 5_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const asStream = (body: ReadableStream<Uint8Array>) =>
  new Response(body, { headers: { "Content-Type": "text/event-stream" } });

/** A call whose answer is not read. */
async function unread(port: number, path: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.pause();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  return socket;
}

/** What holds of calls that last, as a part of `runtimeContract`. */
export function lastingCalls(runtime: Runtime, { describe, test, expect }: Harness): void {
  describe("serve() of calls that last", () => {
    test("keeps one that is held open, and cuts a reader that takes nothing", async () => {
      const stalled = Promise.withResolvers<number>();
      let sent = 0;
      const answers: Record<string, (connection: Connection) => Promise<Response> | Response> = {
        "/held": async ({ holdOpen }) => {
          holdOpen(60);
          await pause(LONG_MS);
          return new Response("late");
        },
        "/stalled": () => {
          const pull = (to: ReadableStreamDefaultController<Uint8Array>) => {
            sent += 65_536;
            to.enqueue(new Uint8Array(65_536));
          };
          const cancel = () => stalled.resolve(sent);
          return asStream(new ReadableStream({ pull, cancel }, { highWaterMark: 0 }));
        },
      };
      const server = await runtime.serve({
        ...OPTIONS,
        fetch: ({ url }, connection) =>
          answers[new URL(url).pathname]?.(connection) ?? new Response(null, { status: 404 }),
      });
      const url = `http://127.0.0.1:${server.port}`;
      const reader = await unread(server.port, "/stalled");
      const [held, bytes] = await Promise.all([
        fetch(`${url}/held`).then((answer) => answer.text()),
        stalled.promise,
      ]);
      expect(held).toBe("late");
      // What the system's buffers hold; a source is asked for no more than its reader takes.
      expect(bytes).toBeLessThan(50e6);
      reader.destroy();
      await server.stop(0);
    });

    test("tells by the request's signal that its caller has gone", async () => {
      const begun = Promise.withResolvers<void>();
      const gone = Promise.withResolvers<void>();
      const server = await runtime.serve({
        ...OPTIONS,
        idleTimeoutSeconds: 30,
        fetch: ({ signal }) => {
          signal.addEventListener("abort", () => gone.resolve());
          begun.resolve();
          return new Promise<Response>(() => {});
        },
      });
      const leaving = new AbortController();
      const call = fetch(`http://127.0.0.1:${server.port}`, { signal: leaving.signal });
      await begun.promise;
      leaving.abort();
      await Promise.all([gone.promise, call.catch(() => {})]);
      await server.stop(0);
      expect(leaving.signal.aborted).toBe(true);
    });
  });
}
