/**
 * Frees the memory of bytes that nobody reads any more: if many pass, both runtimes collect them late. Bytes that are a part
 * of a larger buffer are left alone.
 */
export function giveBack(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && bytes.byteLength === buffer.byteLength) buffer.transfer(0);
}
