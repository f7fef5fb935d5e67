import type { Crop } from "../../probe/crop.ts";
import type { VideoStream } from "../../probe/media.ts";
import type { Filter } from "./filters.ts";

/** Turns a crop with its picture: the sides as they are after the turn. */
type Turn = (crop: Crop) => Crop;

const flipped: Turn = ({ left, right, top, bottom }) => ({ left, right, top: bottom, bottom: top });
const transposed: Turn = ({ left, right, top, bottom }) => ({
  left: top,
  right: bottom,
  top: left,
  bottom: right,
});

/** What ffmpeg does with a picture, by degrees of its turn clockwise, and whether it is also mirrored. */
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

/**
 * The filter that crops as the container says, if the engine does not. The picture is upright by then, because ffmpeg
 * turns it first.
 */
export function cropFilters(source: VideoStream): readonly Filter[] {
  if (!source.crop) return [];
  const { rotation, isMirrored } = source;
  const turn = TURNS[rotation][isMirrored ? "mirrored" : "plain"];
  const { left, right, top, bottom } = turn(onGrid(source.crop, source));
  return [{ name: "crop", values: [`iw-${left + right}`, `ih-${top + bottom}`, left, top] }];
}

/**
 * The edges of a crop on even pixels. ffmpeg's filter keeps an even number of pixels from an even one on, as the colours
 * of most pictures need it. In a turned picture these would not be the pixels that ffmpeg itself keeps when it crops,
 * which it does before the turn. So those edges are rounded here, before the turn.
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
