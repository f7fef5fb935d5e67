import { aboutInput, type FurtherInput, furtherFault } from "../plan/further.ts";
import { isAnyLive } from "../plan/live/places.ts";
import { burnsIn } from "../plan/subtitles/burn-in.ts";
import { renditionsOf } from "../profile/assign.ts";
import type { Assignment } from "../profile/profile.ts";
import { TaskError } from "../task/errors.ts";
import type { Extras } from "../task/task.ts";
import { type AddressJudge, judgeAddress, refuseField } from "./addresses.ts";
import type { Addresses } from "./assign.ts";

/**
 * Judges the addresses that a task reads beside its source, as that of the source is judged.
 *
 * @throws {TaskError} as `judgeAddress`, each about its field; `invalid_parameter` for a live task, or an address that is also a target
 */
export async function judgeFurther(
  judges: readonly AddressJudge[],
  inputs: readonly FurtherInput[],
  addresses: Addresses,
): Promise<void> {
  const fault = furtherFault(inputs);
  if (fault !== undefined) throw refuseField("profile_name", fault);
  for (const input of inputs) {
    const { url, path, name } = input;
    if (isAnyLive(addresses))
      throw refuseField(path, "a live task reads nothing beside its source");
    const { key, live } = await judgeAddress(judges, "source", url, path, (error) =>
      aboutInput(error, input),
    );
    if (live) {
      const message = `Cannot read ${name}: a live stream is read as the source alone`;
      throw new TaskError("input_not_supported", message, { fields: [{ path, message }] });
    }
    if (addresses.targets.some((target) => target.key === key))
      throw refuseField(path, `a target is ${name} itself`);
  }
}

/**
 * Refuses files of subtitles where nothing is made of them.
 *
 * @throws {TaskError} `invalid_parameter`
 */
export function refuseUnusedSubtitles(
  { subtitles }: Extras,
  assignments: readonly Assignment[],
): void {
  if (!subtitles || renditionsOf(assignments).some((one) => one.subtitles || burnsIn(one))) return;
  throw refuseField(
    "subtitles",
    "no profile of the task takes subtitles: there is neither subtitle_tracks nor burn_in in any",
  );
}
