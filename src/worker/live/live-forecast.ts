import type { LiveArgsRequest, LiveEngine } from "../../engine/engine.ts";
import type { Forecast } from "../../plan/forecast.ts";
import { forecastLive } from "../../plan/live/forecast-live.ts";
import { containersOf } from "../../plan/live/places.ts";
import type { Run } from "../run.ts";

/** What a run of a live plan will do. */
export async function liveForecast(
  { assignments, places }: Pick<Run, "assignments" | "places">,
  live: LiveEngine,
  request: LiveArgsRequest,
): Promise<Forecast> {
  const containers = containersOf(assignments);
  const containerOf = (index: number) => containers.get(index) ?? "";
  const { targets } = places;
  return forecastLive(request.plan, await live.argsOf(request), { targets, containerOf });
}
