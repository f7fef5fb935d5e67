import { open } from "node:fs/promises";
import type { ByteSource } from "../../engine/engine.ts";

const PIECE_BYTES = 1 << 20;

/** All bytes of a source from its beginning, in parts; each is valid until the next one. */
export async function* allBytes(
  source: ByteSource,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < source.sizeBytes; ) {
    signal.throwIfAborted();
    const piece = await source.read(at, Math.min(PIECE_BYTES, source.sizeBytes - at));
    if (piece.length === 0) return;
    yield piece;
    at += piece.length;
  }
}

/** Makes a reader of a file at any position. */
export async function withFile<T>(
  path: string,
  look: (source: ByteSource) => Promise<T>,
): Promise<T> {
  const file = await open(path);
  try {
    const { size: sizeBytes } = await file.stat();
    return await look({
      sizeBytes,
      read: async (position, length) => {
        const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, position);
        return buffer.subarray(0, bytesRead);
      },
    });
  } finally {
    await file.close();
  }
}
