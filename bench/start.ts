import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { signedRequest } from "../test/fixtures/signed-client.ts";
import { end, memoryBytesOf, ROOT, start } from "./processes.ts";
import { type Findings, figure, type PartOptions } from "./report.ts";
import { CREDENTIALS, type Home, newHome, serviceEnv, startPontus, TASKS } from "./service.ts";
import { type Spread, spreadOf } from "./statistics.ts";

const REST_MS = 10_000;
const START_MS_MAX = 10_000;

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** From the start of the process to the whole answer to one signed call, in ms; the service is on a new data folder. */
async function firstAnswerMs(home: Home, path: string, body?: object): Promise<number> {
  const port = await freePort();
  const env = { ...serviceEnv(home), PONTUS_PORT: String(port), PONTUS_CONCURRENCY: "0" };
  const startMs = performance.now();
  const child = start(process.execPath, [join(ROOT, "src", "main.bun.ts")], env);
  child.stdout?.resume();
  try {
    for (;;) {
      const request = signedRequest(CREDENTIALS, `http://127.0.0.1:${port}${path}`, { body });
      const response = await fetch(request).catch(() => undefined);
      const text = await response?.text();
      const tookMs = performance.now() - startMs;
      if (response?.ok) return tookMs;
      if (response || tookMs > START_MS_MAX) throw new Error(`Cannot start: ${text}`);
      await sleep(1);
    }
  } finally {
    await end(child);
  }
}

/** What the service takes at rest, and how soon it answers after its start. */
export async function measureStart({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const server = await startPontus(newHome(scratch));
  await sleep(isQuick ? 1_000 : REST_MS);
  const rssBytes = memoryBytesOf(server.pid, "VmRSS");
  const peakBytes = memoryBytesOf(server.pid, "VmHWM");
  await server.stop();
  say(`at rest ${figure(rssBytes / 1e6)} MB, peak ${figure(peakBytes / 1e6)} MB`);

  const reads: number[] = [];
  const creates: number[] = [];
  const create = { source: { source_url: "in.mp4" }, targets: [{ target_url: "out.mp4" }] };
  for (let index = 0; index < (isQuick ? 3 : 25); index += 1) {
    reads.push(await firstAnswerMs(newHome(scratch), "/api/v1/profiles"));
    creates.push(await firstAnswerMs(newHome(scratch), TASKS, create));
  }
  const [read, created] = [spreadOf(reads), spreadOf(creates)];
  const shown = ({ p50, max }: Spread) => `median ${figure(p50)} ms, max ${figure(max)} ms`;
  say(`first answer: GET ${shown(read)}; POST ${shown(created)}`);
  const answer = (key: string, call: string, spread: Spread) => ({
    key,
    what: `process start to the first signed answer: ${call}`,
    ours: shown(spread),
    peer: "",
    bar: "median < 150 ms",
    isMet: spread.p50 < 150,
  });
  const rows = [
    {
      key: "service.memory",
      what: "the service at rest, resident",
      ours: `${figure(rssBytes / 1e6)} MB`,
      peer: "",
      bar: "< 120 MB",
      isMet: rssBytes < 120e6,
    },
    answer("service.first-read", "GET profiles", read),
    answer("service.first-create", "POST create", created),
  ];
  return { rows, facts: { rssBytes, peakBytes, reads, creates, read, created } };
}
