import { toNumber } from "../../lib/rational.ts";
import { isAnimated } from "../../profile/container-rules.ts";
import { TaskError } from "../../task/errors.ts";
import type { Clip } from "../../task/task.ts";
import type { OutputDecision } from "../decide/output-decision.ts";

/** The most pixels of all pictures of a short film for pages: 3 minutes of 640x360 at 15 a second, some 100 MB. */
const ANIMATION_PIXELS_MAX = 640 * 360 * 15 * 180;

/**
 * Refuses short films that would become larger than anyone loads.
 *
 * @throws {TaskError} `output_not_supported`
 */
export function refuseLongAnimations(
  decisions: readonly OutputDecision[],
  clip: Clip | undefined,
): void {
  for (const { product, video } of decisions) {
    if (!video || !isAnimated(product.container)) continue;
    const { durationSeconds: seconds = clip?.durationSeconds } = product.expect;
    const { container } = product;
    if (seconds === undefined)
      throw new TaskError(
        "output_not_supported",
        `Cannot make the "${container}": it is not known how long it gets; a clip with a duration says it`,
      );
    const pixels = video.width * video.height * toNumber(video.rate) * seconds;
    if (pixels > ANIMATION_PIXELS_MAX)
      throw new TaskError(
        "output_not_supported",
        `Cannot make the "${container}": its pictures would have ${Math.round(pixels / 1e6)} million pixels in all, and it may have ${Math.floor(ANIMATION_PIXELS_MAX / 1e6)}; a clip, a smaller size or a lower frame rate make it smaller`,
      );
  }
}
