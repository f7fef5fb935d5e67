import type { FieldError } from "../../task/errors.ts";

/** The fields of a parameter group that draw subtitles into its picture. */
export type BurnInQlty = {
  /** A language, or a place among the tracks as `subtitle_tracks` counts them. */
  readonly burn_in?: string | number | undefined;
};

/** Subtitles of a source, or of a file beside it, that are drawn into a picture. */
export type FoundSubtitles = {
  /** The source's stream; absent if it is a file beside the source. */
  readonly index?: number;
  /** The name of that file in the work folder. */
  readonly side?: string;
  /** Others are pictures themselves. */
  readonly isText: boolean;
};

/** Which subtitles are drawn into a picture. */
export type BurnInWish = {
  readonly burnIn?: string | number;
  /** Those that were found for it: never of a profile, only of one for a source that is known. */
  readonly drawn?: FoundSubtitles;
};

/** What else of a group it depends on. */
type Beside = {
  readonly measure_quality?: boolean | undefined;
  readonly quality_target?: object | undefined;
  readonly skip_if_larger?: boolean | undefined;
  readonly dynamic_range?: string | undefined;
  readonly contact_sheet?: object | undefined;
  readonly waveform?: object | undefined;
};

/** Reads what is drawn into a picture that is encoded. @param faults - gets the fields that cannot go with it */
export function burnInWish(qlty: BurnInQlty & Beside, faults: FieldError[]): BurnInWish {
  const { burn_in: burnIn } = qlty;
  if (burnIn === undefined) return {};
  for (const path of ["measure_quality", "quality_target", "skip_if_larger"] as const)
    if (qlty[path])
      faults.push({ path, message: "cannot go with burn_in: the source's picture is without it" });
  for (const path of ["contact_sheet", "waveform"] as const)
    if (qlty[path]) faults.push({ path: "burn_in", message: `cannot go with ${path}` });
  if (qlty.dynamic_range === "source")
    faults.push({
      path: "burn_in",
      message: "cannot go with dynamic_range source: subtitles have the standard range",
    });
  return { burnIn };
}

/** Refuses the field where no video is encoded. */
export function refuseBurnIn({ burn_in }: BurnInQlty, faults: FieldError[]): void {
  if (burn_in !== undefined)
    faults.push({
      path: "burn_in",
      message: "is for video that is encoded: format is copy or none",
    });
}

/** Writes it as the field of an answer. */
export const burnInFields = ({ burnIn }: BurnInWish): BurnInQlty =>
  burnIn === undefined ? {} : { burn_in: burnIn };
