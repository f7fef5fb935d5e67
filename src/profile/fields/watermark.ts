import { maskCredentials } from "../../lib/mask.ts";

/** Where a watermark stands in the picture. */
export const WATERMARK_PLACES = [
  ...(["top_left", "top", "top_right", "left", "center", "right"] as const),
  ...(["bottom_left", "bottom", "bottom_right"] as const),
] as const;

/** One of `WATERMARK_PLACES`. */
export type WatermarkPlace = (typeof WATERMARK_PLACES)[number];

/** How wide a watermark is by itself, as a share of the picture. */
export const WATERMARK_WIDTH = 0.15;
/** How far it is from the edges by itself, as a share of the picture's width. */
export const WATERMARK_MARGIN = 0.02;

/** A picture that is laid over another. */
export type Watermark = {
  /** An address as of a source. */
  readonly imageUrl: string;
  readonly place: WatermarkPlace;
  /** A share of the picture's width; its height keeps its shape. */
  readonly width: number;
  /** How far it is from the edges that it stands at: a share of the picture's width. */
  readonly margin: number;
  /** Of its own opacity: 1 is all of it. */
  readonly opacity: number;
};

/** `watermark` of a parameter group. */
export type WatermarkFields = {
  readonly image_url: string;
  readonly place: WatermarkPlace;
  readonly width: number;
  readonly margin: number;
  readonly opacity: number;
};

/** `watermark` of a parameter group, as it is kept. */
export const watermarkOf = ({ image_url, ...rest }: WatermarkFields): Watermark => ({
  imageUrl: image_url,
  ...rest,
});

/** As an answer has it: credentials in its address are masked. */
export const watermarkFields = ({ imageUrl, ...rest }: Watermark): WatermarkFields => ({
  image_url: maskCredentials(imageUrl),
  ...rest,
});
