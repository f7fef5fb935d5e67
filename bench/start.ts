import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { signedRequest } from "../test/fixtures/signed-client.ts";
import {
  childrenOf,
  cpuSecondsOf,
  end,
  memoryBytesOf,
  ROOT,
  runScript,
  start,
} from "./processes.ts";
import { type Findings, figure, type PartOptions } from "./report.ts";
import { CREDENTIALS, type Home, newHome, serviceEnv, startPontus, TASKS } from "./service.ts";
import { median, type Spread, spreadOf } from "./statistics.ts";

const REST_MS = 10_000;
const START_MS_MAX = 10_000;
const PROFILES = "/api/v1/profiles";

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** From the start of the process until it had answered, in ms: wall, and CPU with that of programs it ran (exact to 10). */
type Answer = { readonly tookMs: number; readonly cpuMs: number };

/** What is started: the service as `bun run start` does, or another program. */
const SOURCE = [process.execPath, join(ROOT, "src", "main.bun.ts")] as const;

/** Makes the program of one file, as images have it. */
async function built(scratch: string): Promise<readonly [string, ...string[]]> {
  const program = join(scratch, "pontus");
  await runScript("../scripts/build.ts", [program]);
  return [program, "serve"];
}

/** Starts the service, sends one signed call until it is answered, and stops the service. */
async function firstAnswer(
  home: Home,
  path: string,
  body?: object,
  [command, ...args]: readonly [string, ...string[]] = SOURCE,
): Promise<Answer> {
  const port = await freePort();
  const env = { ...serviceEnv(home), PONTUS_PORT: String(port), PONTUS_CONCURRENCY: "0" };
  const startMs = performance.now();
  const child = start(command, args, env);
  child.stdout?.resume();
  try {
    for (;;) {
      const request = signedRequest(CREDENTIALS, `http://127.0.0.1:${port}${path}`, { body });
      const response = await fetch(request).catch(() => undefined);
      const text = await response?.text();
      const tookMs = performance.now() - startMs;
      if (response?.ok) return { tookMs, cpuMs: cpuSecondsOf(child.pid ?? 0) * 1000 };
      if (response || tookMs > START_MS_MAX) throw new Error(`Cannot start: ${text}`);
      await sleep(1);
    }
  } finally {
    await end(child);
  }
}

async function bareStartMs(): Promise<number> {
  const startMs = performance.now();
  await once(start(process.execPath, ["-e", "0"]), "exit");
  return performance.now() - startMs;
}

const tookOf = (answers: readonly Answer[]) => answers.map(({ tookMs }) => tookMs);
const cpuOf = (answers: readonly Answer[]) => median(answers.map(({ cpuMs }) => cpuMs));

/** What the service and the programs that stand by take at rest, and what it took at most before, in bytes. */
async function measureRest(home: Home, isQuick: boolean) {
  const server = await startPontus(home);
  await sleep(isQuick ? 1_000 : REST_MS);
  const rssBytes = memoryBytesOf(server.pid, "VmRSS");
  const peakBytes = memoryBytesOf(server.pid, "VmHWM");
  const children = childrenOf(server.pid).map(({ pid }) => memoryBytesOf(pid, "VmRSS"));
  const childrenBytes = children.reduce((sum, bytes) => sum + bytes, 0);
  await server.stop();
  return { rssBytes, peakBytes, childrenBytes };
}

/** First answers, and the starts of Bun alone beside them. */
async function measureAnswers(scratch: string, rounds: number) {
  const reads: Answer[] = [];
  const firstReads: Answer[] = [];
  const firstCreates: Answer[] = [];
  const creates: Answer[] = [];
  const programReads: Answer[] = [];
  const programCreates: Answer[] = [];
  const bare: number[] = [];
  const program = await built(scratch);
  const create = (target: string) => ({
    source: { source_url: "in.mp4" },
    targets: [{ target_url: target }],
  });
  for (let round = 0; round < rounds; round += 1) {
    // A database is made, and synced; a create waits until the engine's programs were asked what they can do. Both are remembered.
    firstReads.push(await firstAnswer(newHome(scratch), PROFILES));
    const home = newHome(scratch);
    firstCreates.push(await firstAnswer(home, TASKS, create("first.mp4")));
    creates.push(await firstAnswer(home, TASKS, create("second.mp4")));
    reads.push(await firstAnswer(home, PROFILES));
    programCreates.push(await firstAnswer(home, TASKS, create("third.mp4"), program));
    programReads.push(await firstAnswer(home, PROFILES, undefined, program));
    bare.push(await bareStartMs());
  }
  return { reads, firstReads, firstCreates, creates, programReads, programCreates, bare };
}

/** What the service takes at rest, and how soon it answers after its start. */
export async function measureStart({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const rest = await measureRest(newHome(scratch), isQuick);
  const { rssBytes, peakBytes, childrenBytes } = rest;
  const told = [rssBytes, peakBytes, childrenBytes].map((bytes) => figure(bytes / 1e6));
  say(`at rest ${told[0]} MB, peak ${told[1]} MB; programs standing by ${told[2]} MB`);

  const answers = await measureAnswers(scratch, isQuick ? 3 : 25);
  const { reads, creates, bare } = answers;
  const read = spreadOf(tookOf(reads));
  const [firstRead, firstCreated] = [answers.firstReads, answers.firstCreates].map((each) =>
    spreadOf(tookOf(each)),
  ) as [Spread, Spread];
  const created = spreadOf(tookOf(creates));
  const floor = spreadOf(bare);
  const shown = ({ p50, max }: Spread) => `median ${figure(p50)} ms, max ${figure(max)} ms`;
  say(`first answer: GET ${shown(read)}; POST ${shown(created)}; Bun alone ${shown(floor)}`);
  say(
    `first answer ever, on a new data folder: GET ${shown(firstRead)}; POST ${shown(firstCreated)}`,
  );
  say(`CPU until then: GET ${figure(cpuOf(reads))} ms, POST ${figure(cpuOf(creates))} ms`);
  const answer = (key: string, call: string, spread: Spread) => ({
    key,
    what: `process start to the first signed answer: ${call}; peer: Bun with an empty script`,
    ours: shown(spread),
    peer: shown(floor),
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
    answer("service.first-read", "GET profiles, a service that has run before", read),
    answer("service.first-create", "POST create, a service that has run before", created),
    answer(
      "service.program-read",
      "GET profiles, the program that `bun run build` makes",
      spreadOf(tookOf(answers.programReads)),
    ),
    answer(
      "service.program-create",
      "POST create, the program that `bun run build` makes",
      spreadOf(tookOf(answers.programCreates)),
    ),
    {
      key: "service.first-ever",
      what: "the same on a new data folder, which is made, and ffmpeg asked what it can do",
      ours: `GET ${shown(firstRead)}; POST ${shown(firstCreated)}`,
      peer: shown(floor),
      bar: "",
    },
  ];
  return { rows, facts: { ...rest, ...answers, read, created, firstRead, firstCreated, floor } };
}
