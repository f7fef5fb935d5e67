import { mkdir } from "node:fs/promises";
import { planTask } from "../plan/plan-task.ts";
import type { Work } from "../queue/queue.ts";
import type { TaskError } from "../task/errors.ts";
import { deliverProducts, inOrder, keepTargets, prepareTargets } from "./deliver-targets.ts";
import { type Line, tagOf } from "./line.ts";
import { fetching, ProgressTracker } from "./progress.ts";
import { verifyProducts } from "./verify-products.ts";

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
  await deliverProducts(work, line, verified, failures, signal);
  return inOrder(failures);
}
