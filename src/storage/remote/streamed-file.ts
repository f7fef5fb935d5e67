import { ChunkedFile } from "./chunked-file.ts";
import { PartedFile } from "./parted-file.ts";
import type { StreamOptions } from "./remote-sender.ts";

/** A file that is sent while it is written, and seen by nobody before `finish`. */
export type StreamedFile = {
  /** Takes the next bytes; they are the caller's again when it resolves. */
  write(bytes: Uint8Array): Promise<void>;
  /** All has been written: resolves when the server has it. */
  finish(): Promise<void>;
  /** Removes what was sent. Never rejects. */
  discard(): Promise<void>;
};

/**
 * Opens a file to write it bit by bit: in parts if the server takes them, else in the chunks of one request.
 *
 * @param isNew - whether nothing is in its place, so that half a file may be removed
 */
export function openStreamed(stream: StreamOptions, isNew: boolean): StreamedFile {
  const { parts } = stream.sender.target;
  return parts ? new PartedFile(stream, parts) : new ChunkedFile(stream, isNew);
}
