import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Engine } from "../engine/engine.ts";
import type { Plan, Product } from "../plan/plan.ts";
import { planTask } from "../plan/plan-task.ts";
import { judgeOutput } from "../plan/verify.ts";
import type { MediaInfo } from "../probe/media.ts";
import type { Assignment } from "../profile/profile.ts";
import type { Work } from "../queue/queue.ts";
import type { Parcel, Storage } from "../storage/storage.ts";
import type { TaskStore } from "../store/store.ts";
import { type TaskError, toTaskError } from "../task/errors.ts";
import type { Output, Progress } from "../task/task.ts";
import { describeOutput } from "./describe-output.ts";
import { fetching, ProgressTracker } from "./progress.ts";

/** What the line needs of the rest of the system. */
export type Line = {
  readonly engine: Engine;
  readonly store: TaskStore;
  readonly storageOf: (url: string, side: "source" | "target") => Storage;
  readonly onProgress: (progress: Progress) => void;
  readonly onPlan: (plan: Plan) => void;
  readonly onLog: (line: string) => void;
};

/** A product that was verified: where it lies, and what it is. */
type Verified = { readonly product: Product; readonly parcel: Parcel; readonly output: Output };

/**
 * Runs one claimed task: open, probe, plan, run, verify, deliver. Read top to bottom.
 *
 * A target that fails is recorded and does not stop the others.
 *
 * @param folder - the attempt's own work folder; made here, removed by the caller
 * @returns the failures of single targets, in their order; none when everything was delivered
 * @throws {TaskError} whatever stops the whole task, or the reason of `signal`
 */
export async function processTask(
  work: Work,
  line: Line,
  folder: string,
  signal: AbortSignal,
): Promise<readonly TaskError[]> {
  const { task } = work;
  const { engine } = line;
  await mkdir(folder, { recursive: true });

  line.onProgress(fetching({ doneBytes: 0 }));
  const source = await line.storageOf(task.sourceUrl, "source").open(task.sourceUrl, {
    folder,
    signal,
    onProgress: (fetched) => line.onProgress(fetching(fetched)),
  });
  const media = await engine.probe({ path: source.path, side: "source" }, signal);

  const failures = new Map<number, TaskError>();
  const wanted = await prepareTargets(work, line, failures, signal);
  if (wanted.size === 0) return inOrder(failures);

  const plan = planTask(
    {
      assignments: keepTargets(work.assignments, wanted),
      tag: tagOf(work),
      ...(task.clip && { clip: task.clip }),
    },
    media,
    engine.capabilities,
  );
  line.onPlan(plan);

  const tracker = new ProgressTracker(plan);
  for (const step of plan.steps) {
    tracker.begin(step);
    await engine.run(
      {
        step,
        folder,
        inputPath: source.path,
        onProgress: (report) => line.onProgress(tracker.update(report)),
        onLog: line.onLog,
      },
      signal,
    );
  }

  const verified = await verifyProducts(
    plan,
    { folder, sourcePath: source.path, media },
    line,
    signal,
  );

  line.onProgress(tracker.delivering());
  const deliveries = verified.flatMap((item) =>
    item.product.targets.map((index) => deliverTarget(work, line, item, index, failures, signal)),
  );
  // Every delivery ends, or is ended by the signal, before the task does: nothing is published afterwards.
  const settled = await Promise.allSettled(deliveries);
  for (const result of settled) if (result.status === "rejected") throw result.reason;
  return inOrder(failures);
}

/** Names temporary files and segments; no two attempts of any task have the same one. */
const tagOf = ({ task, claim }: Work): string => `${task.id.slice(-12)}-${claim.attempt}`;

const inOrder = (failures: ReadonlyMap<number, TaskError>): readonly TaskError[] =>
  [...failures].sort(([a], [b]) => a - b).map(([, failure]) => failure);

/** Finds out before the encode which targets can be written. Those delivered by an earlier run are left alone. */
async function prepareTargets(
  { task, claim }: Work,
  line: Line,
  failures: Map<number, TaskError>,
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  const wanted = new Set<number>();
  const prepared = task.targets.map(async (target, index) => {
    if (target.status === "SUCCESS") return;
    try {
      await line.storageOf(target.url, "target").prepare(target.url, signal);
      wanted.add(index);
      await line.store.saveTarget(claim, index, { status: "RUNNING" });
    } catch (error) {
      wanted.delete(index);
      await recordFailure(line, claim, index, error, failures, signal);
    }
  });
  for (const result of await Promise.allSettled(prepared))
    if (result.status === "rejected") throw result.reason;
  return wanted;
}

/** Assignments for the wanted targets alone; one that feeds none of them is not encoded. */
const keepTargets = (
  assignments: readonly Assignment[],
  wanted: ReadonlySet<number>,
): readonly Assignment[] =>
  assignments
    .map(({ rendition, targets }) => ({ rendition, targets: targets.filter((i) => wanted.has(i)) }))
    .filter(({ targets }) => targets.length > 0);

/** Exit code 0 is no proof: every product is probed and compared with what was planned. */
async function verifyProducts(
  plan: Plan,
  source: { readonly folder: string; readonly sourcePath: string; readonly media: MediaInfo },
  { engine }: Line,
  signal: AbortSignal,
): Promise<readonly Verified[]> {
  const isCopied = ({ expect }: Product) =>
    expect.video?.sameAsSource === true || expect.audio?.sameAsSource === true;
  const media = plan.products.some(isCopied)
    ? await engine.probe({ path: source.sourcePath, side: "source", packets: true }, signal)
    : source.media;
  const verified: Verified[] = [];
  for (const product of plan.products) {
    const path = join(source.folder, product.entry);
    const made = await engine.probe({ path, side: "output", packets: isCopied(product) }, signal);
    judgeOutput(product.expect, made, media);
    const segments = product.segments && join(source.folder, product.segments);
    const sizeBytes = await sizeOf(path, segments);
    verified.push({
      product,
      parcel: { entry: path, ...(segments !== undefined && { segments }) },
      output: describeOutput(product, made, sizeBytes),
    });
  }
  return verified;
}

async function sizeOf(entry: string, segments: string | undefined): Promise<number> {
  const names = segments === undefined ? [] : await readdir(segments);
  const paths = [entry, ...names.map((name) => join(segments ?? "", name))];
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function deliverTarget(
  work: Work,
  line: Line,
  { parcel, output }: Verified,
  index: number,
  failures: Map<number, TaskError>,
  signal: AbortSignal,
): Promise<void> {
  const url = work.task.targets[index]?.url ?? "";
  try {
    const mayPublish = async () => {
      signal.throwIfAborted();
      await line.store.mayPublish(work.claim);
    };
    const options = { tag: tagOf(work), mayPublish, signal };
    await line.storageOf(url, "target").deliver(parcel, url, options);
    await line.store.saveTarget(work.claim, index, { status: "SUCCESS", output });
  } catch (error) {
    await recordFailure(line, work.claim, index, error, failures, signal);
  }
}

/** Records a target's own failure; what concerns the whole task (lost lease, cancel, deadline) goes up instead. */
async function recordFailure(
  line: Line,
  claim: Work["claim"],
  index: number,
  error: unknown,
  failures: Map<number, TaskError>,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const failure = toTaskError(error);
  if (failure.code === "lease_lost" || failure.code === "cancelled") throw failure;
  failures.set(index, failure);
  await line.store.saveTarget(claim, index, {
    status: "FAILED",
    failure: { code: failure.code, detail: failure.message },
  });
}
