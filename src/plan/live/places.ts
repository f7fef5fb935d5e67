import { isSet } from "../../profile/container-rules.ts";
import type { Container } from "../../profile/containers.ts";
import type { Assignment } from "../../profile/profile.ts";
import { liveProtocolOf, type MaybeLive } from "./live-protocols.ts";

/** What is at an address: one file, a set of files that a playlist or manifest lists, or a live stream. */
export type Kind = "file" | "set" | "live";

/** An address with what is there. */
export type Place = MaybeLive & { readonly kind: Kind };

/** The places that a task reads and writes; the targets in their order. */
export type Places = { readonly source: Place; readonly targets: readonly Place[] };

/** The container that each target gets, by the index of the target. */
export function containersOf(assignments: readonly Assignment[]): ReadonlyMap<number, Container> {
  const containers = new Map<number, Container>();
  for (const { rendition, targets } of assignments)
    for (const target of targets) containers.set(target, rendition.container);
  return containers;
}

/** The kind of a target. A live target gets what its protocol carries, whatever container is asked for. */
export function kindOf({ live }: MaybeLive, container: Container | undefined): Kind {
  if (live) return "live";
  return container !== undefined && isSet(container) ? "set" : "file";
}

/** Resolves the addresses of a task that were judged when it was created. */
export function placesOf(
  sourceUrl: string,
  targetUrls: readonly string[],
  assignments: readonly Assignment[],
): Places {
  const containers = containersOf(assignments);
  const placeOf = (url: string, container?: Container): Place => {
    const live = liveProtocolOf(url);
    const address = { url, ...(live && { live }) };
    return { ...address, kind: kindOf(address, container) };
  };
  return {
    source: placeOf(sourceUrl),
    targets: targetUrls.map((url, at) => placeOf(url, containers.get(at))),
  };
}

/** Whether a task is live: its source, or one of its targets, is a live stream. */
export const isAnyLive = ({
  source,
  targets,
}: {
  readonly source: MaybeLive;
  readonly targets: readonly MaybeLive[];
}): boolean => [source, ...targets].some(({ live }) => live !== undefined);
