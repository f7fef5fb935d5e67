import type { StreamedEngine } from "../../engine/engine.ts";
import type { Step } from "../../plan/plan.ts";
import { planTask } from "../../plan/plan-task.ts";
import { mayHoldHidden, refuseHiddenCopies } from "../../plan/verify/wrong-copy.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { Assignment } from "../../profile/profile.ts";
import { isDiskless, type SourceReader } from "../../storage/storage.ts";
import type { Damage } from "../../task/damage.ts";
import { TaskError } from "../../task/errors.ts";
import type { Output } from "../../task/task.ts";
import { type FurtherReader, readFurther } from "../further/open-further.ts";
import { CountedSource } from "../output/counted-source.ts";
import { keepTargets, prepareTargets } from "../output/deliver-targets.ts";
import { type Planned, planSource } from "../plan-source.ts";
import { fetching } from "../progress.ts";
import type { Run } from "../run.ts";
import { type Line, runLine, type StepReports } from "../runner.ts";
import { probeStreamed } from "../source/probe-source.ts";
import { allBytes } from "../source/source-bytes.ts";
import { withFirstCaptions } from "../source/source-captions.ts";
import { isGivenAsAudio } from "../source/trim-audio.ts";
import { NobodyLeft, type Outgoing, StreamedOutputs } from "./streamed-outputs.ts";
import { verifyStreamed } from "./verify-streamed.ts";

/**
 * Carries out the run of a task on a host where nothing may be written. The engine reads the source in place, and each target is
 * written while its bytes are made. Compare `processTask`.
 *
 * No output is kept, so none can be verified as a whole before it leaves. But the last byte of a file and the playlist of a set
 * leave only after everything else was verified. A target that fails does not stop the others.
 *
 * @throws {TaskError} whatever stops the whole task, or the reason of the run's signal
 */
export async function processStreamed(run: Run, engine: StreamedEngine): Promise<void> {
  run.onProgress(fetching({ doneBytes: 0 }));
  const opened = await openInPlace(run);
  try {
    const isAudio = isGivenAsAudio(run.task.sourceUrl);
    const { source, media } = await run.timed("fetch", () =>
      probeStreamed(opened, engine, run.signal, isAudio),
    );
    const further = await run.timed("fetch", () => readFurther(run));
    const wanted = await prepareTargets(run);
    if (wanted.size === 0) return;
    const kept = keepTargets(run.assignments, wanted);
    const line = new StreamedLine(run, engine, { source, further }, kept);
    await runLine(run, media, line).finally(() => line.discard());
  } catch (error) {
    // The failures of the targets say why.
    if (!(error instanceof NobodyLeft)) throw error;
  } finally {
    opened.close();
    await run.end();
  }
}

/** What is read in place: the source, and all that is read beside it. */
export type InPlace = {
  readonly source: SourceReader;
  readonly further: readonly FurtherReader[];
};

/** Opens the source of a run to read it in place. @throws {TaskError} `input_not_supported` if that cannot be; what opening throws */
export async function openInPlace({ task, storageOf, signal }: Run): Promise<SourceReader> {
  const storage = storageOf(task.sourceUrl, "source");
  if (!isDiskless(storage))
    throw new TaskError(
      "input_not_supported",
      "Cannot read the source: its storage needs a disk, and here is none",
    );
  return await storage.read(task.sourceUrl, signal);
}

/** Runs plans while their targets are written, verifies what has left, and publishes it. */
class StreamedLine implements Line<ReadonlyMap<Outgoing, Output>> {
  readonly isStreamed = true;
  readonly #outputs: StreamedOutputs;
  /** How far the encoder came in each file of the plan, in seconds, by its path. */
  readonly #ends = new Map<string, number>();

  constructor(
    private readonly run: Run,
    private readonly engine: StreamedEngine,
    private readonly inputs: InPlace,
    private readonly assignments: readonly Assignment[],
  ) {
    this.#outputs = new StreamedOutputs(run);
  }

  plan(media: MediaInfo): Promise<Planned> {
    return planStreamed(media, this.run, this.engine, this.inputs, this.assignments);
  }

  /** Refuses to copy what an edit list hides at the end: sent bytes cannot be taken back. */
  async check({ plan, media }: Planned): Promise<void> {
    if (mayHoldHidden(plan.products, media))
      refuseHiddenCopies(plan.products, await this.#look("last"));
  }

  /** Opens the targets. */
  async begin({ plan }: Planned): Promise<void> {
    this.#ends.clear();
    await this.#outputs.open(plan);
  }

  async runStep(step: Step, { onProgress, ...reports }: StepReports): Promise<void> {
    let last = 0;
    const { source, further } = this.inputs;
    const beside = Object.fromEntries(further.map((one) => [one.file, one.source]));
    const request = {
      ...{ step, source, sink: this.#outputs, ...reports },
      ...(further.length > 0 && { further: beside }),
      onProgress: (report: Parameters<typeof onProgress>[0]) => {
        last = report.outTimeSeconds;
        onProgress(report);
      },
    };
    await this.engine.run(request, this.run.signal);
    for (const path of step.writes) this.#ends.set(path, last);
  }

  async verify({ plan, media }: Planned, damage: Damage): Promise<ReadonlyMap<Outgoing, Output>> {
    const { run, engine } = this;
    const counted = new CountedSource(media, () => this.#look(true));
    await run.warn(await counted.judgeDamage(damage, plan.products));
    const verified = new Map<Outgoing, Output>();
    for (const outgoing of this.#outputs.products) {
      if (outgoing.writers.size === 0) continue;
      const end = this.#ends.get(outgoing.product.entry) ?? 0;
      const judge = () => verifyStreamed(outgoing, end, counted, engine, run);
      verified.set(outgoing, await counted.blaming(outgoing.product, judge));
    }
    return verified;
  }

  async deliver(verified: ReadonlyMap<Outgoing, Output>): Promise<void> {
    for (const [outgoing, output] of verified)
      await this.#outputs.publish(outgoing, (index) =>
        this.run.saveTarget(index, { status: "SUCCESS", output }),
      );
  }

  discard(): Promise<void> {
    return this.#outputs.discard();
  }

  /** Reads the packets of the source, all of them or only the last ones. */
  #look(packets: true | "last"): Promise<MediaInfo> {
    return lookAt(this.inputs.source, this.engine, this.run, packets);
  }
}

/** Plans for a source that is read in place. @throws {TaskError} what planning and looking throw */
export const planStreamed = (
  media: MediaInfo,
  run: Run,
  engine: StreamedEngine,
  { source, further }: InPlace,
  assignments: readonly Assignment[],
): Promise<Planned> => {
  const request = run.planRequest(assignments, further);
  return planSource(media, (known) => planTask(request, known, engine.capabilities), {
    bytes: () => allBytes(source, run.signal),
    packets: () => lookAt(source, engine, run, true),
    captions: (known) => withFirstCaptions(known, source),
  });
};

const lookAt = (
  source: SourceReader,
  engine: StreamedEngine,
  { signal }: Run,
  packets: true | "last",
): Promise<MediaInfo> =>
  engine.probe({ source, extension: source.extension, side: "source", packets }, signal);
