import { type Metric, QUALITY_MAX } from "../profile/fields/quality.ts";
import type { Assignment, Rendition } from "../profile/profile.ts";
import type { MeasuredOutput } from "./measuring/measuring.ts";
import type { PlannedOutput } from "./plan.ts";

/** So many decibels better is a film for each step of quality, roughly and with every codec (`bun run bench --only quality`). */
const DECIBELS_PER_STEP: Readonly<Record<Metric, number>> = { ssim: 0.2, xpsnr: 0.27, vmaf: 0.2 };
/** An encode is not repeated once more, so it is better to ask for a little too much than for too little. */
const MARGIN = 1.25;

/** A value of a metric in decibels: how far it is from an equal picture. */
function decibelsOf(metric: Metric, value: number): number {
  if (metric === "xpsnr") return value;
  const lost = 1 - (metric === "vmaf" ? value / 100 : value);
  return -10 * Math.log10(Math.max(lost, Number.EPSILON));
}

/** The quality to encode with once more, if one came to `value` and should come to `min`; undefined if it is as high as can be. */
export function raisedQuality(
  metric: Metric,
  { quality, value, min }: Readonly<Record<"quality" | "value" | "min", number>>,
): number | undefined {
  const lacking = decibelsOf(metric, min) - decibelsOf(metric, value);
  const steps = Math.max(1, Math.ceil((lacking / DECIBELS_PER_STEP[metric]) * MARGIN));
  const raised = Math.min(QUALITY_MAX, quality + steps);
  return raised > quality ? raised : undefined;
}

/** One whose quality is raised: of a set, that of one of its streams. */
export type Raised = Pick<MeasuredOutput, "track"> & { readonly from: number; readonly to: number };

/** The same assignment with higher qualities. */
export function raisedAssignment(
  { rendition, set, ...rest }: Assignment,
  product: Pick<PlannedOutput, "set">,
  raises: readonly Raised[],
): Assignment {
  if (!set) return { ...rest, rendition: raised(rendition, raises[0]) };
  const pairs = product.set?.renditions ?? [];
  const renditions = set.renditions.map((one, at) =>
    raised(
      one,
      // Equal streams are made once, and only then is it not known which is whose.
      pairs.length === set.renditions.length
        ? raises.find(({ track }) => track === pairs[at]?.video)
        : raises.find(({ from }) => isOf(one, from)),
    ),
  );
  return { ...rest, rendition: renditions[0] ?? rendition, set: { ...set, renditions } };
}

const isOf = ({ video }: Rendition, quality: number): boolean =>
  typeof video === "object" && video.quality === quality;

const raised = (rendition: Rendition, raise: Raised | undefined): Rendition =>
  raise && typeof rendition.video === "object"
    ? { ...rendition, video: { ...rendition.video, quality: raise.to } }
    : rendition;
