/** A reader of bytes from any position on, in parts as they come. */
type Parts = {
  readonly sizeBytes: number;
  read(position: number, length: number): Promise<Uint8Array>;
};

/** So many bytes from a position on; fewer if the source ends before, or has become shorter. */
export async function readFully(
  source: Parts,
  position: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.max(0, Math.min(length, source.sizeBytes - position)));
  let filled = 0;
  while (filled < bytes.length) {
    const part = await source.read(position + filled, bytes.length - filled);
    if (part.length === 0) break;
    bytes.set(part, filled);
    filled += part.length;
  }
  return bytes.subarray(0, filled);
}
