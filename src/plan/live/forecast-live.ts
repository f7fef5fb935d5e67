import type { Forecast, ForecastOutput } from "../forecast.ts";
import type { LiveOutput, LivePlan } from "./live.ts";
import type { MaybeLive } from "./live-protocols.ts";

/** What is known of the targets of a live task. */
type LiveTargets = {
  /** All of them, in their order. */
  readonly targets: readonly MaybeLive[];
  /** What a file or a set at a target is made as. */
  readonly containerOf: (index: number) => string;
};

/**
 * Tells what a live plan will do: by one run, which goes on as long as its source does.
 *
 * @param args - of that run, as the engine composes them
 */
export const forecastLive = (
  { outputs, warnings }: LivePlan,
  args: readonly string[],
  targets: LiveTargets,
): Forecast => ({
  outputs: outputs.flatMap((output) => outputsOf(output, targets)),
  steps: [{ name: "live", args }],
  warnings,
});

/** A live target gets the container of its protocol, a recording that of its profile. */
function outputsOf(
  { video, audio, sent, recording }: LiveOutput,
  { targets, containerOf }: LiveTargets,
): readonly ForecastOutput[] {
  const byContainer = Map.groupBy(
    [
      ...sent.map(({ url, live }) => ({
        target: targets.findIndex((one) => one.url === url),
        container: live.container as string,
      })),
      ...(recording?.targets ?? []).map((target) => ({ target, container: containerOf(target) })),
    ],
    ({ container }) => container,
  );
  return [...byContainer].map(([container, group]) => ({
    targets: group.map(({ target }) => target),
    container,
    video,
    audio,
  }));
}
