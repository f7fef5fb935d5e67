import { open } from "node:fs/promises";
import { HEAD_BYTES, manifestKind } from "../../manifest/manifest.ts";
import { TaskError } from "../../task/errors.ts";

/** Brands of still pictures, HEIF and AVIF; their image sequences have other brands. */
const STILL = /^.{4}ftyp(?:heic|heix|heim|heis|mif1|avif)/s;

/** What to report about a file that ffprobe does not recognise, by its first bytes. */
function whatItIs(head: Buffer): string | undefined {
  if (manifestKind(head.toString("utf8")))
    return "it is a manifest, and no file that holds its media itself";
  return STILL.test(head.toString("latin1")) ? "it is a still picture" : undefined;
}

/**
 * Distinguishes DASH manifests and still pictures from files that are not media. An ffmpeg without libxml2, such as the WebAssembly
 * core, does not recognise the former, and ffmpeg before 7 not the latter.
 *
 * @param readHead - reads the beginning of the source, at most so many bytes
 * @returns a more precise error about the source, or the same one
 */
export async function blameHead(
  error: unknown,
  readHead: (bytes: number) => Promise<Uint8Array>,
): Promise<unknown> {
  if (!(error instanceof TaskError && error.code === "source_not_media")) return error;
  const why = whatItIs(Buffer.from(await readHead(HEAD_BYTES)));
  return why === undefined
    ? error
    : new TaskError("input_not_supported", `Cannot read the source: ${why}`, { cause: error });
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
