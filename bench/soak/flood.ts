import { setTimeout as sleep } from "node:timers/promises";
import { type Credentials, signedRequest } from "../../test/fixtures/signed-client.ts";
import type { Load, LoadResult } from "../load.ts";
import { runScript } from "../processes.ts";
import { type Findings, figure, type PartOptions, type Row } from "../report.ts";
import { CREDENTIALS, TASKS } from "../service.ts";
import { type Spread, spreadOf } from "../statistics.ts";
import { RUNTIMES, type RuntimeName, startOn } from "./services.ts";
import { watch, watchRows } from "./watch.ts";

const CONNECTIONS = 256;
const CALM_EVERY_MS = 50;
const CALM: Credentials = {
  client_code: "calm",
  public_key: "pk-calm",
  private_key: "the key of the other client",
};

/** What the other client met. */
type Met = { readonly tookMs: Spread; readonly refused: number };

/** Two of its tasks never have the same target. */
let targets = 0;

/** Creates a task and lists tasks by turns, as a client that does no harm, until it is told to end. */
function calls(url: string): () => Promise<Met> {
  const tookMs: number[] = [];
  let refused = 0;
  let isOver = false;
  const called = (async () => {
    for (let turn = 0; !isOver; turn += 1) {
      targets += 1;
      const body = {
        source: { source_url: "in/clip.mp4" },
        targets: [{ target_url: `c${targets}` }],
      };
      const options = turn % 2 === 0 ? { body } : {};
      const startMs = performance.now();
      const answer = await fetch(signedRequest(CALM, `${url}${TASKS}`, options));
      await answer.text();
      tookMs.push(performance.now() - startMs);
      if (!answer.ok) refused += 1;
      await sleep(CALM_EVERY_MS);
    }
  })();
  return async () => {
    isOver = true;
    await called;
    return { tookMs: spreadOf(tookMs), refused };
  };
}

const CALM_FIRST_MS = 3_000;

async function floodOn(runtime: RuntimeName, { isQuick, scratch, say }: PartOptions) {
  const env = {
    PONTUS_CLIENTS: JSON.stringify([CREDENTIALS, CALM]),
    PONTUS_CONCURRENCY: "0",
  };
  const server = await startOn(runtime, scratch, env);
  try {
    const load: Load = {
      url: server.url,
      connections: CONNECTIONS,
      warmUpMs: 1_000,
      measureMs: isQuick ? 4_000 : 30_000,
      requestsMax: 200_000,
    };
    const alone = calls(server.url);
    await sleep(CALM_FIRST_MS);
    const before = await alone();
    const seen = watch(server);
    const met = calls(server.url);
    const flood = JSON.parse(await runScript("load.ts", [JSON.stringify(load)])) as LoadResult;
    const [calm, during] = [await met(), await seen()];
    const { answered, refused } = flood;
    say(
      `${runtime}: the flood had ${answered} answered, ${refused} refused; the other p99 ${figure(calm.tookMs.p99)} ms`,
    );
    return { flood, before, calm, seen: during };
  } finally {
    await server.stop();
  }
}

/** What a client meets while another calls as fast as it can. */
export async function soakFlood(options: PartOptions): Promise<Findings> {
  const rows: Row[] = [];
  const facts: Record<string, unknown> = {};
  for (const runtime of RUNTIMES) {
    const found = await floodOn(runtime, options);
    facts[runtime] = found;
    const { p99, max, count } = found.calm.tookMs;
    rows.push({
      key: `flood.${runtime}.other`,
      what: `calls of a client while another's ${CONNECTIONS} connections send as fast as they can, ${runtime}`,
      ours: `p99 ${figure(p99)} ms, max ${figure(max)} ms, ${found.calm.refused} of ${count} refused`,
      peer: `without the flood p99 ${figure(found.before.tookMs.p99)} ms`,
      bar: "p99 < 100 ms, none refused",
      isMet: p99 < 100 && found.calm.refused === 0,
    });
    rows.push(...watchRows(`flood.${runtime}`, `under that flood, ${runtime}`, found.seen));
  }
  return { rows, facts };
}
