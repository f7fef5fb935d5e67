import { open } from "node:fs/promises";
import { HEAD_BYTES, manifestKind } from "../../manifest/manifest.ts";
import { TaskError } from "../../task/errors.ts";

/** Brands of files of one picture, HEIF and AVIF; those of films of such pictures are others. */
const STILL = /^.{4}ftyp(?:heic|heix|heim|heis|mif1|avif)/s;

/** What is to be said of a file that ffprobe takes for no media, by its beginning. */
function whatItIs(head: Buffer): string | undefined {
  if (manifestKind(head.toString("utf8")))
    return "it is a manifest, and no file that holds its media itself";
  return STILL.test(head.toString("latin1")) ? "it is a still picture" : undefined;
}

/**
 * Tells manifests of DASH and still pictures from files that are no media: an ffmpeg without libxml2, as the WebAssembly core,
 * knows no difference to the former, and ffmpeg before 7 none to the latter.
 *
 * @param readHead - reads the source's beginning, so many bytes of it at most
 * @returns what is to be said of the source instead, or the same error
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
