/** Twice the largest page: the last page begins within so many bytes of the end of an Ogg file. */
export const OGG_END_BYTES = 2 * 65_307;

/** The page header up to the list of lengths: RFC 3533, 6. */
const HEAD_BYTES = 27;
const LAST = 4;

/** What the header of a page says. */
export type OggPage = {
  /** Where the page ends in the bytes, or should if they are cut. */
  readonly endsAt: number;
  /** It is marked as the last of its stream. */
  readonly isLast: boolean;
};

/** The last page that begins in some bytes; undefined if none does. */
export function lastPageIn(bytes: Uint8Array): OggPage | undefined {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).lastIndexOf("OggS");
  if (at < 0 || at + HEAD_BYTES > bytes.length) return undefined;
  const body = at + HEAD_BYTES + (bytes[at + HEAD_BYTES - 1] ?? 0);
  const lengths = bytes.subarray(at + HEAD_BYTES, body);
  return {
    endsAt: lengths.reduce((sum, length) => sum + length, body),
    isLast: ((bytes[at + 5] ?? 0) & LAST) !== 0,
  };
}
