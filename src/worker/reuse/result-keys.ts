import { createHash } from "node:crypto";
import type { Plan } from "../../plan/plan.ts";
import type { MadeRendition } from "../../plan/reuse/renditions.ts";
import { resultText } from "../../plan/reuse/results.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { Assignment } from "../../profile/profile.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";
import type { Verified } from "../output/verify-products.ts";
import type { Planned } from "../plan-source.ts";
import type { Run } from "../run.ts";
import type { Flights } from "./flights.ts";
import type { ResultCache } from "./result-cache.ts";
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
  /** Plans the same with pictures of its set that were made before. */
  readonly planWith: (media: MediaInfo, made: readonly MadeRendition[]) => Plan;
  /** Removes what a plan has made, because another plan takes its place. */
  readonly discard: (plan: Plan) => Promise<void>;
};

/** Makes what a run is to make, by its plan or by another one of the same. */
export type Make = (other?: Planned) => Promise<readonly Verified[]>;

/** What of a run its results are found by. */
export type ReusingRun = Pick<Run, "task" | "tag" | "engine" | "signal" | "onProgress" | "decide">;

/** Format of keys and of what is kept: another one finds nothing of this one. */
const FORMAT = 1;

/**
 * The key of what is made of a source.
 *
 * @param what - everything else that it depends on
 */
export function keyOf(
  { task, engine }: Pick<ReusingRun, "task" | "engine">,
  { isShared, version }: Pick<Results, "isShared" | "version">,
  { sha256, sizeBytes }: Pick<SourceDigest, "sha256" | "sizeBytes">,
  what: string,
): string {
  return digestOf([
    ...[FORMAT, version, engine.name, engine.capabilities.version],
    // A result that is found says that somebody has had the same: nobody learns that of another client.
    ...[isShared ? null : task.clientCode, sha256, sizeBytes, what],
  ]);
}

/** The keys of what a plan makes, in the order of its products. */
export function keysOf(
  run: Pick<ReusingRun, "task" | "tag" | "engine">,
  results: Pick<Results, "isShared" | "version">,
  source: Pick<SourceDigest, "sha256" | "sizeBytes">,
  plan: Plan,
): readonly string[] {
  const all = keyOf(run, results, source, resultText(plan, run.tag));
  return plan.products.map((_, at) => digestOf([all, at]));
}

/** The digest of what can be written as JSON. */
export const digestOf = (of: unknown): string =>
  createHash("sha256").update(JSON.stringify(of)).digest("hex");
