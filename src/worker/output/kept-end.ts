import { extname } from "node:path";
import { PACKET_BYTES } from "../../probe/bytes/transport-packets.ts";
import { structureOf } from "../../profile/container-rules.ts";

/** Bytes kept in memory of the end of a product: five seconds of 6 Mbit/s. */
const KEPT_BYTES = 4 << 20;
/** Seconds of it that are decoded: with the key frame distance of most profiles, they hold a key frame. */
const END_SECONDS = 5;
const MOOF = Buffer.from("moof");
const CLUSTER = Buffer.from("1f43b675", "hex");

/** The end of a product as a file of its own. */
export type EndFile = {
  readonly bytes: Uint8Array;
  /** The file name extension, which chooses the demuxer. */
  readonly extension: string;
  /** Whether its time stamps are those of the product. */
  readonly isTimed: boolean;
};

/** What is known of a product when its end is asked for. */
export type Kept = {
  /** The beginning of the first file of the product. */
  readonly head: Uint8Array;
  readonly seconds: number;
};

/** Keeps the last bytes that are written to one product, in a ring buffer of fixed size. */
export class KeptEnd {
  #ring: Uint8Array | undefined;
  /** Bytes written to all files in order, without the init segments. */
  #written = 0;
  #path = "";
  #init: Uint8Array[] = [];
  /** The positions at which the last two files begin. */
  #begins: readonly number[] = [];
  readonly #keptBytes: number;

  constructor(keptBytes = KEPT_BYTES) {
    this.#keptBytes = keptBytes;
  }

  /** @param isSet - whether each file is a segment, or an init segment */
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

  /** The end as a file; undefined if more than the kept bytes is needed to read it. */
  file({ head, seconds }: Kept, isSet: boolean): EndFile | undefined {
    const extension = extname(this.#path);
    const kept = this.#kept();
    const from = this.#written - kept.length;
    const wanted = (this.#written / Math.max(seconds, 1)) * END_SECONDS;
    const least = Math.max(0, kept.length - Math.ceil(wanted));
    // A demuxer of bare frames begins anywhere, and such frames have no time stamps.
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
    // The product is so short that all of it is kept, or its format cannot be cut.
    return from <= head.length
      ? { bytes: Buffer.concat([head.subarray(0, from), kept]), extension, isTimed: true }
      : undefined;
  }

  /** The kept bytes in order. */
  #kept(): Buffer {
    const ring = this.#ring ?? new Uint8Array();
    if (this.#written <= ring.length) return Buffer.from(ring.subarray(0, this.#written));
    const at = this.#written % ring.length;
    return Buffer.concat([ring.subarray(at), ring.subarray(0, at)]);
  }
}

/** The position in the file at which the kept bytes begin, and the index of the first one that is wanted. */
type Cut = { readonly from: number; readonly least: number };

/** A file of the header and the last fragments or packets; undefined for formats that cannot be cut this way. */
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

/** Where a fragment begins from which boxes follow each other to the end: the first at or after `least`, else the last before it. */
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
