import type { FieldError } from "../../task/errors.ts";
import { isPageCodec, type VideoCodec } from "../codecs.ts";

/**
 * Values of `closed_captions`: captions stay in the pictures, are left out, become texts beside the pictures in place of those in them,
 * or both.
 */
export const CLOSED_CAPTIONS = ["keep", "drop", "extract", "keep_and_extract"] as const;

/** How a channel of CEA-608 or a service of CEA-708 is called, as HLS does (`INSTREAM-ID`). */
export const CHANNEL_NAME = /^(?:CC[1-4]|SERVICE(?:[1-9]|[1-5]\d|6[0-3]))$/;

/** Languages (ISO 639 or BCP 47) by the names of channels. */
export type CaptionLanguages = Readonly<Record<string, string>>;

/** The fields of a parameter group that are about captions. */
export type CaptionFields = {
  readonly closed_captions?: (typeof CLOSED_CAPTIONS)[number] | undefined;
  readonly caption_languages?: CaptionLanguages | undefined;
};

/** What becomes of the captions in a source's pictures. */
export type CaptionChoice = {
  /** Whether the pictures of an encode carry them; those of a copy do. */
  readonly pictures: "keep" | "drop";
  readonly isExtracted?: true;
  readonly languages?: CaptionLanguages;
};

const CHOICES: Readonly<Record<(typeof CLOSED_CAPTIONS)[number], CaptionChoice>> = {
  keep: { pictures: "keep" },
  drop: { pictures: "drop" },
  extract: { pictures: "drop", isExtracted: true },
  keep_and_extract: { pictures: "keep", isExtracted: true },
};

/** Reads the fields on captions of a group; undefined if it has none of them. Faults are added to `faults`. */
export function captionsOf(
  { closed_captions, caption_languages: languages }: CaptionFields,
  format: VideoCodec | "copy" | "none",
  faults: FieldError[],
): CaptionChoice | undefined {
  const refuse = (path: string, message: string) => faults.push({ path, message });
  if (closed_captions === undefined) {
    if (languages) refuse("caption_languages", "goes with closed_captions alone");
    return undefined;
  }
  if (languages && closed_captions === "drop")
    refuse("caption_languages", "cannot be given where closed_captions is drop");
  if (format === "none" || format === "gif" || (format !== "copy" && isPageCodec(format)))
    refuse("closed_captions", `is for films: format cannot be ${format}`);
  if (format === "copy" && closed_captions === "drop")
    refuse("closed_captions", "cannot be drop where format is copy: a copied picture keeps them");
  return { ...CHOICES[closed_captions], ...(languages && { languages }) };
}

/** Writes them as the fields of an answer. */
export function captionFields(choice: CaptionChoice | undefined): CaptionFields {
  if (!choice) return {};
  const { pictures, isExtracted, languages } = choice;
  const closed_captions = CLOSED_CAPTIONS.find(
    (one) => CHOICES[one].pictures === pictures && CHOICES[one].isExtracted === isExtracted,
  );
  return { closed_captions, ...(languages && { caption_languages: languages }) };
}
