import { open } from "node:fs/promises";

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** The lowest bit of the magic number says whether sums are made of big-endian words. */
const MAGIC = 0x377f0682;
const PIECE_BYTES = 1 << 20;

/** What SQLite leaves out of a log: everything from its first damaged frame on, though more was written after that. */
export type WalLoss = {
  /** Pages that were written. */
  readonly frames: number;
  /** Transactions that ended with one of them. */
  readonly commits: number;
};

/** A running sum of a log: two words. */
type Sums = readonly [number, number];

function addTo([one, two]: Sums, view: DataView, from: number, to: number, little: boolean): Sums {
  let [a, b] = [one, two];
  for (let at = from; at < to; at += 8) {
    a = (a + view.getUint32(at, little) + b) >>> 0;
    b = (b + view.getUint32(at + 4, little) + a) >>> 0;
  }
  return [a, b];
}

const sumsAt = (view: DataView, at: number): Sums => [view.getUint32(at), view.getUint32(at + 4)];
const same = (one: Sums, other: Sums): boolean => one[0] === other[0] && one[1] === other[1];

/**
 * Reads a write-ahead log of SQLite frame by frame, and finds what its recovery leaves out. Frames with other salts are what is left
 * of an earlier use of the same file, and no loss.
 *
 * @see https://sqlite.org/fileformat2.html#the_write_ahead_log
 */
class WalScan {
  /** Of a frame with its header. */
  readonly frameBytes: number;
  readonly #isLittle: boolean;
  readonly #salts: Sums;
  #sums: Sums;
  #isDamaged = false;
  #whole = 0;
  #frames = 0;
  #commits = 0;
  /** The first damaged frame: if nothing follows, a crash may have cut it off, before anybody was told that it is there. */
  #isFollowed = false;

  private constructor(view: DataView, sums: Sums) {
    this.#isLittle = isLittle(view);
    this.frameBytes = FRAME_HEADER_BYTES + pageBytesOf(view);
    this.#salts = sumsAt(view, 16);
    this.#sums = sums;
  }

  /** Begins with the header; undefined if that is damaged, so that SQLite takes nothing of the log. */
  static of(header: Uint8Array): WalScan | undefined {
    const view = viewOf(header);
    if (view.byteLength < HEADER_BYTES || (view.getUint32(0) & ~1) !== MAGIC) return undefined;
    const sums = addTo([0, 0], view, 0, 24, isLittle(view));
    return same(sums, sumsAt(view, 24)) ? new WalScan(view, sums) : undefined;
  }

  /** Takes the next frame. */
  add(frame: Uint8Array): void {
    const view = viewOf(frame);
    const isCurrent = same(this.#salts, sumsAt(view, 8));
    if (!this.#isDamaged) {
      const head = addTo(this.#sums, view, 0, 8, this.#isLittle);
      this.#sums = addTo(head, view, FRAME_HEADER_BYTES, view.byteLength, this.#isLittle);
      this.#isDamaged = !isCurrent || !same(this.#sums, sumsAt(view, 16));
      if (!this.#isDamaged) {
        this.#whole += 1;
        return;
      }
    } else if (isCurrent) this.#isFollowed = true;
    if (!isCurrent) return;
    this.#frames += 1;
    if (view.getUint32(4) !== 0) this.#commits += 1;
  }

  /** How many frames there are before the first damaged one. */
  get whole(): number {
    return this.#whole;
  }

  /** What is left out of the frames so far. */
  get loss(): WalLoss | undefined {
    return this.#isFollowed ? { frames: this.#frames, commits: this.#commits } : undefined;
  }
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

const isLittle = (view: DataView): boolean => (view.getUint32(0) & 1) === 0;

/** 1 stands for 65,536, which takes one bit too many. */
function pageBytesOf(view: DataView): number {
  const bytes = view.getUint32(8);
  return bytes === 1 ? 65_536 : bytes;
}

/** What the next process that opens a database alone leaves out of its log; `all` if the header is damaged. */
export async function findWalLoss(databasePath: string): Promise<WalLoss | "all" | undefined> {
  const file = await open(`${databasePath}-wal`).catch(() => undefined);
  if (!file) return undefined;
  try {
    const header = new Uint8Array(HEADER_BYTES);
    const { bytesRead } = await file.read(header, 0, HEADER_BYTES, 0);
    const { size } = await file.stat();
    // A log without a frame holds nothing that could be lost.
    if (bytesRead < HEADER_BYTES || size <= HEADER_BYTES + FRAME_HEADER_BYTES) return undefined;
    const scan = WalScan.of(header);
    if (!scan) return "all";
    const { frameBytes } = scan;
    const piece = new Uint8Array(frameBytes * Math.max(1, Math.floor(PIECE_BYTES / frameBytes)));
    for (let at = HEADER_BYTES; ; at += piece.length) {
      const { bytesRead: length } = await file.read(piece, 0, piece.length, at);
      for (let from = 0; from + frameBytes <= length; from += frameBytes)
        scan.add(piece.subarray(from, from + frameBytes));
      if (length < piece.length) return scan.loss;
    }
  } finally {
    await file.close();
  }
}

/**
 * Writes the pages of a log again, as they were, and syncs them. What was written last is read from the memory of the system: the disk
 * may never have had it. So each frame is judged by its sum before it is written.
 *
 * @param frames - that the log holds; no other process may write to it meanwhile
 * @throws {Error} if one of them is not as it was written, or the file cannot be read, written or synced
 */
export async function writeAgain(databasePath: string, frames: number): Promise<void> {
  const file = await open(`${databasePath}-wal`, "r+");
  try {
    const header = new Uint8Array(HEADER_BYTES);
    const { bytesRead } = await file.read(header, 0, HEADER_BYTES, 0);
    // A log that was emptied, as everything in it has moved into the file.
    if (frames > 0) {
      const scan = bytesRead === HEADER_BYTES ? WalScan.of(header) : undefined;
      if (!scan) throw new Error("Cannot write a log again: its header is damaged");
      await file.write(header, 0, HEADER_BYTES, 0);
      const frame = new Uint8Array(scan.frameBytes);
      for (let number = 0; number < frames; number += 1) {
        const at = HEADER_BYTES + number * frame.length;
        const { bytesRead: length } = await file.read(frame, 0, frame.length, at);
        if (length === frame.length) scan.add(frame);
        if (scan.whole <= number) throw new Error("Cannot write a log again: a page is damaged");
        await file.write(frame, 0, frame.length, at);
      }
    }
    await file.datasync();
  } finally {
    await file.close();
  }
}
