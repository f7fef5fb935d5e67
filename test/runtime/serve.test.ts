import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { bunRuntime } from "../../src/runtime/bun.ts";
import { runtimeContract } from "../contract/runtime.ts";
import { logged } from "../fixtures/logged.ts";
import { eventually } from "../fixtures/service.ts";

// A time limit on connections is waited for: Bun checks it every few seconds.
setDefaultTimeout(60_000);

runtimeContract("bunRuntime", bunRuntime, { describe, test, expect });

const OPTIONS = {
  host: "127.0.0.1",
  port: 0,
  fetch: async (request: Request) => new Response(await request.text()),
  idleTimeoutSeconds: 30,
  bodyBytesMax: 100_000,
  connectionsMax: 20,
};

// Deno gives a whole request two minutes, which is too long for a test.
test("a connection whose body comes by single bytes is closed on Bun", async () => {
  const server = await bunRuntime.serve({ ...OPTIONS, idleTimeoutSeconds: 1 });
  const socket = connect(server.port, "127.0.0.1");
  // A connection that is reset is closed, too.
  socket.on("error", () => {});
  let answer = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    answer += chunk;
  });
  socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  const dripping = setInterval(() => socket.write("x"), 200);
  await new Promise((resolve) => socket.once("close", resolve));
  clearInterval(dripping);
  expect(answer).not.toMatch(/^HTTP\/1\.1 2/);
  await server.stop(0);
});

// Deno listens all the time.
test("a port that another has taken while too many connections were open is listened at again on Bun", async () => {
  const records = await logged();
  const isTold = (what: string) =>
    records.some(({ rawMessage }) => String(rawMessage).startsWith(what)) || undefined;
  const server = await bunRuntime.serve(OPTIONS);
  const sockets = Array.from({ length: 40 }, () => {
    const socket = connect(server.port, "127.0.0.1");
    socket.on("error", () => {});
    // A request that has begun: its connection is not idle.
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n");
    return socket;
  });
  await eventually(() => isTold("More than {connectionsMax} connections are open"));
  const other = createServer().listen(server.port, "127.0.0.1");
  await once(other, "listening");
  for (const socket of sockets) socket.destroy();
  await eventually(() => isTold("Cannot listen again"));
  other.close();
  const answer = await eventually(() =>
    fetch(`http://127.0.0.1:${server.port}`).catch(() => undefined),
  );
  expect(answer.status).toBe(200);
  await server.stop(0);
});
