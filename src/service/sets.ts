import { containersOf, kindOf } from "../plan/live/places.ts";
import { factsOf } from "../profile/containers.ts";
import type { Assignment } from "../profile/profile.ts";
import type { Address } from "../storage/storage.ts";
import { refuseField } from "./addresses.ts";

/**
 * The keys of the folders that the segments of a task's sets will lie in, one entry a target: undefined if it gets no set.
 *
 * @param addresses - of the targets, in their order
 * @throws {TaskError} `invalid_parameter`: the name of a set does not fit, or a target lies in the folder of another's segments
 */
export function claimFolders(
  addresses: readonly Address[],
  assignments: readonly Assignment[],
): readonly (string | undefined)[] {
  const containers = containersOf(assignments);
  const pathOf = (index: number) => `targets[${index}].target_url`;
  const folders = addresses.map((address, index) => {
    const container = containers.get(index);
    if (!container || kindOf(address, container) !== "set") return undefined;
    const { extension } = factsOf(container);
    if (address.set?.extension !== extension)
      throw refuseField(
        pathOf(index),
        `an output in ${container} needs a name that ends in ".${extension}"`,
      );
    return address.set?.folderKey;
  });
  for (const [set, folder] of folders.entries()) {
    if (folder === undefined) continue;
    for (const [index, { key }] of addresses.entries())
      if (key === folder || key.startsWith(`${folder}/`))
        throw refuseField(pathOf(index), `the segments of targets[${set}] will lie there`);
  }
  return folders;
}
