import type { MediaInfo } from "../../probe/media.ts";
import { TaskError } from "../../task/errors.ts";
import type { Capabilities } from "../plan.ts";

/**
 * Whether this ffmpeg, if it keeps its filters, turns all frames as the first frame that states a turn (7.1 on). Older
 * ones turn only the frames that state it, and make their filters anew at each of these, which loses frames.
 *
 * ffmpeg does not tell that itself; the option to apply cropping came at the same time.
 */
const turnsSteadily = ({ options }: Capabilities): boolean => options.includes("apply_cropping");

/** The input options for a source of which only some frames state how they are turned. */
export const steadyInput = ({ video }: MediaInfo): readonly string[] =>
  video?.isTurnedAtTimes ? ["-reinit_filter", "0"] : [];

/**
 * Refuses to decode a source of which this ffmpeg would turn only some frames.
 *
 * @throws {TaskError} `input_not_supported`
 */
export function refuseUnsteady({ video }: MediaInfo, capabilities: Capabilities): void {
  if (video?.isTurnedAtTimes && !turnsSteadily(capabilities))
    throw new TaskError(
      "input_not_supported",
      "Cannot convert the source's picture: some of its frames say for all that they are turned, and this ffmpeg turns those alone",
    );
}
