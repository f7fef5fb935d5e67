import type { Metric, QualityWishes } from "../../profile/fields/quality.ts";
import type { Capabilities } from "../plan.ts";
import type { FilterName } from "./filters.ts";

/** What ffmpeg calls the filter of each metric. */
export const METRIC_FILTERS: Readonly<Record<Metric, FilterName>> = {
  ssim: "ssim",
  xpsnr: "xpsnr",
  vmaf: "libvmaf",
};

/** The metric that is measured of a video; undefined if none is. Where none is asked for by name, it is the best that the engine has. */
export function metricOf(
  { qualityTarget, measuresQuality }: QualityWishes,
  { filters }: Pick<Capabilities, "filters">,
): Metric | undefined {
  if (qualityTarget) return qualityTarget.metric;
  if (!measuresQuality) return undefined;
  return filters.includes(METRIC_FILTERS.vmaf) ? "vmaf" : "ssim";
}
