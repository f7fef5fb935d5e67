import type { VideoCodec } from "../../profile/codecs.ts";
import { isAnimated, isImage, isPaletted } from "../../profile/container-rules.ts";
import { CONTAINERS, type Container, factsOf } from "../../profile/containers.ts";
import type { VideoEncode } from "../../profile/profile.ts";
import { MARK_FILTERS } from "../encode/overlay/watermark.ts";
import type { Capabilities } from "../plan.ts";

/** Which filters an encode needs beyond those of every encode, whatever the source, and what for. */
const filtersOf = ({
  crop,
  deinterlace,
  denoise,
  watermark,
  contactSheet,
  waveform,
}: VideoEncode) => [
  ...(waveform ? ["showwavespic", "amultiply", "pan", "overlay", "lutrgb"] : []).map((filter) => ({
    ...{ filter, task: "draw a waveform" },
  })),
  ...(contactSheet ? [{ filter: "tile", task: "make a contact sheet" }] : []),
  ...(crop ? [{ filter: "crop", task: "crop the picture" }] : []),
  ...(deinterlace === "bob" ? [{ filter: "bwdif", task: "make a frame of each field" }] : []),
  ...(denoise ? [{ filter: "hqdn3d", task: "take noise from the picture" }] : []),
  ...(watermark ? MARK_FILTERS : []).map((filter) => ({ filter, task: "draw the watermark" })),
];

/** Why a change of the picture cannot be made here; undefined if it can. */
export function pictureFault(encode: VideoEncode, { filters }: Capabilities): string | undefined {
  const lost = filtersOf(encode).find(({ filter }) => !filters.includes(filter));
  return lost && `Cannot ${lost.task}: the engine has no filter ${lost.filter}`;
}

const isPicture = (container: Container): boolean => isImage(container) || isAnimated(container);

/** The container that a codec is for alone; undefined if it is one of films. */
const onlyContainer = (codec: VideoCodec): Container | undefined =>
  CONTAINERS.find((container) => isPicture(container) && factsOf(container).videoDefault === codec);

/** Why a container and a codec do not go together as one of them is of pictures; undefined if that is no reason. */
export function pictureCodecFault(container: Container, codec: VideoCodec): string | undefined {
  const own = onlyContainer(codec);
  if (own === container) return undefined;
  if (isPicture(container)) return `Cannot put ${codec} into "${container}": it does not hold it`;
  return own && `Cannot make a film of ${codec} in "${container}": it is for "${own}" alone`;
}

/** Why a picture cannot be copied into a container; undefined if that is no reason. */
export function pictureCopyFault(container: Container): string | undefined {
  if (isImage(container))
    return `Cannot copy into "${container}": it holds one picture, which is encoded`;
  if (isPaletted(container))
    return `Cannot copy into "${container}": it is drawn from a palette of its own`;
  return isAnimated(container)
    ? `Cannot copy into "${container}": its pictures are made for it`
    : undefined;
}

/** Why a host that keeps nothing cannot make a container; undefined if it can. */
export function keptPictureFault(container: Container): string | undefined {
  if (isPaletted(container))
    return `Cannot make "${container}": its palette is kept between two runs, which this host cannot`;
  return factsOf(container).isSeeked
    ? `Cannot make "${container}": it is finished on a disk, and there is none here`
    : undefined;
}

/** What the engine lacks to draw from a palette; undefined if it lacks nothing. */
export function paletteLack(
  container: Container,
  { filters, encoders, muxers }: Capabilities,
): string | undefined {
  if (!isPaletted(container)) return undefined;
  const filter = ["palettegen", "paletteuse"].find((name) => !filters.includes(name));
  if (filter !== undefined) return `filter ${filter}`;
  if (!encoders.includes("png")) return "encoder png";
  return muxers.includes("image2") ? undefined : "muxer image2";
}
