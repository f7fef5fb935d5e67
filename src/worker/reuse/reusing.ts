import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Plan } from "../../plan/plan.ts";
import { resultText, whyUnkept } from "../../plan/reuse/results.ts";
import type { Assignment } from "../../profile/profile.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";
import type { Verified } from "../output/verify-products.ts";
import type { Planned } from "../plan-source.ts";
import type { Run } from "../run.ts";
import type { Flights } from "./flights.ts";
import type { Result, ResultCache } from "./result-cache.ts";
import type { SourceDigest, SourceDigests } from "./source-digests.ts";

/** What runs use again of each other. */
export type Results = {
  readonly cache: ResultCache;
  readonly flights: Flights;
  readonly digests: SourceDigests;
  /** Whether clients use each other's; else each its own alone. */
  readonly isShared: boolean;
  /** Of this program, which has made and verified them. */
  readonly version: string;
  readonly count: Telemetry["resultAsked"];
};

/** What a run makes its products of. */
export type MadeOf = {
  /** Absolute path of the source, and of the work folder. */
  readonly path: string;
  readonly folder: string;
  /** The source is a copy of our own that goes with its task. */
  readonly isPassing: boolean;
  readonly assignments: readonly Assignment[];
  /** How many warnings the run has given so far. */
  readonly warned: () => number;
};

/** The parts of a line that use results again. */
export type Reusing = {
  readonly reuse: (
    planned: Planned,
    make: () => Promise<readonly Verified[]>,
  ) => Promise<readonly Verified[]>;
  /** As of the run: those that wait for what it makes are told, too. */
  readonly onProgress: Run["onProgress"];
};

/** What of a run its results are found by. */
type ReusingRun = Pick<Run, "task" | "tag" | "engine" | "signal" | "onProgress" | "decide">;

/** Format of keys and of what is kept: another one finds nothing of this one. */
const FORMAT = 1;

/** The keys of what a plan makes, in the order of its products. */
export function keysOf(
  { task, tag, engine }: Pick<ReusingRun, "task" | "tag" | "engine">,
  { isShared, version }: Pick<Results, "isShared" | "version">,
  { sha256, sizeBytes }: Pick<SourceDigest, "sha256" | "sizeBytes">,
  plan: Plan,
): readonly string[] {
  const all = digestOf([
    ...[FORMAT, version, engine.name, engine.capabilities.version],
    // A result that is found says that somebody has had the same: nobody learns that of another client.
    ...[isShared ? null : task.clientCode, sha256, sizeBytes, resultText(plan, tag)],
  ]);
  return plan.products.map((_, at) => digestOf([all, at]));
}

const digestOf = (of: unknown): string =>
  createHash("sha256").update(JSON.stringify(of)).digest("hex");

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
            const made = await make();
            // What is wrong with a source has to be found, and told, each time.
            const mayKeep = of.warned() === warned && (await source.isStill(signal));
            return { made, isKept: mayKeep && (await keepAll(keys, made, results, signal)) };
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
): Promise<boolean> {
  let areKept = true;
  for (const [at, { finished, output }] of made.entries()) {
    const key = keys[at];
    areKept &&= key !== undefined && (await cache.keep(key, { finished, output }, signal));
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
