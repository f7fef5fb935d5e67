import { connect, type Socket } from "node:net";

// Callers whom the service does not know, in a process of their own: each sends a call with a strong checksum and most of its body, as
// far as the service reads it, and comes back when it is turned away.
// stranger.ts '{"url", "connections", "bodyBytes", "forMs"}'

/** Who comes, with what, and for how long. */
export type Strangers = {
  readonly url: string;
  readonly connections: number;
  readonly bodyBytes: number;
  readonly forMs: number;
};

/** What became of them: how often which status was answered, and how much was taken from them. */
export type StrangersResult = {
  readonly statuses: Readonly<Record<string, number>>;
  readonly sentBytes: number;
};

const { url, connections, bodyBytes, forMs } = JSON.parse(process.argv[2] ?? "") as Strangers;
const { hostname, port, host } = new URL(url);
const statuses: Record<string, number> = {};
const CHUNK = Buffer.alloc(65_536, "x");
const REST_MS = 50;
let sentBytes = 0;
let nonce = 10 ** 15;

function head(): string {
  nonce += 1;
  return [
    "POST /api/v1/task/transcoding HTTP/1.1",
    `Host: ${host}`,
    "Content-Type: application/json",
    `Content-Length: ${bodyBytes}`,
    "apiPublicKey: nobody",
    "apiClientCode: nobody",
    `apiNonce: ${nonce}`,
    `apiExecTime: ${Math.floor(Date.now() / 1000)}`,
    `apiCheckSum: ${"0".repeat(64)}`,
    "\r\n",
  ].join("\r\n");
}

/** One call, all of it but the last byte, so that it lasts for as long as it is suffered. */
function comeOnce(until: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket: Socket = connect({ port: Number(port), host: hostname });
  let leftBytes = bodyBytes - 1;
  const send = (): void => {
    while (leftBytes > 0 && !socket.destroyed) {
      const chunk = CHUNK.subarray(0, leftBytes);
      leftBytes -= chunk.length;
      if (!socket.write(chunk)) break;
    }
  };
  socket.once("connect", () => {
    socket.write(head());
    send();
  });
  socket.on("drain", send);
  socket.setEncoding("latin1").on("data", (text: string) => {
    const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
    if (status) statuses[status] = (statuses[status] ?? 0) + 1;
    // Answered: whoever means ill asks again at once.
    socket.destroy();
  });
  const leave = () => socket.destroy();
  until.addEventListener("abort", leave, { once: true });
  socket.on("error", () => {
    statuses["reset"] = (statuses["reset"] ?? 0) + 1;
  });
  socket.once("close", () => {
    until.removeEventListener("abort", leave);
    sentBytes += socket.bytesWritten;
    resolve();
  });
  return promise;
}

const over = AbortSignal.timeout(forMs);
await Promise.all(
  Array.from({ length: connections }, async () => {
    while (!over.aborted) {
      await comeOnce(over);
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
    }
  }),
);
const result: StrangersResult = { statuses, sentBytes };
console.log(JSON.stringify(result));
