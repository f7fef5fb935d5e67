import type { EngineProgress, StreamedEngine } from "../../engine/engine.ts";
import type { Plan, Product } from "../../plan/plan.ts";
import { planTask } from "../../plan/plan-task.ts";
import { mayHoldHidden, refuseHiddenCopies } from "../../plan/verify/wrong-copy.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { Work } from "../../queue/queue.ts";
import { isDiskless, type SourceReader } from "../../storage/storage.ts";
import { type Damage, NO_DAMAGE, worseDamage } from "../../task/damage.ts";
import { TaskError } from "../../task/errors.ts";
import type { Output } from "../../task/task.ts";
import { makeUncopied } from "../make-uncopied.ts";
import { CountedSource } from "../output/counted-source.ts";
import {
  inOrder,
  keepTargets,
  prepareTargets,
  type TargetFailures,
} from "../output/deliver-targets.ts";
import { type Planned, planSource } from "../plan-source.ts";
import { fetching, ProgressTracker } from "../progress.ts";
import { type Line, tagOf } from "../run.ts";
import { probeStreamed } from "../source/probe-source.ts";
import { allBytes } from "../source/source-bytes.ts";
import { withFirstCaptions } from "../source/source-captions.ts";
import { isGivenAsSound } from "../source/trim-sound.ts";
import { NobodyLeft, type Outgoing, StreamedOutputs } from "./streamed-outputs.ts";
import { verifyStreamed } from "./verify-streamed.ts";

/**
 * Runs one claimed task on a host where nothing may be written: the source is read where it lies while the engine runs, and the
 * targets are written as their bytes are made. Read top to bottom, beside `processTask`.
 *
 * Nothing is kept, so nothing is verified whole before it leaves; but the last byte of a file, and the playlist of a set,
 * leave only after all else was judged. A target that fails does not stop the others.
 *
 * @returns the failures of single targets, in their order; none when everything was published
 * @throws {TaskError} whatever stops the whole task, or the reason of `signal`
 */
export async function processStreamed(
  work: Work,
  line: Line,
  engine: StreamedEngine,
  signal: AbortSignal,
): Promise<readonly TaskError[]> {
  const { task } = work;
  line.onProgress(fetching({ doneBytes: 0 }));
  const opened = await openSource(task.sourceUrl, line, signal);
  try {
    const isSound = isGivenAsSound(task.sourceUrl);
    const { source, media } = await probeStreamed(opened, engine, signal, isSound);

    const failures: TargetFailures = new Map();
    const wanted = await prepareTargets(work, line, failures, signal);
    if (wanted.size === 0) return inOrder(failures);

    const request = {
      assignments: keepTargets(work.assignments, wanted),
      tag: tagOf(work),
      targetUrls: task.targets.map(({ url }) => url),
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
      await carryOut(work, line, engine, { ...planned, source, look, failures }, signal);
    };
    await makeUncopied(media, { plan, make, discard: async () => {} });
    return inOrder(failures);
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
  readonly failures: TargetFailures;
};

/** Runs a plan while its targets are written, judges what has left, and publishes it. */
async function carryOut(
  work: Work,
  line: Line,
  engine: StreamedEngine,
  { plan, media, source, look, failures }: Carried,
  signal: AbortSignal,
): Promise<void> {
  line.onPlan(plan);
  await line.warn(plan.warnings);
  const outputs = await StreamedOutputs.open(work, line, plan, failures, signal);
  try {
    const run = { plan, source, outputs };
    const tracker = new ProgressTracker(plan);
    const { ends, damage } = await runSteps(run, line, engine, tracker, signal);

    line.onProgress(tracker.delivering());
    const ports = { engine, warn: line.warn };
    const counted = new CountedSource(media, () => look(true));
    await line.warn(await counted.judgeDamage(damage, plan.products));
    const verified = new Map<Outgoing, Output>();
    for (const outgoing of outputs.products) {
      if (outgoing.writers.size === 0) continue;
      const end = ends.get(outgoing.product) ?? 0;
      const judge = () => verifyStreamed(outgoing, end, counted, ports, signal);
      verified.set(outgoing, await counted.blaming(outgoing.product, judge));
    }
    for (const [outgoing, output] of verified) {
      const published = (index: number) =>
        line.store.saveTarget(work.claim, index, { status: "SUCCESS", output });
      await outputs.publish(outgoing, published);
    }
  } catch (error) {
    // The failures of the targets tell why.
    if (!(error instanceof NobodyLeft)) throw error;
  } finally {
    await outputs.discard();
  }
}

async function openSource(url: string, line: Line, signal: AbortSignal): Promise<SourceReader> {
  const storage = line.storageOf(url, "source");
  if (!isDiskless(storage))
    throw new TaskError(
      "input_not_supported",
      "Cannot read the source: its storage needs a disk, and here is none",
    );
  return await storage.read(url, signal);
}

/** Runs all steps of a plan; gives where the encoder ended in each product, and what was said of damage in the source. */
async function runSteps(
  { plan, source, outputs }: StreamedPlan,
  line: Line,
  engine: StreamedEngine,
  tracker: ProgressTracker,
  signal: AbortSignal,
): Promise<{ readonly ends: ReadonlyMap<Product, number>; readonly damage: Damage }> {
  const ends = new Map<Product, number>();
  let damage = NO_DAMAGE;
  for (const step of plan.steps) {
    tracker.begin(step);
    let last = 0;
    const onProgress = (report: EngineProgress) => {
      last = report.outTimeSeconds;
      line.onProgress(tracker.update(report));
    };
    const onDamage = (ofStep: Damage) => {
      damage = worseDamage(damage, ofStep);
    };
    const { onLog } = line;
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
