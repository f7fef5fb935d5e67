import { HDR_TRANSFERS } from "../../../probe/first-frame.ts";
import type { VideoStream } from "../../../probe/media.ts";
import type { Filter } from "../filters.ts";

/** Whether a source has a high dynamic range (PQ or HLG), which has to be mapped to the standard one for 8 bits. */
export const isHdr = ({ color }: VideoStream): boolean =>
  HDR_TRANSFERS.includes(color.transfer ?? "");

/** The filters that remove data from the frames which is not true of the output; encoders of ffmpeg 7 on would pass it on. */
function untruths(source: VideoStream): readonly Filter[] {
  if (isHdr(source) || source.hasHdrData)
    return [{ name: "sidedata", options: { mode: "delete" } }];
  return source.isOneView
    ? [{ name: "sidedata", options: { mode: "delete", type: "STEREO3D" } }]
    : [];
}

/**
 * The filters that make a source's picture one of a standard range, for one eye; none if it is that already. Data about
 * the light of an HDR display is removed last, because the mapping uses it.
 */
export const sdrFilters = (source: VideoStream): readonly Filter[] => [
  ...(isHdr(source) ? toneMapping(source) : []),
  ...untruths(source),
];

/** The filters that `sdrFilters` needs beyond the common ones. */
export const sdrFiltersNeeded = (source: VideoStream): readonly string[] => [
  ...(isHdr(source) ? ["zscale", "tonemap"] : []),
  ...(untruths(source).length > 0 ? ["sidedata"] : []),
];

const PRIMARIES = ["bt709", "bt2020", "smpte431", "smpte432"];
const MATRICES = ["bt709", "bt2020nc", "bt2020c"];

/**
 * Maps HDR to SDR. What the source does not state is taken as BT.2020, because zscale converts nothing that it does not
 * know.
 *
 * @see https://ffmpeg.org/ffmpeg-filters.html#tonemap-1 for linear light in floats
 */
function toneMapping({ color }: VideoStream): readonly Filter[] {
  const known = (names: readonly string[], name: string | undefined, otherwise: string) =>
    name !== undefined && names.includes(name) ? name : otherwise;
  const said = {
    color_primaries: known(PRIMARIES, color.primaries, "bt2020"),
    color_trc: String(color.transfer),
    colorspace: known(MATRICES, color.space, "bt2020nc"),
    range: known(["tv", "pc"], color.range, "tv"),
  };
  return [
    { name: "setparams", options: said },
    { name: "zscale", options: { t: "linear", npl: 100 } },
    { name: "format", values: ["gbrpf32le"] },
    { name: "zscale", options: { p: "bt709" } },
    { name: "tonemap", options: { tonemap: "hable", desat: 0 } },
    { name: "zscale", options: { t: "bt709", m: "bt709", r: "tv" } },
  ];
}
