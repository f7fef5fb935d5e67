import { getLogger } from "@logtape/logtape";
import type { RunRequest } from "../engine/engine.ts";
import type { Plan, Step } from "../plan/plan.ts";
import { differs, WrongCopy } from "../plan/verify/wrong-copy.ts";
import type { MediaInfo } from "../probe/media.ts";
import { addDamage, type Damage, NO_DAMAGE, worseDamage } from "../task/damage.ts";
import { type ErrorCode, TaskError } from "../task/errors.ts";
import type { RunWatch } from "../telemetry/telemetry.ts";
import type { Planned } from "./plan-source.ts";
import { ProgressTracker } from "./progress.ts";
import type { Run } from "./run.ts";

const log = getLogger(["pontus", "worker"]);

/** Where an engine reports to while it runs a step. */
export type StepReports = Pick<RunRequest, "onProgress" | "onLog"> & {
  readonly onDamage: (damage: Damage) => void;
};

/** The steps from a probed source to delivered targets, as one kind of task does them. `runLine` calls them in this order. */
export type Line<Made> = {
  /** Plans for what is known of the source. */
  readonly plan: (media: MediaInfo) => Promise<Planned>;
  /** Checks a plan before anything is done for it; absent if a line has nothing to check. @throws {WrongCopy} if it is known to be wrong */
  readonly check?: (planned: Planned) => Promise<void>;
  /** Prepares for the outputs of a plan, whose warnings are stored by then; absent if nothing has to be prepared. */
  readonly begin?: (planned: Planned) => Promise<void>;
  readonly runStep: (step: Step, reports: StepReports) => Promise<void>;
  /** Set if the outputs leave while they are made: then the task is in its phase `DELIVERING` while they are verified. */
  readonly isStreamed?: true;
  /**
   * Verifies what a plan has made.
   *
   * @param damage - what its runs said of damage in the source
   * @throws {WrongCopy} if a copy in it is wrong
   */
  readonly verify: (planned: Planned, damage: Damage) => Promise<Made>;
  /**
   * Uses what was made before of the same, or else makes it; absent if a line makes everything itself.
   *
   * @param make - runs the steps and verifies, by another plan of the same products if it is given one
   */
  readonly reuse?: (planned: Planned, make: (other?: Planned) => Promise<Made>) => Promise<Made>;
  readonly deliver: (made: Made) => Promise<void>;
  /** Removes what a plan has made, because another plan takes its place. */
  readonly discard: (plan: Plan) => Promise<void>;
};

/** Who is told of what a line does. */
export type RunnerReports = Pick<Run, "onPlan" | "onProgress" | "onLog" | "decide" | "warn"> &
  Partial<Pick<Run, "timed">>;

/**
 * Plans, runs the steps, verifies and delivers.
 *
 * If a copy turns out to be wrong, it makes everything once more by another plan: with an encode in its place if the profile allows
 * that, or with another way of copying. This ends because each plan is made for a source of which more is known.
 *
 * @throws {TaskError} what the steps of the line throw
 */
export async function runLine<Made>(
  reports: RunnerReports,
  media: MediaInfo,
  line: Line<Made>,
): Promise<void> {
  const made = await makeVerified(reports, media, line);
  await timedBy(reports)("deliver", () => line.deliver(made));
}

/** Where nobody watches, parts of a run are only done. */
const timedBy = ({ timed }: RunnerReports): RunWatch["timed"] => timed ?? ((_, work) => work());

async function makeVerified<Made>(
  reports: RunnerReports,
  media: MediaInfo,
  line: Line<Made>,
): Promise<Made> {
  const plan = (known: MediaInfo) => timedBy(reports)("plan", () => line.plan(known));
  let planned = await plan(media);
  for (;;) {
    try {
      return await carryOut(reports, planned, line);
    } catch (error) {
      if (!(error instanceof WrongCopy)) throw error;
      // Planning may read the whole source, for which uploads that are under way do not wait.
      if (line.isStreamed) await line.discard(planned.plan);
      const next = await plan(error.marked(planned.media));
      if (!differs(next.plan, planned.plan)) throw error;
      log.info("Cannot copy so, and plans anew: {detail}", { detail: error.message });
      reports.decide(`Plans anew, as a copy came out wrong: ${error.message}`);
      if (!line.isStreamed) await line.discard(planned.plan);
      planned = next;
    }
  }
}

async function carryOut<Made>(
  reports: RunnerReports,
  planned: Planned,
  line: Line<Made>,
): Promise<Made> {
  const { plan } = planned;
  await line.check?.(planned);
  reports.onPlan(plan, planned.media);
  await reports.warn(plan.warnings);
  await line.begin?.(planned);
  const timed = timedBy(reports);
  let tracker = new ProgressTracker(plan);
  const onDelivering = () => reports.onProgress(tracker.delivering());
  const make = async (by = planned) => {
    const own = new ProgressTracker(by.plan);
    tracker = own;
    const run = () => runSteps(by.plan, line, own, reports);
    const damage = await timed("transcode", run, { mediaSeconds: plan.durationSeconds });
    if (line.isStreamed) onDelivering();
    return timed("verify", () => line.verify(by, damage));
  };
  const made = await (line.reuse ? line.reuse(planned, make) : make());
  if (!line.isStreamed) onDelivering();
  return made;
}

/** @returns what the runs said of damage in the source: each step reads it anew, a sliced one in parts */
async function runSteps(
  { steps }: Plan,
  line: Pick<Line<unknown>, "runStep">,
  tracker: ProgressTracker,
  { onProgress, onLog }: RunnerReports,
): Promise<Damage> {
  let damage = NO_DAMAGE;
  for (const step of steps) {
    tracker.begin(step);
    let ofStep = NO_DAMAGE;
    let seconds = 0;
    const reports: StepReports = {
      onProgress: (report) => {
        seconds = report.outTimeSeconds;
        onProgress(tracker.update(report));
      },
      onLog,
      onDamage: (ofRun) => {
        ofStep = addDamage(ofStep, ofRun);
      },
    };
    await line.runStep(step, reports).catch((error: unknown) => {
      throw placed(error, seconds);
    });
    damage = worseDamage(damage, ofStep);
  }
  return damage;
}

/** Failures of a run of which it helps to know how far it was. */
const PLACED: readonly ErrorCode[] = [
  ...(["source_damaged", "encoder_stalled", "encoder_killed", "limit_reached", "unknown"] as const),
];

/** The error of a run with the time that its output had reached. */
const placed = (error: unknown, seconds: number): unknown =>
  error instanceof TaskError && PLACED.includes(error.code) && seconds > 0
    ? new TaskError(error.code, `${error.message}, at ${Math.round(seconds * 10) / 10} s`, {
        cause: error,
      })
    : error;
