import { createHash } from "node:crypto";
import type { Failure } from "../task/task.ts";
import { SLICES_SCHEMA } from "./queries.ts";
import type { MadePart, PartProgress, PartRun, PartState, StepKey } from "./slices.ts";
import { readName, storedName } from "./slices.ts";

/** How often a part is given to another after a failure; then whoever runs the task makes it. */
export const RETRIES_MAX = 3;

/** What an entry holds. */
export type Entry = { readonly index: number; readonly generation: number; readonly run: PartRun };

/** How an entry stands. */
export type Row = {
  readonly id: string;
  readonly state: "created" | "retry" | "active" | "completed" | "cancelled" | "failed";
  readonly retry_count: number;
  readonly index: number;
  readonly generation: number;
  readonly output: unknown;
  readonly progress: PartProgress | null;
};

/** The queue of a step. */
export const queueOf = ({ taskId, digest }: StepKey): string => `${taskId}_${digest}`;

/** The same part has the same id, so that it is offered once; one that is made anew has another. */
export function idOf(key: StepKey, index: number, generation: number): string {
  const hex = createHash("sha256")
    .update(`${queueOf(key)}_${index}_${generation}`)
    .digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** How many entries a command changed, which the type of its answer leaves out. */
export const affectedOf = (answer: object): number =>
  "affected" in answer && typeof answer.affected === "number" ? answer.affected : 0;

/** Which run of a part it is. */
export const tokenOf = (generation: number, retryCount: number): string =>
  `${generation}.${retryCount}`;

/** pg-boss's own call for this gives whole entries, arguments and all, and asks for one id or key. */
export const PARTS = `select distinct on (index) entry.id, entry.state, entry.retry_count, entry.output, run.progress,
    (entry.data->>'index')::int as index, (entry.data->>'generation')::int as generation,
    jsonb_array_length(entry.data->'run'->'writes') as writes,
    coalesce(jsonb_array_length(entry.data->'run'->'reads'), 0) as reads
  from ${SLICES_SCHEMA}.job_common as entry
  left join slice_runs as run on run.task_id = $2 and run.digest = $3 and run.part = (entry.data->>'index')::int
  where entry.name = $1 order by index, generation desc`;

/** How a part stands, by its entry. */
export function stateOf({
  index,
  generation,
  state,
  retry_count,
  output,
  progress,
}: Row): PartState {
  const own = { index, token: tokenOf(generation, retry_count) };
  if (state === "completed") return { ...own, state: "made", made: output as MadePart };
  if (state === "active") return { ...own, state: "running", ...(progress && { progress }) };
  if (state === "failed" || state === "cancelled")
    return { ...own, state: "failed", failure: failureIn(output) };
  return { ...own, state: "waiting" };
}

/** pg-boss's own failures are of workers that died, or took too long. */
const failureIn = (output: unknown): Failure =>
  (output as { readonly failure?: Failure } | null)?.failure ?? {
    code: "worker_lost",
    detail: "Cannot go on: the workers that made a slice died",
  };

/** All that workers may have stored of parts: nobody knows whether one that died had. */
export function namesOf(
  key: StepKey,
  rows: readonly (Row & { readonly writes?: number; readonly reads?: number })[],
): readonly string[] {
  const read = rows.flatMap(({ index, reads = 0 }) =>
    Array.from({ length: reads }, (_, at) => readName(key, index, at)),
  );
  const made = rows.flatMap(({ index, generation, retry_count, state, writes = 1 }) => {
    const isUntouched = state === "created" && generation === 0;
    const generations = isUntouched ? [] : Array.from({ length: generation + 1 }, (_, at) => at);
    return generations.flatMap((each) => {
      const last = each === generation ? retry_count : RETRIES_MAX;
      return Array.from({ length: last + 1 }, (_, retry) => tokenOf(each, retry)).flatMap((token) =>
        Array.from({ length: writes }, (_, at) => storedName(key, index, token, at)),
      );
    });
  });
  return [...read, ...made];
}
