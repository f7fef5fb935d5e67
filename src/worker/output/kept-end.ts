import { extname } from "node:path";
import { PACKET_BYTES } from "../../probe/bytes/transport-packets.ts";
import { structureOf } from "../../profile/container-rules.ts";

/** So much of the end of a product is kept in memory: five seconds of 6 Mbit/s. */
const KEPT_BYTES = 4 << 20;
/** So much of it is decoded, which holds a key frame where these are as far apart as in most profiles. */
const END_SECONDS = 5;
const MOOF = Buffer.from("moof");
const CLUSTER = Buffer.from("1f43b675", "hex");

/** The end of a product as a file of its own. */
export type EndFile = {
  readonly bytes: Uint8Array;
  /** By which its demuxer is chosen. */
  readonly extension: string;
  /** Its stamps are those of the product. */
  readonly isTimed: boolean;
};

/** What is known of a product when its end is asked for. */
export type Kept = {
  /** The beginning of its first file. */
  readonly head: Uint8Array;
  readonly seconds: number;
};

/** Keeps the last bytes of what is written to one product, in a ring of fixed size. */
export class KeptEnd {
  #ring: Uint8Array | undefined;
  /** Of all files one behind the other, but for what stands before all pieces of an mp4. */
  #written = 0;
  #path = "";
  #init: Uint8Array[] = [];
  /** Where the last two files begin. */
  #begins: readonly number[] = [];
  readonly #keptBytes: number;

  constructor(keptBytes = KEPT_BYTES) {
    this.#keptBytes = keptBytes;
  }

  /** @param isSet - each file but one of them can be played by itself */
  write(path: string, bytes: Uint8Array, isSet: boolean): void {
    if (isSet && path.endsWith(".mp4")) {
      this.#init.push(new Uint8Array(bytes));
      return;
    }
    if (path !== this.#path) this.#begins = [...this.#begins.slice(-1), this.#written];
    this.#path = path;
    this.#ring ??= new Uint8Array(this.#keptBytes);
    const last = bytes.subarray(Math.max(0, bytes.length - this.#keptBytes));
    const at = (this.#written + bytes.length - last.length) % this.#keptBytes;
    const room = Math.min(last.length, this.#keptBytes - at);
    this.#ring.set(last.subarray(0, room), at);
    this.#ring.set(last.subarray(room), 0);
    this.#written += bytes.length;
  }

  /** The end as a file; nothing where it cannot be read without more than is kept. */
  file({ head, seconds }: Kept, isSet: boolean): EndFile | undefined {
    const extension = extname(this.#path);
    const kept = this.#kept();
    const from = this.#written - kept.length;
    const wanted = (this.#written / Math.max(seconds, 1)) * END_SECONDS;
    const least = Math.max(0, kept.length - Math.ceil(wanted));
    // Frames are found from anywhere, and are all alike.
    const isTimed = structureOf(extension.slice(1)) !== "frames";
    if (isSet) {
      const begin = this.#begins.find((one) => one >= from);
      if (begin === undefined) return undefined;
      const bytes = Buffer.concat([...this.#init, kept.subarray(begin - from)]);
      return { bytes, extension: this.#init.length > 0 ? ".mp4" : extension, isTimed };
    }
    const isShort = from <= head.length && wanted >= this.#written;
    const bytes = isShort ? undefined : endOf(extension, Buffer.from(head), kept, { least, from });
    if (bytes) return { bytes, extension, isTimed };
    // All of it is short, or nothing else can be read.
    return from <= head.length
      ? { bytes: Buffer.concat([head.subarray(0, from), kept]), extension, isTimed: true }
      : undefined;
  }

  /** What is in the ring, in order. */
  #kept(): Buffer {
    const ring = this.#ring ?? new Uint8Array();
    if (this.#written <= ring.length) return Buffer.from(ring.subarray(0, this.#written));
    const at = this.#written % ring.length;
    return Buffer.concat([ring.subarray(at), ring.subarray(0, at)]);
  }
}

/** Where the kept bytes begin in the file, and from which of them on they are wanted. */
type Cut = { readonly from: number; readonly least: number };

/** A file of what stands before all and of the last pieces; nothing of formats that cannot be cut so. */
function endOf(extension: string, head: Buffer, kept: Buffer, cut: Cut): Buffer | undefined {
  const { from, least } = cut;
  const structure = structureOf(extension.slice(1));
  if (structure === "frames") return kept.subarray(least);
  if (structure === "packets")
    return kept.subarray(least + ((PACKET_BYTES - ((from + least) % PACKET_BYTES)) % PACKET_BYTES));
  if (structure === "boxes") {
    const first = head.indexOf(MOOF) - 4;
    const begin = segmentFrom(kept, least);
    if (first < 0 || begin === undefined) return undefined;
    return Buffer.concat([head.subarray(0, first), kept.subarray(begin)]);
  }
  if (structure === "elements") {
    const first = head.indexOf(CLUSTER);
    const begin = kept.indexOf(CLUSTER, least);
    return first < 0 || begin < 0
      ? undefined
      : Buffer.concat([head.subarray(0, first), kept.subarray(begin)]);
  }
  return undefined;
}

/** Where a piece begins from which boxes follow each other to the end: the first from a place on, else the last before it. */
function segmentFrom(bytes: Buffer, least: number): number | undefined {
  const isSegment = (at: number): boolean => {
    let next = at;
    while (next + 8 <= bytes.length) {
      const size = bytes.readUInt32BE(next);
      if (size < 8) return false;
      next += size;
    }
    return next === bytes.length;
  };
  for (let at = bytes.indexOf(MOOF, least + 4) - 4; at >= 0; at = bytes.indexOf(MOOF, at + 8) - 4)
    if (isSegment(at)) return at;
  for (let end = least; end > 0; ) {
    const at = bytes.lastIndexOf(MOOF, end) - 4;
    if (at < 0) return undefined;
    if (isSegment(at)) return at;
    end = at;
  }
  return undefined;
}
