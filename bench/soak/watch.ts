import { setTimeout as sleep } from "node:timers/promises";
import { memoryBytesOf, type ServerProcess } from "../processes.ts";
import { figure, type Row } from "../report.ts";
import { type Spread, spreadOf } from "../statistics.ts";

const EVERY_MS = 20;
/** The bars of every part: `/healthz` answers at once, and the service stays small. */
const HEALTH_P99_MS_MAX = 100;
const RSS_BYTES_MAX = 400e6;

/** What was seen of a service while something went on. */
export type Seen = {
  readonly healthMs: Spread;
  readonly failed: number;
  readonly rssBytesMax: number;
};

/**
 * Asks `/healthz` all the time, each time on a connection of its own, and looks at the memory of the service.
 *
 * @returns a function that ends this and gives what was seen
 */
export function watch({ pid, url }: Pick<ServerProcess, "pid" | "url">): () => Promise<Seen> {
  const tookMs: number[] = [];
  let failed = 0;
  let rssBytesMax = 0;
  let isOver = false;
  const ask = async (): Promise<void> => {
    const startMs = performance.now();
    const answer = await fetch(`${url}/healthz`, { headers: { Connection: "close" } }).catch(
      () => undefined,
    );
    await answer?.text();
    if (!answer?.ok) failed += 1;
    tookMs.push(performance.now() - startMs);
    rssBytesMax = Math.max(rssBytesMax, memoryBytesOf(pid, "VmRSS"));
  };
  const watched = (async () => {
    while (!isOver) {
      await ask();
      await sleep(EVERY_MS);
    }
  })();
  return async () => {
    isOver = true;
    await watched;
    return { healthMs: spreadOf(tookMs), failed, rssBytesMax };
  };
}

/** The two lines that every part has. */
export const watchRows = (part: string, during: string, seen: Seen): readonly Row[] => [
  {
    key: `${part}.health`,
    what: `/healthz ${during}`,
    ours: `p99 ${figure(seen.healthMs.p99)} ms, max ${figure(seen.healthMs.max)} ms, ${seen.failed} of ${seen.healthMs.count} failed`,
    peer: "",
    bar: `p99 < ${HEALTH_P99_MS_MAX} ms`,
    isMet: seen.failed === 0 && seen.healthMs.p99 < HEALTH_P99_MS_MAX,
  },
  {
    key: `${part}.memory`,
    what: `the service's memory ${during}`,
    ours: `${figure(seen.rssBytesMax / 1e6)} MB`,
    peer: "",
    bar: `< ${RSS_BYTES_MAX / 1e6} MB`,
    isMet: seen.rssBytesMax < RSS_BYTES_MAX,
  },
];
