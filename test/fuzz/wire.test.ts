import { expect, setDefaultTimeout, test } from "bun:test";
import { once } from "node:events";
import { connect } from "node:net";
import { BUN, deno } from "../fixtures/runtimes.ts";
import { newHome, startService } from "../fixtures/service.ts";
import { Random } from "../simulation/random.ts";

setDefaultTimeout(5 * 60_000);

const REQUESTS = 1_000;
const AT_ONCE = 50;
/** How long a caller waits who has not said all that a request needs. */
const PATIENCE_MS = 500;
/** More than a head may take to come. */
const CLOSED_MS_MAX = 60_000;

const METHODS = ["GET", "POST", "DELETE", "HEAD", "OPTIONS", "get", "BREW", ""];
const TARGETS = [
  "/healthz",
  "/api/v1/profiles",
  "/api/v1/task/transcoding?limit=1",
  "*",
  "/%",
  "/a b",
  "http://x/healthz",
  "",
];
const VERSIONS = ["HTTP/1.1", "HTTP/1.0", "HTTP/9.9", "http/1.1", ""];
const HEADERS = [
  "Host: a",
  "Connection: close",
  "Accept-Language: zh-CN, en;q=0.5",
  "Content-Length: 3",
  "Content-Length: three",
  "Expect: 100-continue",
  "apiNonce: 1",
  "apiExecTime: 99999999999999999999",
  "X-Request-Id: a b",
  " folded",
  "no colon",
  ": no name",
];

/** A request as nobody sends it, ended so that whoever reads it need not wait for more. */
function request(random: Random): Buffer {
  const word = (): string =>
    String.fromCharCode(...Array.from({ length: random.below(30) }, () => random.below(256)));
  const or = (texts: readonly string[]): string =>
    random.chance(0.8) ? (random.pick(texts) ?? "") : word();
  // One in three is right but for what follows its first header.
  if (random.chance(0.3))
    return Buffer.from(
      `GET ${random.pick(TARGETS)} HTTP/1.1\r\nHost: a\r\n${or(HEADERS)}\r\n\r\n`,
      "latin1",
    );
  const line = [or(METHODS), or(TARGETS), or(VERSIONS)].join(random.chance(0.9) ? " " : "  ");
  const headers = Array.from({ length: random.below(8) }, () => or(HEADERS));
  const end = random.chance(0.9) ? "\r\n" : "\n";
  return Buffer.from([line, ...headers, "", word()].join(end), "latin1");
}

/** What a service says to bytes, until it or we have nothing more to say. */
async function answerTo(port: number, bytes: Buffer): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.setTimeout(CLOSED_MS_MAX, () => socket.destroy(new Error("nothing moves")));
  let text = "";
  // Not at once: Deno answers nobody who has hung up.
  const hangUp = setTimeout(() => socket.end(), PATIENCE_MS);
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
    socket.end();
  });
  const closed = once(socket, "close");
  // A service may hang up on what is no request.
  socket.on("error", () => {});
  socket.write(bytes);
  await closed;
  clearTimeout(hangUp);
  return text;
}

test.each([
  ["Bun", BUN],
  ["Deno", deno()],
])("bytes that are no request of anybody get an answer, or none, on %s", async (_, command) => {
  const service = await startService(newHome(), { PONTUS_LOG_LEVEL: "info" }, command);
  const port = Number(new URL(service.url).port);
  const statuses = new Set<string>();
  const seeds = Array.from({ length: REQUESTS }, (_, seed) => seed)[Symbol.iterator]();
  const sendAll = async () => {
    for (const seed of seeds) {
      const text = await answerTo(port, request(new Random(seed)));
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? (text === "" ? "none" : text);
      // 505 is the runtime's own answer to a version of HTTP that it does not speak.
      if (/^5(?!05)/.test(status)) throw new Error(`seed ${seed}: ${text}`);
      statuses.add(status);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sendAll));
  expect([...statuses].filter((status) => !/^(none|[1234]\d\d|505)$/.test(status))).toEqual([]);
  expect([...statuses]).toContain("400");
  expect(statuses.size).toBeGreaterThan(2);
  expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
  expect(await service.stop()).toBe(0);
});
