import type { VideoEncode } from "../../profile/profile.ts";
import type { Capabilities } from "../plan.ts";

/** Which filters an encode needs beyond those of every encode, whatever the source, and what for. */
const filtersOf = ({ crop, deinterlace, denoise }: VideoEncode) => [
  ...(crop ? [{ filter: "crop", task: "crop the picture" }] : []),
  ...(deinterlace === "bob" ? [{ filter: "bwdif", task: "make a frame of each field" }] : []),
  ...(denoise ? [{ filter: "hqdn3d", task: "take noise from the picture" }] : []),
];

/** Why a change of the picture cannot be made here; undefined if it can. */
export function pictureFault(encode: VideoEncode, { filters }: Capabilities): string | undefined {
  const lost = filtersOf(encode).find(({ filter }) => !filters.includes(filter));
  return lost && `Cannot ${lost.task}: the engine has no filter ${lost.filter}`;
}
