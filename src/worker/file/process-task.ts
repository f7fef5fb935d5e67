import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { getLogger } from "@logtape/logtape";
import type { EngineProgress } from "../../engine/engine.ts";
import type { Step } from "../../plan/plan.ts";
import { planTask } from "../../plan/plan-task.ts";
import type { Assignment } from "../../profile/profile.ts";
import { toTaskError } from "../../task/errors.ts";
import { makeUncopied } from "../make-uncopied.ts";
import { deliverProducts, prepareTargets } from "../output/deliver-targets.ts";
import { type Verified, verifyProducts } from "../output/verify-products.ts";
import type { Planned } from "../plan-source.ts";
import { delivering, ProgressTracker } from "../progress.ts";
import type { Run } from "../run.ts";
import { runPlan } from "../run-plan.ts";
import { openSource } from "../source/open-source.ts";
import type { SourceFile } from "../source/probe-source.ts";
import type { KeptEncodes } from "./kept-encodes.ts";
import { planFile } from "./plan-file.ts";

const log = getLogger(["pontus", "worker"]);

/** Where a run works, and where products wait that could not be delivered. */
export type Folders = { readonly folder: string; readonly kept: KeptEncodes };

/**
 * Carries out the run of a task: open, probe, plan, run, verify, deliver. Read top to bottom.
 *
 * What an earlier run has made and could not deliver is delivered without being made again. A target that fails is
 * recorded and does not stop the others.
 *
 * @param folders - the attempt's own work folder is made here and removed by the caller
 * @throws {TaskError} whatever stops the whole task, or the reason of the run's signal
 */
export async function processTask(run: Run, { folder, kept }: Folders): Promise<void> {
  const { task, signal } = run;
  await mkdir(folder, { recursive: true });
  try {
    const found = await kept.take(task.id, folder);
    // A target is touched only where there is something to be sent to it.
    const opened = found.length > 0 ? undefined : await openSource(task.sourceUrl, run, folder);
    const wanted = await prepareTargets(run);
    const missing = new Set([...wanted].filter((index) => !isAmong(found, index)));
    if (missing.size < wanted.size)
      log.info("Task {taskId} delivers what an earlier run has made", { taskId: task.id });

    const source =
      missing.size === 0 ? undefined : (opened ?? (await openSource(task.sourceUrl, run, folder)));
    const unmade = assignmentsFor(missing, run.assignments, found);
    const made = source ? await make(run, unmade, folder, source) : [];
    const products = [...found, ...made];
    await kept.note(task.id, folder, products);
    if (!source) run.onProgress(delivering(found[0]?.output.durationSeconds ?? 0));
    await deliverProducts(run, forTargets(products, wanted));
  } catch (error) {
    const { code } = toTaskError(signal.aborted ? signal.reason : error);
    // Of a lost lease another run is under way; what was cancelled is not wanted any more.
    if (code !== "lease_lost" && code !== "cancelled")
      await kept.keep(folder, (index) => task.targets[index]?.status !== "SUCCESS");
    throw error;
  }
  await kept.keep(folder, (index) => run.failures.has(index));
}

function planFor(
  { task, tag, targetUrls, engine, signal }: Run,
  assignments: readonly Assignment[],
  source: SourceFile,
): Promise<Planned> {
  const request = {
    assignments,
    tag,
    targetUrls,
    ...(task.clip && { clip: task.clip }),
  };
  return planFile(source, (known) => planTask(request, known, engine.capabilities), engine, signal);
}

/** Plans, runs and verifies what the assignments ask for. */
function make(
  run: Run,
  assignments: readonly Assignment[],
  folder: string,
  source: SourceFile,
): Promise<readonly Verified[]> {
  const { path } = source;
  return makeUncopied(source.media, {
    plan: (media) => planFor(run, assignments, { path, media }),
    make: (planned) => carryOut(planned, run, { folder, path }),
    discard: async ({ products }) => {
      for (const { entry } of products)
        await rm(join(folder, dirname(entry)), { recursive: true, force: true });
    },
  });
}

/** Runs a plan, and verifies what came of it. */
async function carryOut(
  { plan, media }: Planned,
  run: Run,
  { folder, path }: { readonly folder: string; readonly path: string },
): Promise<readonly Verified[]> {
  const { engine, signal, onLog } = run;
  run.onPlan(plan);
  await run.warn(plan.warnings);

  const tracker = new ProgressTracker(plan);
  const heard = {
    onStep: (step: Step) => tracker.begin(step),
    onProgress: (report: EngineProgress) => run.onProgress(tracker.update(report)),
    onLog,
  };
  const damage = await runPlan(plan, { engine, folder, inputPath: path, ...heard }, signal);
  const made = { folder, sourcePath: path, media, damage };
  const verified = await verifyProducts(plan, made, run);
  run.onProgress(tracker.delivering());
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
