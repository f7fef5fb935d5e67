import type { MediaInfo } from "../../probe/media.ts";
import { TaskError } from "../../task/errors.ts";
import type { Capabilities } from "../plan.ts";

/**
 * Whether this ffmpeg turns all frames as the first that says how, where it is told to keep its filters (7.1 on). Before, it turns none but
 * those that say so, and makes its filters anew at each, which loses frames.
 *
 * That cannot be asked for itself; the option to apply cropping came at the same time.
 */
const turnsSteadily = ({ options }: Capabilities): boolean => options.includes("apply_cropping");

/** How a source is opened whose frames say at times how they are to be turned. */
export const steadyInput = ({ video }: MediaInfo): readonly string[] =>
  video?.isTurnedAtTimes ? ["-reinit_filter", "0"] : [];

/** Refuses to decode what would be turned at times. @throws {TaskError} `input_not_supported` */
export function refuseUnsteady({ video }: MediaInfo, capabilities: Capabilities): void {
  if (video?.isTurnedAtTimes && !turnsSteadily(capabilities))
    throw new TaskError(
      "input_not_supported",
      "Cannot convert the source's picture: some of its frames say for all that they are turned, and this ffmpeg turns those alone",
    );
}
