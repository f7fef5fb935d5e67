import { join } from "node:path";
import type { Plan } from "../../plan/plan.ts";
import { whyUnkept } from "../../plan/reuse/results.ts";
import type { Verified } from "../output/verify-products.ts";
import type { Planned } from "../plan-source.ts";
import type { Run } from "../run.ts";
import { type Lacking, makeLacking } from "./lacking-renditions.ts";
import type { Result } from "./result-cache.ts";
import {
  digestOf,
  keysOf,
  type MadeOf,
  type Make,
  type Results,
  type ReusingRun,
} from "./result-keys.ts";
import type { SourceDigest } from "./source-digests.ts";

/** The parts of a line that use results again. */
export type Reusing = {
  readonly reuse: (planned: Planned, make: Make) => Promise<readonly Verified[]>;
  /** As of the run: those that wait for what it makes are told, too. */
  readonly onProgress: Run["onProgress"];
};

/**
 * Has a line use what an earlier run has made of the same bytes by the same plan, or what another run is making now; what it makes
 * itself is kept for others. What is used again is compared with the bytes that were verified, and is delivered like any other.
 */
export function reusing(run: ReusingRun, results: Results, of: MadeOf): Reusing {
  const { signal, decide } = run;
  const { flights, count } = results;
  let tell: Run["onProgress"] = () => {};
  return {
    onProgress: (progress) => {
      run.onProgress(progress);
      tell(progress);
    },
    reuse: async (planned, make) => {
      const why = whyUnkept(planned.plan, of.assignments);
      if (why !== undefined) {
        decide(`Is not kept to be used again: ${why}`);
        return make();
      }
      const source = await sourceOf(run, results, of);
      if (!source) return make();
      const keys = keysOf(run, results, source, planned.plan);
      return flights.give(
        digestOf(keys),
        {
          look: async () => {
            const found = await take(keys, results, of, signal);
            count(found ? "hit" : "miss", bytesOf(found ?? []));
            if (found) decide("Uses what was made before of the same, and encodes nothing");
            return found && withTargets(found, planned.plan);
          },
          make: async (toOthers) => {
            tell = toOthers;
            const warned = of.warned();
            const { made, videos, marked } = await makeLacking(
              { run, results, of, source },
              planned,
              make,
            );
            // What is wrong with a source has to be found, and told, each time.
            const mayKeep = of.warned() === warned && (await source.isStill(signal));
            const isKept = mayKeep && (await keepAll(keys, made, results, signal, videos));
            return { made: marked, isKept };
          },
          onWait: () => decide("Waits for another task that makes the same"),
          onProgress: run.onProgress,
        },
        signal,
      );
    },
  };
}

/** The bytes of the source; undefined if they cannot be read, which whatever reads them next will say better. */
async function sourceOf(
  { signal }: ReusingRun,
  { digests }: Results,
  { path, isPassing }: MadeOf,
): Promise<SourceDigest | undefined> {
  try {
    return await digests.of(path, isPassing, signal);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** All that is wanted, or nothing: what is missing would cost an encode anyway. */
async function take(
  keys: readonly string[],
  { cache }: Results,
  { folder }: MadeOf,
  signal: AbortSignal,
): Promise<readonly Result[] | undefined> {
  for (const key of keys) if (!(await cache.has(key))) return undefined;
  const found: Result[] = [];
  for (const [at, key] of keys.entries()) {
    const result = await cache.take(key, join(folder, `reused-${at}`), signal);
    if (!result) return undefined;
    found.push(result);
  }
  return found;
}

async function keepAll(
  keys: readonly string[],
  made: readonly Verified[],
  { cache }: Results,
  signal: AbortSignal,
  videos: Lacking["videos"],
): Promise<boolean> {
  let areKept = true;
  for (const [at, { finished, output }] of made.entries()) {
    const key = keys[at];
    areKept &&= key !== undefined && (await cache.keep(key, { finished, output }, signal, videos));
  }
  return areKept;
}

const withTargets = (found: readonly Result[], { products }: Plan): readonly Verified[] =>
  found.map(({ finished, output }, at) => ({
    targets: products[at]?.targets ?? [],
    finished,
    output: { ...output, reused: true },
  }));

const bytesOf = (found: readonly Result[]): number =>
  found.reduce((sum, { output }) => sum + output.sizeBytes, 0);
