import { type FileHandle, open } from "node:fs/promises";
import { extname } from "node:path";
import { ELEMENT_HEAD_BYTES, elementHeadOf } from "../../probe/bytes/ebml.ts";
import { lastPageIn, OGG_END_BYTES } from "../../probe/bytes/ogg-page.ts";
import { isPacketAt, PACKET_BYTES } from "../../probe/bytes/transport-packets.ts";
import type { Structure } from "../../profile/container-facts.ts";
import { structureOf } from "../../profile/container-rules.ts";
import { TaskError } from "../../task/errors.ts";
import { boxAt, samplesEnd } from "./iso-file.ts";

/** The largest index that is read into memory; that of a day of film is smaller. */
const INDEX_BYTES_MAX = 256 << 20;
/** Bytes at the end of an MPEG-TS that are checked. */
const TS_END_BYTES = 64 * PACKET_BYTES;
const SEGMENT_ID = 0x18538067;

/** Checks whether a file ends where it says it does, by the structure of its format. A file of bare frames does not say it. */
const CHECKS: Partial<
  Record<Structure, (file: FileHandle, sizeBytes: number) => Promise<boolean>>
> = {
  boxes: isWholeIso,
  elements: isWholeMatroska,
  tags: isWholeFlv,
  packets: isWholeTs,
  pages: isWholeOgg,
};

/** The end of an output was written but is missing: a disk or a process on this host has lost it. */
export class CutOutput extends TaskError {
  constructor() {
    super("output_wrong", "Cannot deliver the output: it is cut off");
  }
}

/**
 * Refuses an output that is shorter than its own boxes, elements, tags, packets or pages say. Reads its index and a few bytes of the
 * rest.
 *
 * @param path - absolute
 * @throws {TaskError} `output_wrong`: a `CutOutput`, unless the file is missing
 */
export async function refuseCut(path: string): Promise<void> {
  const structure = structureOf(extname(path).slice(1));
  const check = structure && CHECKS[structure];
  if (!check) return;
  const file = await open(path).catch((cause) => {
    throw new TaskError("output_wrong", "Cannot deliver the output: a part of it is missing", {
      cause,
    });
  });
  try {
    const { size } = await file.stat();
    if (size === 0 || !(await check(file, size))) throw new CutOutput();
  } finally {
    await file.close();
  }
}

/** Whether all boxes, and all samples that an index names, lie within the file. */
async function isWholeIso(file: FileHandle, size: number): Promise<boolean> {
  let offset = 0;
  while (offset < size) {
    const box = await boxAt(file, offset);
    if (!box || offset + box.bytes > size) return false;
    if (box.type === "moov" && box.bytes <= INDEX_BYTES_MAX) {
      const index = await bytesAt(file, offset, box.bytes);
      if (samplesEnd(index) > size) return false;
    }
    offset += box.bytes;
  }
  return true;
}

/** By the size of the segment, the element that holds everything. */
async function isWholeMatroska(file: FileHandle, size: number): Promise<boolean> {
  let offset = 0;
  // The EBML header, then the segment.
  for (let element = 0; element < 2; element += 1) {
    const head = elementHeadOf(await bytesAt(file, offset, ELEMENT_HEAD_BYTES));
    if (!head) return false;
    // A streamed file does not say its size.
    if (head.id === SEGMENT_ID && head.bytes === Number.POSITIVE_INFINITY) return true;
    offset += head.headBytes + head.bytes;
  }
  return offset <= size;
}

/** By the size of the last tag, which is repeated behind each tag. */
async function isWholeFlv(file: FileHandle, size: number): Promise<boolean> {
  const last = await bytesAt(file, size - 4, 4);
  const length = last.length === 4 ? last.readUInt32BE(0) : 0;
  const head = await bytesAt(file, size - 4 - length, 4);
  return length > 11 && head.length === 4 && head.readUIntBE(1, 3) === length - 11;
}

/** Whether it consists of whole packets, and the last ones begin like packets: bytes that a disk has lost read as zeros. */
async function isWholeTs(file: FileHandle, size: number): Promise<boolean> {
  if (size % PACKET_BYTES !== 0) return false;
  const length = Math.min(size, TS_END_BYTES);
  const end = await bytesAt(file, size - length, length);
  for (let at = 0; at < end.length; at += PACKET_BYTES) if (!isPacketAt(end, at)) return false;
  return true;
}

/** By the last page, which is marked as such. */
async function isWholeOgg(file: FileHandle, size: number): Promise<boolean> {
  const length = Math.min(size, OGG_END_BYTES);
  const page = lastPageIn(await bytesAt(file, size - length, length));
  return page?.isLast === true && page.endsAt === length;
}

async function bytesAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  if (offset < 0) return Buffer.alloc(0);
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, offset);
  return bytes.subarray(0, bytesRead);
}
