import { toNumber } from "../../lib/rational.ts";
import type { VideoStream } from "../../probe/media.ts";
import { PAD_OFF } from "../../profile/fields/picture.ts";
import type { VideoEncode } from "../../profile/profile.ts";
import { TaskError } from "../../task/errors.ts";
import { areaOf, croppedTo } from "./changes.ts";

/** A size in pixels. */
export type Size = { readonly width: number; readonly height: number };

/** An output's picture: its size, and how the upright source is brought to it. */
export type Picture = Size & {
  /**
   * The size that it is scaled to or, if `isFitted`, a box that the filter fits it into in its own shape. Absent if it
   * has that size.
   */
  readonly scale?: Size & { readonly isFitted?: true };
  /** The rest of its size is filled up. */
  readonly isPadded?: true;
};

/** No encoder takes a longer side. */
const SIDE_MAX = 16_384;

const even = (pixels: number): number => Math.max(2, Math.round(pixels / 2) * 2);

/** The size of the upright picture, in the source's own pixels. */
export const uprightSize = ({ width, height, rotation }: VideoStream): Size =>
  rotation === 90 || rotation === 270 ? { width: height, height: width } : { width, height };

/** Whether the source's pixels are square. */
export const isSquare = ({ sampleAspect }: VideoStream): boolean =>
  sampleAspect.num === sampleAspect.den;

/** The size of the upright picture with square pixels: its height is kept, its width corrected. */
export function displaySize(source: VideoStream): Size {
  const { width, height } = uprightSize(source);
  const isTurned = source.rotation === 90 || source.rotation === 270;
  const aspect = toNumber(source.sampleAspect);
  return { width: isTurned ? width / aspect : width * aspect, height };
}

/**
 * The picture of an output of the part of a source that it shows, with even sides and square pixels: fitted into both sides and padded, or to one side with its
 * shape kept, or in the source's own size.
 *
 * @throws {TaskError} `output_not_supported` if keeping the shape leads to a side above 16384, and as `areaOf`
 */
export function outputPicture(encode: VideoEncode, whole: VideoStream): Picture {
  const { width, height } = encode;
  const source = croppedTo(whole, areaOf(encode, whole));
  const shape = displaySize(source);
  if (width !== undefined && height !== undefined) {
    if (encode.isShaped) return shaped({ width, height }, source);
    const made = fitted({ width: even(width), height: even(height) }, shape, source);
    return encode.pad === PAD_OFF ? shaped(insideOf(made, shape), source) : made;
  }
  return shaped(encodable(freeSize(encode, shape)), source);
}

/** The same size, if an encoder takes it. @throws {TaskError} `output_not_supported` */
export function encodable(size: Size): Size {
  const { width, height } = size;
  if (Math.max(width, height) <= SIDE_MAX) return size;
  throw new TaskError(
    "output_not_supported",
    `Cannot make a picture of ${width}x${height}: no side may exceed ${SIDE_MAX}`,
  );
}

/**
 * Whether an encode that is planned for a source suits pictures of any other size too: the filter fits them into a box by
 * itself.
 */
export const fitsAnySize = (
  { width, height, isShaped, pad, crop }: VideoEncode,
  source: VideoStream,
): boolean =>
  width !== undefined &&
  height !== undefined &&
  !isShaped &&
  pad !== PAD_OFF &&
  !crop &&
  isSquare(source);

/** A picture that is scaled to a size, unless the source has that size. */
function shaped(size: Size, source: VideoStream): Picture {
  const own = uprightSize(source);
  const isOwn = own.width === size.width && own.height === size.height;
  return isOwn ? size : { ...size, scale: size };
}

function freeSize({ width, height }: VideoEncode, shape: Size): Size {
  if (width !== undefined)
    return { width: even(width), height: even((even(width) * shape.height) / shape.width) };
  if (height !== undefined)
    return { width: even((even(height) * shape.width) / shape.height), height: even(height) };
  return { width: even(shape.width), height: even(shape.height) };
}

/** What a shape fills of a box, in even pixels. */
function insideOf({ width, height }: Size, shape: Size): Size {
  const factor = Math.min(width / shape.width, height / shape.height);
  return {
    width: Math.min(width, even(shape.width * factor)),
    height: Math.min(height, even(shape.height * factor)),
  };
}

/** How wide the source's picture is in an output's, without what is filled up around it. */
export function shownWidth(
  { width, scale }: Picture,
  encode: VideoEncode,
  whole: VideoStream,
): number {
  if (!scale?.isFitted) return scale?.width ?? width;
  return insideOf(scale, displaySize(croppedTo(whole, areaOf(encode, whole)))).width;
}

function fitted(box: Size, shape: Size, source: VideoStream): Picture {
  const { width, height } = box;
  const factor = Math.min(width / shape.width, height / shape.height);
  const inner = { width: shape.width * factor, height: shape.height * factor };
  // The scale filter fits by itself, but handles neither pixels that are not square nor pictures thinner than two pixels.
  const canFit = isSquare(source) && Math.min(inner.width, inner.height) >= 2;
  const scale = canFit ? { ...box, isFitted: true as const } : insideOf(box, shape);
  return { ...box, scale, isPadded: true };
}
