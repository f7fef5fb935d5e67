/**
 * Gives the memory of bytes back that nobody reads any more: where many pass, both runtimes collect them late. Bytes that are a
 * part of something larger are left alone.
 */
export function giveBack(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && bytes.byteLength === buffer.byteLength) buffer.transfer(0);
}
