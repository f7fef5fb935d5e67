/** The largest page, twice: the last one begins in so much of the end of an Ogg. */
export const OGG_END_BYTES = 2 * 65_307;

/** Of a page's header, up to the lengths of what it holds: RFC 3533, 6. */
const HEAD_BYTES = 27;
const LAST = 4;

/** A page, by its header. */
export type OggPage = {
  /** Where it ends in the bytes, or should. */
  readonly endsAt: number;
  /** It says that it is the last of its stream. */
  readonly isLast: boolean;
};

/** The last page that begins in some bytes; nothing where none does. */
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
