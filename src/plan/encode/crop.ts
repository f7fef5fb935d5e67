import type { Crop } from "../../probe/crop.ts";
import type { VideoStream } from "../../probe/media.ts";
import type { Filter } from "./filters.ts";

/** What a picture loses at its sides, seen as it lies now. */
type Turn = (crop: Crop) => Crop;

const flipped: Turn = ({ left, right, top, bottom }) => ({ left, right, top: bottom, bottom: top });
const transposed: Turn = ({ left, right, top, bottom }) => ({
  left: top,
  right: bottom,
  top: left,
  bottom: right,
});

/** By how far the picture is turned clockwise: what ffmpeg does with it, also with one in a mirror. */
const TURNS: Readonly<Record<VideoStream["rotation"], { plain: Turn; mirrored: Turn }>> = {
  0: { plain: (crop) => crop, mirrored: flipped },
  90: { plain: (crop) => mirroredOf(transposed(crop)), mirrored: transposed },
  180: { plain: (crop) => mirroredOf(flipped(crop)), mirrored: (crop) => mirroredOf(crop) },
  270: {
    plain: (crop) => flipped(transposed(crop)),
    mirrored: (crop) => mirroredOf(flipped(transposed(crop))),
  },
};

const mirroredOf: Turn = ({ left, right, top, bottom }) => ({
  left: right,
  right: left,
  top,
  bottom,
});

/** The filter that cuts off what the container does, where the engine does not. The picture comes in upright: ffmpeg turns it before. */
export function cropFilters(source: VideoStream): readonly Filter[] {
  if (!source.crop) return [];
  const { rotation, isMirrored } = source;
  const turn = TURNS[rotation][isMirrored ? "mirrored" : "plain"];
  const { left, right, top, bottom } = turn(onGrid(source.crop, source));
  return [{ name: "crop", values: [`iw-${left + right}`, `ih-${top + bottom}`, left, top] }];
}

/**
 * The filter's own edges lie on even pixels, where those of the colours of most pictures do: it keeps an even number of pixels, from an
 * even one on. Of a turned picture they would be other ones than ffmpeg cuts off, which does it before the turn.
 */
function onGrid(crop: Crop, { width, height, rotation, isMirrored }: VideoStream): Crop {
  if (rotation === 0 && !isMirrored) return crop;
  const [left, right] = evenEdges(crop.left, width, crop.right);
  const [top, bottom] = evenEdges(crop.top, height, crop.bottom);
  return { left, right, top, bottom };
}

function evenEdges(before: number, kept: number, after: number): [number, number] {
  const from = before - (before % 2);
  return [from, before + kept + after - from - (kept - (kept % 2))];
}
