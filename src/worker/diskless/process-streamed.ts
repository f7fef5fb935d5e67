import type { EngineProgress, StreamedEngine } from "../../engine/engine.ts";
import type { Plan, Product } from "../../plan/plan.ts";
import { planTask } from "../../plan/plan-task.ts";
import { mayHoldHidden, refuseHiddenCopies } from "../../plan/verify/wrong-copy.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { isDiskless, type SourceReader } from "../../storage/storage.ts";
import { type Damage, NO_DAMAGE, worseDamage } from "../../task/damage.ts";
import { TaskError } from "../../task/errors.ts";
import type { Output } from "../../task/task.ts";
import { makeUncopied } from "../make-uncopied.ts";
import { CountedSource } from "../output/counted-source.ts";
import { keepTargets, prepareTargets } from "../output/deliver-targets.ts";
import { type Planned, planSource } from "../plan-source.ts";
import { fetching, ProgressTracker } from "../progress.ts";
import type { Run } from "../run.ts";
import { probeStreamed } from "../source/probe-source.ts";
import { allBytes } from "../source/source-bytes.ts";
import { withFirstCaptions } from "../source/source-captions.ts";
import { isGivenAsSound } from "../source/trim-sound.ts";
import { NobodyLeft, type Outgoing, StreamedOutputs } from "./streamed-outputs.ts";
import { verifyStreamed } from "./verify-streamed.ts";

/**
 * Carries out the run of a task on a host where nothing may be written: the source is read where it lies while the engine runs, and the
 * targets are written as their bytes are made. Read top to bottom, beside `processTask`.
 *
 * Nothing is kept, so nothing is verified whole before it leaves; but the last byte of a file, and the playlist of a set,
 * leave only after all else was judged. A target that fails does not stop the others.
 *
 * @throws {TaskError} whatever stops the whole task, or the reason of the run's signal
 */
export async function processStreamed(run: Run, engine: StreamedEngine): Promise<void> {
  const { task, tag, targetUrls, signal } = run;
  run.onProgress(fetching({ doneBytes: 0 }));
  const opened = await openSource(run);
  try {
    const isSound = isGivenAsSound(task.sourceUrl);
    const { source, media } = await probeStreamed(opened, engine, signal, isSound);

    const wanted = await prepareTargets(run);
    if (wanted.size === 0) return;

    const request = {
      assignments: keepTargets(run.assignments, wanted),
      tag,
      targetUrls,
      ...(task.clip && { clip: task.clip }),
    };
    const { extension } = source;
    const look: PacketLook = (packets) =>
      engine.probe({ source, extension, side: "source", packets }, signal);
    const plan = (known: MediaInfo): Promise<Planned> =>
      planSource(known, (held) => planTask(request, held, engine.capabilities), {
        bytes: () => allBytes(source, signal),
        packets: () => look(true),
        captions: (held) => withFirstCaptions(held, source),
      });
    const make = async (planned: Planned): Promise<void> => {
      await refuseHiddenEnd(planned, look);
      await carryOut(run, engine, { ...planned, source, look });
    };
    await makeUncopied(media, { plan, make, discard: async () => {} });
  } finally {
    opened.close();
  }
}

/** Refuses to copy what an edit list hides at the end: what has left cannot be taken back. @throws {TaskError} a `WrongCopy` */
async function refuseHiddenEnd({ plan, media }: Planned, look: PacketLook): Promise<void> {
  if (!mayHoldHidden(plan.products, media)) return;
  refuseHiddenCopies(plan.products, await look("last"));
}

/** Reads the packets of the source; or the last of them alone. */
type PacketLook = (packets: true | "last") => Promise<MediaInfo>;

/** A plan with what it is carried out on. */
type Carried = Planned & {
  readonly source: SourceReader;
  readonly look: PacketLook;
};

/** Runs a plan while its targets are written, judges what has left, and publishes it. */
async function carryOut(
  run: Run,
  engine: StreamedEngine,
  { plan, media, source, look }: Carried,
): Promise<void> {
  run.onPlan(plan);
  await run.warn(plan.warnings);
  const outputs = await StreamedOutputs.open(run, plan);
  try {
    const tracker = new ProgressTracker(plan);
    const { ends, damage } = await runSteps(run, engine, { plan, source, outputs }, tracker);

    run.onProgress(tracker.delivering());
    const counted = new CountedSource(media, () => look(true));
    await run.warn(await counted.judgeDamage(damage, plan.products));
    const verified = new Map<Outgoing, Output>();
    for (const outgoing of outputs.products) {
      if (outgoing.writers.size === 0) continue;
      const end = ends.get(outgoing.product) ?? 0;
      const judge = () => verifyStreamed(outgoing, end, counted, engine, run);
      verified.set(outgoing, await counted.blaming(outgoing.product, judge));
    }
    for (const [outgoing, output] of verified) {
      const published = (index: number) => run.saveTarget(index, { status: "SUCCESS", output });
      await outputs.publish(outgoing, published);
    }
  } catch (error) {
    // The failures of the targets tell why.
    if (!(error instanceof NobodyLeft)) throw error;
  } finally {
    await outputs.discard();
  }
}

async function openSource({ task, storageOf, signal }: Run): Promise<SourceReader> {
  const storage = storageOf(task.sourceUrl, "source");
  if (!isDiskless(storage))
    throw new TaskError(
      "input_not_supported",
      "Cannot read the source: its storage needs a disk, and here is none",
    );
  return await storage.read(task.sourceUrl, signal);
}

/** Runs all steps of a plan; gives where the encoder ended in each product, and what was said of damage in the source. */
async function runSteps(
  run: Run,
  engine: StreamedEngine,
  { plan, source, outputs }: StreamedPlan,
  tracker: ProgressTracker,
): Promise<{ readonly ends: ReadonlyMap<Product, number>; readonly damage: Damage }> {
  const ends = new Map<Product, number>();
  let damage = NO_DAMAGE;
  for (const step of plan.steps) {
    tracker.begin(step);
    let last = 0;
    const onProgress = (report: EngineProgress) => {
      last = report.outTimeSeconds;
      run.onProgress(tracker.update(report));
    };
    const onDamage = (ofStep: Damage) => {
      damage = worseDamage(damage, ofStep);
    };
    const { onLog, signal } = run;
    await engine.run({ step, source, sink: outputs, onProgress, onLog, onDamage }, signal);
    for (const product of plan.products)
      if (step.writes.includes(product.entry)) ends.set(product, last);
  }
  return { ends, damage };
}

type StreamedPlan = {
  readonly plan: Plan;
  readonly source: SourceReader;
  readonly outputs: StreamedOutputs;
};
