import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { connect } from "node:net";
import { bunRuntime } from "../../src/runtime/bun.ts";
import { runtimeContract } from "../contract/runtime.ts";

// A time limit on connections is waited for: Bun checks it every few seconds.
setDefaultTimeout(60_000);

runtimeContract("bunRuntime", bunRuntime, { describe, test, expect });

// Deno gives a whole request two minutes, which is too long for a test.
test("a connection whose body comes by single bytes is closed on Bun", async () => {
  const server = await bunRuntime.serve({
    host: "127.0.0.1",
    port: 0,
    fetch: async (request) => new Response(await request.text()),
    idleTimeoutSeconds: 1,
    bodyBytesMax: 100_000,
    connectionsMax: 1024,
  });
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
