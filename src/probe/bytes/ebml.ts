/** The longest head of an element: its id takes up to 4 bytes, its size up to 8. */
export const ELEMENT_HEAD_BYTES = 12;

/** The head of an element of EBML, RFC 8794, 6. */
export type ElementHead = {
  readonly id: number;
  readonly headBytes: number;
  /** The size of its body; infinite if it is unknown, as in a file that was streamed. */
  readonly bytes: number;
};

/** The unsigned number that all the bytes together are. */
export const uintOf = (bytes: Uint8Array = new Uint8Array()): number =>
  bytes.reduce((sum, byte) => sum * 256 + byte, 0);

/**
 * The head that stands at the beginning of bytes; undefined if there is none. The position of the first bit that is set gives the length
 * of an id or a size; that bit is a part of an id, but not of a size.
 */
export function elementHeadOf(bytes: Uint8Array): ElementHead | undefined {
  const idBytes = Math.clz32(bytes[0] ?? 0) - 23;
  const sizeBytes = Math.clz32(bytes[idBytes] ?? 0) - 23;
  const headBytes = idBytes + sizeBytes;
  if (idBytes > 4 || sizeBytes > 8 || bytes.length < headBytes) return undefined;
  const size = bytes.slice(idBytes, headBytes);
  size[0] = (size[0] ?? 0) & (0xff >> sizeBytes);
  // All ones stand for an unknown size.
  const isKnown = uintOf(size) < 2 ** (7 * sizeBytes) - 1;
  const id = uintOf(bytes.subarray(0, idBytes));
  return { id, headBytes, bytes: isKnown ? uintOf(size) : Number.POSITIVE_INFINITY };
}
