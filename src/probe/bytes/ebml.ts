/** Of an element: its name takes up to 4 bytes, its size up to 8. */
export const ELEMENT_HEAD_BYTES = 12;

/** The head of an element of EBML, RFC 8794, 6. */
export type ElementHead = {
  readonly id: number;
  readonly headBytes: number;
  /** What it holds; infinite where it was streamed, so that it does not say. */
  readonly bytes: number;
};

/** The number that is written in all of some bytes. */
export const uintOf = (bytes: Uint8Array = new Uint8Array()): number =>
  bytes.reduce((sum, byte) => sum * 256 + byte, 0);

/**
 * The head that bytes begin with; nothing where they begin with none. How long a name or a size is is said by its first bit that is
 * set, which counts in a name alone.
 */
export function elementHeadOf(bytes: Uint8Array): ElementHead | undefined {
  const idBytes = Math.clz32(bytes[0] ?? 0) - 23;
  const sizeBytes = Math.clz32(bytes[idBytes] ?? 0) - 23;
  const headBytes = idBytes + sizeBytes;
  if (idBytes > 4 || sizeBytes > 8 || bytes.length < headBytes) return undefined;
  const size = bytes.slice(idBytes, headBytes);
  size[0] = (size[0] ?? 0) & (0xff >> sizeBytes);
  // Of one that was streamed it is not known: ones alone.
  const isKnown = uintOf(size) < 2 ** (7 * sizeBytes) - 1;
  const id = uintOf(bytes.subarray(0, idBytes));
  return { id, headBytes, bytes: isKnown ? uintOf(size) : Number.POSITIVE_INFINITY };
}
