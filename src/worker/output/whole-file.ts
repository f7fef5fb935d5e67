import { type FileHandle, open } from "node:fs/promises";
import { extname } from "node:path";
import { ELEMENT_HEAD_BYTES, elementHeadOf } from "../../probe/bytes/ebml.ts";
import { lastPageIn, OGG_END_BYTES } from "../../probe/bytes/ogg-page.ts";
import { isPacketAt, PACKET_BYTES } from "../../probe/bytes/transport-packets.ts";
import { structureOf } from "../../profile/container-rules.ts";
import type { Structure } from "../../profile/containers.ts";
import { TaskError } from "../../task/errors.ts";
import { boxAt, samplesEnd } from "./iso-file.ts";

/** An index is read into memory: one of a day of film is no larger. */
const INDEX_BYTES_MAX = 256 << 20;
/** So much of the end of an MPEG-TS is looked at. */
const TS_END_BYTES = 64 * PACKET_BYTES;
const SEGMENT_ID = 0x18538067;

/** Whether a file ends where it says that it does; what consists of frames alone does not say it. */
const CHECKS: Partial<
  Record<Structure, (file: FileHandle, sizeBytes: number) => Promise<boolean>>
> = {
  boxes: isWholeIso,
  elements: isWholeMatroska,
  tags: isWholeFlv,
  packets: isWholeTs,
  pages: isWholeOgg,
};

/** An output that lacks its end, which was written: a disk or a process of ours lost it. */
export class CutOutput extends TaskError {
  constructor() {
    super("output_wrong", "Cannot deliver the output: it is cut off");
  }
}

/**
 * Refuses an output that is cut off: of which not all is there that its own boxes, elements, tags, packets or pages tell of. Reads its
 * index, and a few bytes of the rest.
 *
 * @param path - absolute
 * @throws {TaskError} `output_wrong`, by a `CutOutput` where it is there
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

/** All boxes, and all samples that an index names, lie within the file. */
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

/** The segment, which holds everything, says how long it is. */
async function isWholeMatroska(file: FileHandle, size: number): Promise<boolean> {
  let offset = 0;
  // The header of EBML, then the segment.
  for (let element = 0; element < 2; element += 1) {
    const head = elementHeadOf(await bytesAt(file, offset, ELEMENT_HEAD_BYTES));
    if (!head) return false;
    // Of one that was streamed it is not known.
    if (head.id === SEGMENT_ID && head.bytes === Number.POSITIVE_INFINITY) return true;
    offset += head.headBytes + head.bytes;
  }
  return offset <= size;
}

/** After each tag, the last too, its size is told once more. */
async function isWholeFlv(file: FileHandle, size: number): Promise<boolean> {
  const last = await bytesAt(file, size - 4, 4);
  const length = last.length === 4 ? last.readUInt32BE(0) : 0;
  const head = await bytesAt(file, size - 4 - length, 4);
  return length > 11 && head.length === 4 && head.readUIntBE(1, 3) === length - 11;
}

/** It ends with a packet, and the last ones begin as packets do: what a disk has lost reads as zeros. */
async function isWholeTs(file: FileHandle, size: number): Promise<boolean> {
  if (size % PACKET_BYTES !== 0) return false;
  const length = Math.min(size, TS_END_BYTES);
  const end = await bytesAt(file, size - length, length);
  for (let at = 0; at < end.length; at += PACKET_BYTES) if (!isPacketAt(end, at)) return false;
  return true;
}

/** The last page of a stream says that it is. */
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
