import { deviceArgs } from "../args/hardware/hardware-video.ts";
import type { OutputDecision } from "../decide/output-decision.ts";
import type { Hardware } from "../device/hardware.ts";
import type { Step } from "../plan.ts";
import { type StepsInput, stepsOf } from "../steps.ts";

/**
 * The runs that make all products, as `stepsOf`. Those that a device has a part in know what they are in software, too.
 *
 * @param placed - the decisions once more, as `onHardware` has placed them
 */
export function stepsOn(
  hardware: Hardware | undefined,
  decisions: readonly OutputDecision[],
  placed: readonly OutputDecision[],
  input: StepsInput,
): readonly Step[] {
  const inSoftware = stepsOf(decisions, input);
  if (!hardware) return inSoftware;
  const names = Object.values(hardware.encoders).map(({ name }) => name);
  // Who encodes a picture has no part in which runs there are.
  const steps = stepsOf(placed, input);
  return inSoftware.map((step, at) => {
    const { args = [] } = steps[at] ?? {};
    // Each stream names its encoder once.
    const sessions = args.filter((arg) => names.includes(arg)).length;
    if (sessions === 0) return step;
    const { sliced: _, ...inOne } = step;
    return {
      ...inOne,
      ...(step.sliced && { whole: "a device encodes it" }),
      args: [...deviceArgs(hardware), ...args],
      hardware: { family: hardware.family, sessions, software: step.args },
    };
  });
}
