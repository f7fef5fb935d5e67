/** How many columns, and rows, a contact sheet may have. */
export const CONTACT_SIDE_MAX = 10;

/** Pictures of a whole film on one: how many side by side and below each other, and how wide each is, in pixels. */
export type ContactSheet = {
  readonly columns: number;
  readonly rows: number;
  readonly width: number;
};

/** A size in pixels. */
type Size = { readonly width: number; readonly height: number };

/** The size of all of a picture, of which a sheet has several. */
export const wholeSize = ({ width, height }: Size, sheet: ContactSheet | undefined): Size =>
  sheet ? { width: width * sheet.columns, height: height * sheet.rows } : { width, height };
