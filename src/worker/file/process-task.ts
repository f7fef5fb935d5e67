import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { getLogger } from "@logtape/logtape";
import type { EngineProgress } from "../../engine/engine.ts";
import type { Step } from "../../plan/plan.ts";
import { planTask } from "../../plan/plan-task.ts";
import type { Assignment } from "../../profile/profile.ts";
import type { Work } from "../../queue/queue.ts";
import { type TaskError, toTaskError } from "../../task/errors.ts";
import { makeUncopied } from "../make-uncopied.ts";
import {
  deliverProducts,
  inOrder,
  prepareTargets,
  type TargetFailures,
} from "../output/deliver-targets.ts";
import { type Verified, verifyProducts } from "../output/verify-products.ts";
import type { Planned } from "../plan-source.ts";
import { delivering, ProgressTracker } from "../progress.ts";
import { type Line, tagOf } from "../run.ts";
import { runPlan } from "../run-plan.ts";
import { openSource } from "../source/open-source.ts";
import type { SourceFile } from "../source/probe-source.ts";
import type { KeptEncodes } from "./kept-encodes.ts";
import { planFile } from "./plan-file.ts";

const log = getLogger(["pontus", "worker"]);

/** Where a run works, and where products wait that could not be delivered. */
export type Folders = { readonly folder: string; readonly kept: KeptEncodes };

/**
 * Runs one claimed task: open, probe, plan, run, verify, deliver. Read top to bottom.
 *
 * What an earlier run has made and could not deliver is delivered without being made again. A target that fails is
 * recorded and does not stop the others.
 *
 * @param folders - the attempt's own work folder is made here and removed by the caller
 * @returns the failures of single targets, in their order; none when everything was delivered
 * @throws {TaskError} whatever stops the whole task, or the reason of `signal`
 */
export async function processTask(
  work: Work,
  line: Line,
  { folder, kept }: Folders,
  signal: AbortSignal,
): Promise<readonly TaskError[]> {
  const { task } = work;
  await mkdir(folder, { recursive: true });
  const failures: TargetFailures = new Map();
  const opening = { folder, signal };
  try {
    const found = await kept.take(task.id, folder);
    // A target is touched only where there is something to be sent to it.
    const opened = found.length > 0 ? undefined : await openSource(task.sourceUrl, line, opening);
    const wanted = await prepareTargets(work, line, failures, signal);
    const missing = new Set([...wanted].filter((index) => !isAmong(found, index)));
    if (missing.size < wanted.size)
      log.info("Task {taskId} delivers what an earlier run has made", { taskId: task.id });

    const source =
      missing.size === 0
        ? undefined
        : (opened ?? (await openSource(task.sourceUrl, line, opening)));
    const unmade = assignmentsFor(missing, work.assignments, found);
    const made = source
      ? await make({ ...work, assignments: unmade }, line, { folder, source }, signal)
      : [];
    const products = [...found, ...made];
    await kept.note(task.id, folder, products);
    if (!source) line.onProgress(delivering(found[0]?.output.durationSeconds ?? 0));
    await deliverProducts(work, line, forTargets(products, wanted), failures, signal);
  } catch (error) {
    const { code } = toTaskError(signal.aborted ? signal.reason : error);
    // Of a lost lease another run is under way; what was cancelled is not wanted any more.
    if (code !== "lease_lost" && code !== "cancelled")
      await kept.keep(folder, (index) => task.targets[index]?.status !== "SUCCESS");
    throw error;
  }
  await kept.keep(folder, (index) => failures.has(index));
  return inOrder(failures);
}

function planFor(
  work: Work,
  { engine }: Line,
  source: SourceFile,
  signal: AbortSignal,
): Promise<Planned> {
  const { task, assignments } = work;
  const request = {
    assignments,
    tag: tagOf(work),
    targetUrls: task.targets.map(({ url }) => url),
    ...(task.clip && { clip: task.clip }),
  };
  return planFile(source, (known) => planTask(request, known, engine.capabilities), engine, signal);
}

/** Plans, runs and verifies what the assignments ask for. */
function make(
  work: Work,
  line: Line,
  { folder, source }: { readonly folder: string; readonly source: SourceFile },
  signal: AbortSignal,
): Promise<readonly Verified[]> {
  const { path } = source;
  return makeUncopied(source.media, {
    plan: (media) => planFor(work, line, { path, media }, signal),
    make: (planned) => carryOut(planned, line, { folder, path }, signal),
    discard: async ({ products }) => {
      for (const { entry } of products)
        await rm(join(folder, dirname(entry)), { recursive: true, force: true });
    },
  });
}

/** Runs a plan, and verifies what came of it. */
async function carryOut(
  { plan, media }: Planned,
  line: Line,
  { folder, path }: { readonly folder: string; readonly path: string },
  signal: AbortSignal,
): Promise<readonly Verified[]> {
  const { engine } = line;
  line.onPlan(plan);
  await line.warn(plan.warnings);

  const tracker = new ProgressTracker(plan);
  const heard = {
    onStep: (step: Step) => tracker.begin(step),
    onProgress: (report: EngineProgress) => line.onProgress(tracker.update(report)),
    onLog: line.onLog,
  };
  const damage = await runPlan(plan, { engine, folder, inputPath: path, ...heard }, signal);
  const made = { folder, sourcePath: path, media, damage };
  const verified = await verifyProducts(plan, made, line, signal);
  line.onProgress(tracker.delivering());
  return verified;
}

const isAmong = (products: readonly Verified[], index: number): boolean =>
  products.some(({ targets }) => targets.includes(index));

/**
 * What has to be made for the missing targets. A target that cannot be written now keeps its share of what is made for
 * others, so that a retry can send it; one that nobody else shares with is not encoded for it.
 */
const assignmentsFor = (
  missing: ReadonlySet<number>,
  assignments: readonly Assignment[],
  found: readonly Verified[],
): readonly Assignment[] =>
  assignments
    .map((one) => ({ ...one, targets: one.targets.filter((index) => !isAmong(found, index)) }))
    .filter(({ targets }) => targets.some((index) => missing.has(index)));

/** Products for the wanted targets alone. */
const forTargets = (
  products: readonly Verified[],
  wanted: ReadonlySet<number>,
): readonly Verified[] =>
  products.map((product) => ({
    ...product,
    targets: product.targets.filter((index) => wanted.has(index)),
  }));
