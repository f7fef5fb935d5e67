import { open } from "node:fs/promises";
import { readFully } from "../../lib/read-fully.ts";
import type { Capabilities } from "../../plan/plan.ts";
import { findBox, WHOLE_FILE } from "../../probe/bytes/iso-boxes.ts";
import { MEDIA_HEAD_BYTES } from "../../probe/bytes/turn-marks.ts";
import type { ReadAt } from "../../probe/crop.ts";
import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { ByteSource } from "../engine.ts";

/** An open file, and how to close it. */
export type OpenFile = ByteSource & { close(): Promise<void> };

/** The heads of boxes and elements lie close together, so one or two of these hold most of what is read of a header. */
const PAGE_BYTES = 4096;

/** Whether an ffmpeg applies and writes the crop of containers by itself (7.1 on): the option to turn that off came with it. */
export const appliesCrops = ({ options }: Pick<Capabilities, "options">): boolean =>
  options.includes("apply_cropping");

/** Opens a file. @param path - absolute */
export async function openFile(path: string): Promise<OpenFile> {
  const file = await open(path);
  const { size: sizeBytes } = await file.stat();
  const read = async (position: number, length: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(length);
    const { bytesRead } = await file.read(bytes, 0, length, position);
    return bytes.subarray(0, bytesRead);
  };
  return { sizeBytes, read, close: () => file.close() };
}

/** A source that is already open; the caller closes it. */
export const openAlready = (source: ByteSource): OpenFile => ({
  sizeBytes: source.sizeBytes,
  read: (position, length) => source.read(position, length),
  close: async () => {},
});

/** Reads small pieces, one page at a time. */
export function pagesOf(source: ByteSource): ReadAt {
  let page: { readonly at: number; readonly bytes: Uint8Array } = {
    at: 0,
    bytes: new Uint8Array(),
  };
  return async (position, length) => {
    const end = Math.min(position + length, source.sizeBytes);
    if (end <= position) return new Uint8Array();
    if (position < page.at || end > page.at + page.bytes.length) {
      const wanted = Math.max(length, PAGE_BYTES);
      page = { at: position, bytes: await readFully(source, position, wanted) };
    }
    return page.bytes.subarray(position - page.at, end - page.at);
  };
}

/** Where the media of a file start, if that is known, and a little of what follows. */
export async function readMediaHead({ format }: MediaInfo, read: ReadAt): Promise<Uint8Array> {
  const place = demuxerOf(format) === "mov" ? await findBox(read, "mdat", WHOLE_FILE) : WHOLE_FILE;
  return place ? read(place.from, MEDIA_HEAD_BYTES) : new Uint8Array();
}
