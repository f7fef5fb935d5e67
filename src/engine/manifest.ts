import { open } from "node:fs/promises";
import { HEAD_BYTES, manifestKind } from "../manifest/manifest.ts";
import { TaskError } from "../task/errors.ts";

/**
 * Tells a DASH manifest from a file that is no media: an ffmpeg without libxml2, as the WebAssembly core, knows no difference.
 *
 * @param readHead - reads the source's beginning, so many bytes of it at most
 * @returns what is to be said of the source instead, or the same error
 */
export async function blameManifest(
  error: unknown,
  readHead: (bytes: number) => Promise<Uint8Array>,
): Promise<unknown> {
  const isUnknown = error instanceof TaskError && error.code === "source_not_media";
  if (!isUnknown || !manifestKind(Buffer.from(await readHead(HEAD_BYTES)).toString("utf8")))
    return error;
  const why = "Cannot read the source: it is a manifest, and no file that holds its media itself";
  return new TaskError("input_not_supported", why, { cause: error });
}

/** The beginning of a file. */
export const headOf =
  (path: string) =>
  async (bytes: number): Promise<Uint8Array> => {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  };
