import { hash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { CREDENTIALS, TASKS } from "./service.ts";
import { spreadOf } from "./statistics.ts";

// The load generator, in a process of its own: raw HTTP/1.1 over kept connections, each with one request under way.
// All requests are signed before the first is sent. It ends with the server, or after the given time.
// load.ts '{"url", "connections", "warmUpMs", "measureMs", "requestsMax", "idsFile"?}'

/** What to send. `idsFile` gets the ids that were answered, one a line. */
export type Load = {
  readonly url: string;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly requestsMax: number;
  readonly idsFile?: string;
};

/** What came of it. Times are from the first byte sent to the last received. */
export type LoadResult = {
  readonly perSecond: number;
  readonly latencyMs: ReturnType<typeof spreadOf>;
  readonly answered: number;
  readonly refused: number;
  /** The first answer that was no 200, for the report. */
  readonly refusal?: string;
};

const load = JSON.parse(process.argv[2] ?? "") as Load;
const { port, hostname, host } = new URL(load.url);

// What differs from request to request has a fixed length, so that all else is text made once.
const OWN = Array.from({ length: load.requestsMax }, (_, index) => {
  const nonce = String(10 ** 15 + index);
  return { nonce, target: String(10 ** 9 + index) };
});
const execTime = String(Math.floor(Date.now() / 1000));
const { client_code: code, public_key: publicKey, private_key: key } = CREDENTIALS;
const bodyOf = (target: string): string =>
  JSON.stringify({
    source: { source_url: "in/clip.mp4" },
    profile_name: "video_mp4_1280x720_1728kbps",
    targets: [{ target_url: `out/${target}.mp4` }],
  });
const HEAD = [
  `POST ${TASKS} HTTP/1.1`,
  `Host: ${host}`,
  "Content-Type: application/json",
  `Content-Length: ${bodyOf(OWN[0]?.target ?? "").length}`,
  `apiPublicKey: ${publicKey}`,
  `apiClientCode: ${code}`,
  `apiExecTime: ${execTime}`,
].join("\r\n");
const requests = OWN.map(({ nonce, target }) => {
  const sum = hash("sha1", `${key}${nonce}${code}${execTime}`, "hex");
  return `${HEAD}\r\napiNonce: ${nonce}\r\napiCheckSum: ${sum}\r\n\r\n${bodyOf(target)}`;
});

const latencies: number[] = [];
const ids: string[] = [];
let sent = 0;
let answered = 0;
let refused = 0;
let refusal: string | undefined;
let firstMs = Number.POSITIVE_INFINITY;
let lastMs = Number.POSITIVE_INFINITY;

/** Whether an answer is there whole: its length stands in its head. */
function isWhole(text: string): boolean {
  const bodyAt = text.indexOf("\r\n\r\n") + 4;
  if (bodyAt < 4) return false;
  const lengthAt = text.toLowerCase().indexOf("content-length: ");
  return text.length - bodyAt >= Number.parseInt(text.slice(lengthAt + 16, lengthAt + 26), 10);
}

function take(text: string, sentMs: number, nowMs: number): void {
  if (!text.startsWith("HTTP/1.1 200")) {
    refused += 1;
    refusal ??= text;
    return;
  }
  answered += 1;
  if (load.idsFile) ids.push(text.slice(text.indexOf('_id":"') + 6, text.lastIndexOf('"')));
  if (nowMs >= firstMs && nowMs < lastMs) latencies.push(nowMs - sentMs);
}

function drive(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket: Socket = connect({ port: Number(port), host: hostname });
  let sentMs = 0;
  let waiting = "";
  const send = (): void => {
    const request = requests[sent];
    sentMs = performance.now();
    if (request === undefined || sentMs >= lastMs) {
      socket.destroy();
      return;
    }
    sent += 1;
    socket.write(request, "latin1");
  };
  socket.setNoDelay(true).setEncoding("latin1");
  socket.once("connect", send);
  socket.on("data", (chunk: string) => {
    waiting += chunk;
    if (!isWhole(waiting)) return;
    take(waiting, sentMs, performance.now());
    waiting = "";
    send();
  });
  // A server that was killed resets its connections: that is the end of this one, and no error of ours.
  socket.on("error", () => {});
  socket.once("close", () => resolve());
  return promise;
}

firstMs = performance.now() + load.warmUpMs;
lastMs = firstMs + load.measureMs;
await Promise.all(Array.from({ length: load.connections }, drive));
const seconds = (Math.min(performance.now(), lastMs) - firstMs) / 1000;
if (load.idsFile) writeFileSync(load.idsFile, ids.join("\n"));
const result: LoadResult = {
  perSecond: latencies.length / seconds,
  latencyMs: spreadOf(latencies),
  answered,
  refused,
  ...(refusal !== undefined && { refusal }),
};
console.log(JSON.stringify(result));
