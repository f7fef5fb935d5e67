import { ChunkedFile } from "./chunked-file.ts";
import { PartedFile } from "./parted-file.ts";
import type { Gate, RemoteSender } from "./remote-sender.ts";
import type { At } from "./remote-target.ts";

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
 * @param name - its extension says what it is
 * @param isNew - whether nothing lies in its place, so that what is cut off may be removed
 */
export function openStreamed(
  sender: RemoteSender,
  name: string,
  at: At,
  { gate, isNew }: { readonly gate: Gate; readonly isNew: boolean },
): StreamedFile {
  const { parts } = sender.target;
  return parts
    ? new PartedFile(sender, name, at, { gate, parts })
    : new ChunkedFile(sender, name, at, { gate, isNew });
}
