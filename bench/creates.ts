import type { Load, LoadResult } from "./load.ts";
import { cpuSecondsOf, runScript, startServer } from "./processes.ts";
import { redisMissing, startRedis } from "./redis.ts";
import { type Findings, figure, type PartOptions, type Row } from "./report.ts";
import { newHome, startPontus } from "./service.ts";
import { median, ratioOf } from "./statistics.ts";

const CONNECTIONS = 64;
/** Above what any arm does on one core of a fast machine, so that requests never run out. */
const PER_SECOND_MAX = 90_000;

const ARMS = ["pontus", "no-store", "own-commits", "bullmq"] as const;
type Arm = (typeof ARMS)[number];

/** A limit that is counted for and never met. */
const LIMITS = { PONTUS_CONCURRENCY: "0", PONTUS_CLIENT_PENDING_MAX: "1000000000" };

/** How long the load lasts. */
type Round = { readonly warmUpMs: number; readonly measureMs: number };

/** What the server used for a create, warm-up included: what else the machine does disturbs it less than the rate. */
type ArmResult = LoadResult & { readonly cpuMicroseconds: number };

/** Runs the load generator, in a process of its own. */
export async function runLoad(load: Load): Promise<LoadResult> {
  return JSON.parse(await runScript("load.ts", [JSON.stringify(load)])) as LoadResult;
}

/** Sends creates to a server and says how they were taken. */
export const loadOf = (url: string, { warmUpMs, measureMs }: Round): Load => ({
  url,
  connections: CONNECTIONS,
  warmUpMs,
  measureMs,
  requestsMax: Math.ceil(((warmUpMs + measureMs) / 1000) * PER_SECOND_MAX),
});

/** One round of one arm: a server of its own over fresh folders. */
async function runArm(arm: Arm, scratch: string, round: Round): Promise<ArmResult> {
  const home = newHome(scratch);
  const redis = arm === "bullmq" ? await startRedis(scratch) : undefined;
  try {
    const server =
      arm === "pontus"
        ? await startPontus(home, LIMITS)
        : await startServer(["bench/arm.ts", arm, home.data, home.media, redis?.socket ?? ""], {});
    try {
      const cpuBefore = cpuSecondsOf(server.pid);
      const result = await runLoad(loadOf(server.url, round));
      if (result.refused > 0) throw new Error(`Cannot count ${arm}: ${result.refusal}`);
      const cpuSeconds = cpuSecondsOf(server.pid) - cpuBefore;
      return { ...result, cpuMicroseconds: (cpuSeconds / result.answered) * 1e6 };
    } finally {
      await server.stop();
    }
  } finally {
    await redis?.stop();
  }
}

/** Creates a second: the service against itself without storing, with a commit for each, and against BullMQ. */
export async function measureCreates(options: PartOptions): Promise<Findings> {
  const { isQuick, scratch, say } = options;
  const round = isQuick ? { warmUpMs: 300, measureMs: 700 } : { warmUpMs: 2_000, measureMs: 4_000 };
  const missing = redisMissing();
  if (missing) say(`no line for BullMQ: ${missing}`);
  const arms = ARMS.filter((arm) => arm !== "bullmq" || !missing);
  const results = new Map<Arm, ArmResult[]>(arms.map((arm) => [arm, []]));
  for (let number = 1; number <= (isQuick ? 1 : 5); number += 1)
    for (const arm of arms) {
      const result = await runArm(arm, scratch, round);
      results.get(arm)?.push(result);
      const { perSecond, latencyMs, cpuMicroseconds } = result;
      say(
        `round ${number}, ${arm}: ${figure(perSecond)}/s, p99 ${figure(latencyMs.p99)} ms, ${figure(cpuMicroseconds)} µs CPU each`,
      );
    }
  return {
    rows: rowsOf(results),
    facts: { connections: CONNECTIONS, ...Object.fromEntries(results) },
  };
}

const PEERS = [
  { arm: "no-store", key: "creates.no-store", than: "the same app without storing", least: 0.6 },
  {
    arm: "own-commits",
    key: "creates.own-commits",
    than: "a commit for each task",
    least: undefined,
  },
  { arm: "bullmq", key: "creates.bullmq", than: "BullMQ, appendfsync always", least: 2 },
] as const;

function rowsOf(results: ReadonlyMap<Arm, readonly ArmResult[]>): readonly Row[] {
  const ratesOf = (arm: Arm) => (results.get(arm) ?? []).map(({ perSecond }) => perSecond);
  const shown = (arm: Arm): string => {
    const p99 = median((results.get(arm) ?? []).map(({ latencyMs }) => latencyMs.p99));
    return `${figure(median(ratesOf(arm)))}/s, p99 ${figure(p99)} ms`;
  };
  return PEERS.filter(({ arm }) => results.has(arm)).map(({ arm, key, than, least }) => {
    const ratio = ratioOf(ratesOf("pontus"), ratesOf(arm));
    return {
      key,
      what: `creates, ${CONNECTIONS} connections, signed, durable; peer: ${than}`,
      ours: shown("pontus"),
      peer: shown(arm),
      ratio,
      bar: least === undefined ? "" : `≥ ${least} x`,
      ...(least !== undefined && { isMet: ratio >= least }),
    };
  });
}
