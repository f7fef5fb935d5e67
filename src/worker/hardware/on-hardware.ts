import type { Engine, RunRequest } from "../../engine/engine.ts";
import type { Capabilities } from "../../plan/plan.ts";
import type { Damage } from "../../task/damage.ts";
import { type ErrorCode, type TaskError, toTaskError } from "../../task/errors.ts";
import type { Run } from "../run.ts";

/** Failures that the same run in software would come to as well, as they have nothing to do with who encodes. */
const SHARED: readonly ErrorCode[] = [
  ...(["source_missing", "source_unreachable", "source_hangs", "picture_too_large"] as const),
  ...(["scratch_full", "host_failing", "target_unwritable", "limit_reached"] as const),
];

/**
 * What is planned with: what the engine can do, and its device. A task of which a run has failed stays in software, as the device may be
 * why.
 *
 * @throws the signal's reason
 */
export async function capabilitiesOf({
  engine,
  failedRuns,
  signal,
}: Pick<Run, "engine" | "failedRuns" | "signal">): Promise<Capabilities> {
  const hardware = failedRuns > 0 ? undefined : await engine.hardware?.found(signal);
  return hardware ? { ...engine.capabilities, hardware } : engine.capabilities;
}

/** What a step on a device needs of its run. */
type HardwareRun = Pick<Run, "engine" | "warn" | "decide">;

/**
 * Runs a step, on the device if it is planned for one. If the device has too few sessions left, or fails, it is run in software.
 *
 * @throws {TaskError} as `Engine.run` does
 */
export async function runStepOn(
  { engine, warn, decide }: HardwareRun,
  request: RunRequest,
  signal: AbortSignal,
): Promise<void> {
  const { hardware, ...step } = request.step;
  if (!hardware) return engine.run(request, signal);
  const { family, sessions } = hardware;
  const software = { ...request, step: { ...step, args: hardware.software } };
  const use = engine.hardware?.take(sessions);
  if (!use) {
    decide(`Encodes in software: ${family} has fewer than ${sessions} sessions free`);
    return engine.run(software, signal);
  }
  let failure: TaskError | undefined;
  try {
    failure = await tried(engine, request, signal);
    if (!failure) use.worked();
  } finally {
    use.end();
  }
  if (!failure) return;
  decide(`Encodes once more, in software: ${family} failed: ${failure.message}`);
  await engine.run(software, signal);
  // Only now it is known that the source is not to blame.
  use.failed(failure.message);
  await warn([
    {
      code: "hardware_failed",
      message: `The hardware encoder (${family}) failed, and the software took its place: ${failure.message}`,
    },
  ]);
}

/** Runs a step on the device. @returns why it failed, if that may be because of the device @throws {TaskError} any other failure */
async function tried(
  engine: Engine,
  request: RunRequest,
  signal: AbortSignal,
): Promise<TaskError | undefined> {
  const damages: Damage[] = [];
  try {
    // What a run that is done once more says of its source would count twice.
    await engine.run({ ...request, onDamage: (damage) => damages.push(damage) }, signal);
  } catch (error) {
    const failure = toTaskError(error);
    if (signal.aborted || SHARED.includes(failure.code)) throw error;
    return failure;
  }
  for (const damage of damages) request.onDamage?.(damage);
  return undefined;
}
