import { containersNamed } from "../../profile/container-rules.ts";
import type { Written } from "../../profile/containers.ts";
import type { Warning } from "../../task/warnings.ts";
import type { PlannedOutput } from "../plan.ts";

/** Extensions of media that no container here is written with. */
const OTHER_MEDIA = ["mpg", "mpeg", "avi", "wmv", "aac", "wav", "flac", "png"];

/** What follows the last dot of the last part of an address's path, in lower case. */
function extensionOf(url: string): string | undefined {
  const [path = ""] = url.split(/[?#]/, 1);
  return /\.([a-z0-9]+)$/i.exec(path.slice(path.lastIndexOf("/") + 1))?.[1]?.toLowerCase();
}

/** The containers that people expect of an extension; undefined if it says nothing of media. */
function promisedBy(extension: string): readonly Written[] | undefined {
  const named = containersNamed(extension);
  return named.length > 0 || OTHER_MEDIA.includes(extension) ? named : undefined;
}

/**
 * Warns of targets whose names have the extension of another container than the one they get. The profile decides what is
 * written, but players and servers go by the name.
 *
 * @param urls - of all the task's targets, in their order
 */
export function nameWarnings(
  products: readonly Pick<PlannedOutput, "container" | "targets">[],
  urls: readonly string[],
): readonly Warning[] {
  return products.flatMap(({ container, targets }) =>
    targets.flatMap((index): readonly Warning[] => {
      const extension = extensionOf(urls[index] ?? "");
      const promised = extension === undefined ? undefined : promisedBy(extension);
      if (!promised || promised.includes(container)) return [];
      const message = `The name of target ${index} ends in ".${extension}", and what is written there is "${container}", as the profile says`;
      return [{ code: "target_name", message }];
    }),
  );
}
