/** MPEG-TS: all its packets are so long, and begin with this. */
export const PACKET_BYTES = 188;
const SYNC = 0x47;
/** A PES packet begins in it. */
const BEGINS = 0x40;
const PAYLOAD = 0x10;
const ADAPTED = 0x20;

/** A packet of a MPEG-TS that holds something. */
type Packet = {
  readonly pid: number;
  /** Where what it holds begins in the bytes. */
  readonly from: number;
};

/** The packet that begins in bytes at a place; nothing where none does, or it holds nothing. */
export function packetAt(bytes: Uint8Array, at: number): Packet | undefined {
  if (bytes[at] !== SYNC) return undefined;
  const high = bytes[at + 1] ?? 0;
  const flags = bytes[at + 3] ?? 0;
  const from = at + 4 + ((flags & ADAPTED) === 0 ? 0 : 1 + (bytes[at + 4] ?? 0));
  if ((flags & PAYLOAD) === 0 || from >= at + PACKET_BYTES) return undefined;
  const pid = ((high & 0x1f) << 8) | (bytes[at + 2] ?? 0);
  return { pid, from };
}

/** Whether a packet begins in bytes at a place, as far as its first byte tells. */
export const isPacketAt = (bytes: Uint8Array, at: number): boolean => bytes[at] === SYNC;

/** Whether the packet that begins there holds the first of a PES packet: few do. */
export const isFirstAt = (bytes: Uint8Array, at: number): boolean =>
  ((bytes[at + 1] ?? 0) & BEGINS) !== 0;

/** Whether a PES packet of such a kind begins in bytes at a place. */
export const isPesAt = (bytes: Uint8Array, at: number, kind: "video" | "audio"): boolean =>
  bytes[at] === 0 &&
  bytes[at + 1] === 0 &&
  bytes[at + 2] === 1 &&
  (kind === "video"
    ? ((bytes[at + 3] ?? 0) & 0xf0) === 0xe0
    : ((bytes[at + 3] ?? 0) & 0xe0) === 0xc0);

/**
 * What lies in the packets of an MPEG-TS that hold pictures, in one piece, for pieces that are cut anywhere. PES headers stay where
 * they are. What a call gives holds until the next.
 *
 * @param pid - of the pictures that are meant; without it of all
 */
export function withoutTransport(pid?: number): (piece: Uint8Array) => Uint8Array {
  const pictures = new Set<number>();
  let space = new Uint8Array();
  return (bytes) => {
    if (space.length < bytes.length) space = new Uint8Array(bytes.length);
    let length = 0;
    let at = 0;
    while (at + PACKET_BYTES <= bytes.length) {
      if (!isPacketAt(bytes, at)) {
        at += 1;
        continue;
      }
      const packet = packetAt(bytes, at);
      const isFirst = isFirstAt(bytes, at);
      at += PACKET_BYTES;
      if (!packet || (pid !== undefined && packet.pid !== pid)) continue;
      const { from } = packet;
      if (isFirst && isPesAt(bytes, from, "video")) pictures.add(packet.pid);
      if (!pictures.has(packet.pid)) continue;
      space.set(bytes.subarray(from, at), length);
      length += at - from;
    }
    return space.subarray(0, length);
  };
}
