import type { Engine, RunRequest } from "../engine/engine.ts";
import type { Plan, Step } from "../plan/plan.ts";
import { addDamage, type Damage, NO_DAMAGE, worseDamage } from "../task/damage.ts";

/** Where a plan is carried out, and who hears of it. */
type RunPlace = Pick<RunRequest, "folder" | "inputPath" | "onProgress" | "onLog"> & {
  readonly engine: Pick<Engine, "run">;
  readonly onStep: (step: Step) => void;
};

/**
 * Runs the steps of a plan, one after the other.
 *
 * @returns what they said of damage in the source: each reads it anew, a sliced one in parts
 * @throws {TaskError} what a run threw
 */
export async function runPlan(
  { steps }: Plan,
  { engine, onStep, ...place }: RunPlace,
  signal: AbortSignal,
): Promise<Damage> {
  let damage = NO_DAMAGE;
  for (const step of steps) {
    onStep(step);
    let ofStep = NO_DAMAGE;
    const onDamage = (ofRun: Damage): void => {
      ofStep = addDamage(ofStep, ofRun);
    };
    await engine.run({ step, ...place, onDamage }, signal);
    damage = worseDamage(damage, ofStep);
  }
  return damage;
}
