import { renditionsOf } from "../../profile/assign.ts";
import { isSet, isToldIn } from "../../profile/container-rules.ts";
import type { Assignment, Rendition } from "../../profile/profile.ts";
import type { Capabilities } from "../plan.ts";
import type { MaybeLive } from "./live-protocols.ts";
import { isAnyLive } from "./places.ts";

/** A task whose sets are to be published while they are made. */
type Asked = {
  readonly assignments: readonly Assignment[];
  readonly source: MaybeLive;
  readonly targets: readonly MaybeLive[];
};

/** Why the sets of a task cannot be published while they are made; undefined if they can. */
export function growingFault(asked: Asked, capabilities: Capabilities): string | undefined {
  const { assignments } = asked;
  if (isAnyLive(asked)) return "sets of a live task always grow";
  if (capabilities.streamsOutput) return "outputs are not kept on a disk on this host";
  if (capabilities.engine === "wasm")
    return "the engine of WebAssembly gives its files away when they are finished";
  const files = assignments.filter(({ rendition }) => !isSet(rendition.container));
  const single = files.flatMap(({ targets }) => targets).toSorted((a, b) => a - b)[0];
  if (single !== undefined)
    return `targets[${single}] is a single file: sets alone, of HLS, can be seen while they are made`;
  return renditionsOf(assignments)
    .map(renditionFault)
    .find((fault) => fault !== undefined);
}

function renditionFault({ container, protection, video }: Rendition): string | undefined {
  if (!isToldIn(container, "hls"))
    return `sets of ${container} cannot be seen while they are made: those of HLS, m3u8 and cmaf, can`;
  if (protection) return "encryption comes after verification, when the set is whole";
  if (typeof video !== "object") return undefined;
  if (video.qualityTarget)
    return "quality_target may encode once more, which cannot be taken back once it was seen";
  if (video.skipsLarger) return "skip_if_larger may replace what was seen already";
  return undefined;
}
