import type { Rendition } from "../../profile/profile.ts";
import { METRIC_FILTERS, metricOf } from "../encode/metrics.ts";
import type { Capabilities } from "../plan.ts";
import type { Impossibility } from "./impossibility.ts";

const unsupported = (message: string): Impossibility => ({
  code: "output_not_supported",
  message,
});

/** Whether an output is looked at once more when it is made: measured, or held against the size of the source. */
export const isJudged = ({ video }: Rendition): boolean =>
  typeof video === "object" &&
  (video.qualityTarget !== undefined ||
    video.measuresQuality === true ||
    video.skipsLarger === true);

/** Why what a rendition asks of its quality cannot be found out here; undefined if it can. */
export function qualityFault(
  rendition: Rendition,
  capabilities: Capabilities,
): Impossibility | undefined {
  const { video, protection } = rendition;
  if (typeof video !== "object" || !isJudged(rendition)) return undefined;
  if (capabilities.streamsOutput)
    return unsupported(
      "Cannot judge the quality of an output: it has left before it is whole, as nothing can be kept on this host",
    );
  const metric = metricOf(video, capabilities);
  if (!metric) return undefined;
  if (protection) return unsupported("Cannot measure the quality of an encrypted set");
  return capabilities.filters.includes(METRIC_FILTERS[metric])
    ? undefined
    : {
        code: "encoder_missing",
        message: `Cannot measure ${metric}: the engine has no filter ${METRIC_FILTERS[metric]}`,
      };
}
