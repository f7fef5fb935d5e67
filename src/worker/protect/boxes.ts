import { boxHeadIn } from "../../probe/bytes/iso-boxes.ts";
import { TaskError } from "../../task/errors.ts";

/** A box of an ISO file, with what it holds. */
export type Box = {
  readonly type: string;
  /** Where it begins in what it lies in. */
  readonly at: number;
  readonly whole: Buffer;
  readonly content: Buffer;
};

/** The head of a box that we write. */
export const HEAD_BYTES = 8;
/** The version and the flags of a box, which its content begins with. */
export const FULL_BYTES = 4;

/**
 * The boxes that lie in some bytes one after another.
 *
 * mp4box, which reads init segments elsewhere, writes none of the boxes of encryption, nor boxes that it knows in part.
 *
 * @throws {TaskError} `output_wrong` if one is cut off
 */
export function boxesIn(bytes: Buffer): readonly Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at < bytes.length; ) {
    const head = boxHeadIn(bytes, at, bytes.length - at);
    if (!head || at + head.bytes > bytes.length) throw wrong("a box in it is cut off");
    const whole = bytes.subarray(at, at + head.bytes);
    boxes.push({ type: head.type, at, whole, content: whole.subarray(head.headBytes) });
    at += head.bytes;
  }
  return boxes;
}

/** The first box of a type in some bytes. @throws {TaskError} `output_wrong` if there is none */
export function boxIn(bytes: Buffer, type: string): Box {
  const found = boxesIn(bytes).find((box) => box.type === type);
  if (!found) throw wrong(`it has no box "${type}"`);
  return found;
}

/** A box of parts. */
export function boxOf(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(parts.reduce((sum, part) => sum + part.length, HEAD_BYTES));
  head.write(type, 4, "latin1");
  return Buffer.concat([head, ...parts]);
}

/** A box with a version and flags. */
export const fullBoxOf = (
  type: string,
  version: number,
  flags: number,
  ...parts: readonly Uint8Array[]
): Buffer => boxOf(type, numberOf((version << 24) | flags), ...parts);

/** 32 bits. */
export function numberOf(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** What a box holds, with each box in it that has a type replaced. */
export const replaced = (content: Buffer, type: string, change: (box: Box) => Uint8Array): Buffer =>
  Buffer.concat(boxesIn(content).map((box) => (box.type === type ? change(box) : box.whole)));

/** The same, of boxes some levels down, the outermost first. */
export function replacedWithin(
  content: Buffer,
  [type = "", ...inner]: readonly string[],
  change: (box: Box) => Uint8Array,
): Buffer {
  return replaced(content, type, (box) =>
    inner.length === 0 ? change(box) : boxOf(type, replacedWithin(box.content, inner, change)),
  );
}

/** Says that a segment is not as ours are. */
export const wrong = (why: string): TaskError =>
  new TaskError("output_wrong", `Cannot encrypt a segment: ${why}`);
