import type { EngineProgress } from "../../engine/engine.ts";
import { onceLoaded } from "../../lib/once.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Run } from "../run.ts";
import type { FileLine } from "./file-line.ts";

const verifying = onceLoaded(() => import("../output/verify-products.ts"));

/** So long before an encode ends, what will probe its output is started: reports come every half second, and it does not wait long. */
const AHEAD_SECONDS_MAX = 1.5;
/** Starting it takes about as long: later there is nothing to win. The last report of a run comes at its very end. */
const AHEAD_SECONDS_MIN = 0.1;

/**
 * Has the probe of what a line makes prepared while its last step still runs, where the engine can. What is verified, and how, is the same.
 *
 * @param folder - absolute path of the work folder
 */
export function expectingOutput(
  { engine, atEnd }: Pick<Run, "engine" | "atEnd">,
  folder: string,
  { runStep }: Pick<FileLine, "runStep">,
): Required<Pick<FileLine, "begin" | "runStep">> {
  let plan: Plan | undefined;
  const expect = async (made: Plan): Promise<(() => Promise<void>) | undefined> => {
    const request = (await verifying()).expectedLook(made, folder);
    return request && engine.expectProbe?.(request);
  };
  return {
    begin: async (planned) => {
      plan = planned.plan;
    },
    runStep: (step, reports, own) => {
      let awaited = plan?.steps.at(-1) === step ? plan : undefined;
      const onProgress = (report: EngineProgress): void => {
        reports.onProgress(report);
        if (!awaited || !isNearEnd(report, awaited.durationSeconds)) return;
        // Without it the probe only takes longer.
        const expected = expect(awaited).catch(() => undefined);
        awaited = undefined;
        // It may be that it is still being prepared by then.
        atEnd(async () => (await expected)?.());
      };
      return runStep(step, { ...reports, onProgress }, own);
    },
  };
}

function isNearEnd({ outTimeSeconds, speed }: EngineProgress, seconds = 0): boolean {
  const left = speed > 0 ? (seconds - outTimeSeconds) / speed : 0;
  return left >= AHEAD_SECONDS_MIN && left <= AHEAD_SECONDS_MAX;
}
