import type { FieldError } from "../../task/errors.ts";
import type { VideoCodec } from "../codecs.ts";
import {
  type BurnInQlty,
  type BurnInWish,
  burnInFields,
  burnInWish,
  refuseBurnIn,
} from "./burn-in.ts";
import {
  type BesideColours,
  type ColourFields,
  type ColourWish,
  colourFields,
  colourWish,
  refuseColours,
} from "./colour.ts";
import {
  type BesideOptions,
  type EncoderOptionsQlty,
  type EncoderWishes,
  encoderWishes,
  refuseEncoderOptions,
  toEncoderOptionsQlty,
} from "./encoder-options.ts";
import {
  type PictureChanges,
  type PictureQlty,
  pictureChanges,
  refusePictureChanges,
  toPictureQlty,
} from "./picture.ts";
import {
  type BesideQuality,
  type QualityQlty,
  type QualityWishes,
  qualityWishes,
  refuseQuality,
  toQualityQlty,
} from "./quality.ts";

/** The fields of a parameter group that have a file of their own here. */
export type FieldsQlty = PictureQlty & QualityQlty & EncoderOptionsQlty & ColourFields & BurnInQlty;

/** What these fields ask of a video that is encoded. */
export type VideoWishes = PictureChanges & QualityWishes & EncoderWishes & ColourWish & BurnInWish;

/** Reads what the fields ask of a video that is encoded. @param faults - gets those that cannot be */
export const videoWishes = (
  qlty: FieldsQlty & BesideQuality & BesideOptions,
  codec: VideoCodec,
  faults: FieldError[],
): VideoWishes => ({
  ...pictureChanges(qlty, codec, faults),
  ...qualityWishes(qlty, codec, faults),
  ...encoderWishes(qlty, codec, faults),
  ...colourWish(qlty, codec, faults),
  ...burnInWish(qlty, faults),
});

/** Refuses the fields where no video is encoded. */
export function refuseVideoWishes(qlty: FieldsQlty & BesideColours, faults: FieldError[]): void {
  refusePictureChanges(qlty, faults);
  refuseQuality(qlty, faults);
  refuseEncoderOptions(qlty, faults);
  refuseColours(qlty, faults);
  refuseBurnIn(qlty, faults);
}

/** The same fields, as answers have them. */
export const toVideoWishesQlty = (wishes: VideoWishes) => ({
  ...toPictureQlty(wishes),
  ...toQualityQlty(wishes),
  ...toEncoderOptionsQlty(wishes),
  ...colourFields(wishes),
  ...burnInFields(wishes),
});
