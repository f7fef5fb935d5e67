/** Finds in NAL units of one codec where the heads of slices end. */
export type SliceReader = {
  /** Whether a unit holds a part of a picture, so that it is encrypted. */
  readonly isSlice: (nal: Uint8Array) => boolean;
  /** Takes note of a unit that says what heads of slices are like; of others nothing. @throws {RangeError} if it is cut off */
  readonly learn: (nal: Uint8Array) => void;
  /** How many bytes the heads of a unit and of its slice take; undefined if it is of a kind that is not read. @throws {RangeError} if it is cut off */
  readonly headOf: (nal: Uint8Array) => number | undefined;
};
