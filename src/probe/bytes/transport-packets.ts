/** The length of every packet of MPEG-TS; each begins with the sync byte. */
export const PACKET_BYTES = 188;
const SYNC = 0x47;
/** A PES packet begins in the packet. */
const BEGINS = 0x40;
const PAYLOAD = 0x10;
const ADAPTED = 0x20;

/** A packet of MPEG-TS that has a payload. */
type Packet = {
  readonly pid: number;
  /** Where its payload begins in the bytes. */
  readonly from: number;
};

/** The packet that begins at a place in bytes; undefined if none does, or if it has no payload. */
export function packetAt(bytes: Uint8Array, at: number): Packet | undefined {
  if (bytes[at] !== SYNC) return undefined;
  const high = bytes[at + 1] ?? 0;
  const flags = bytes[at + 3] ?? 0;
  const from = at + 4 + ((flags & ADAPTED) === 0 ? 0 : 1 + (bytes[at + 4] ?? 0));
  if ((flags & PAYLOAD) === 0 || from >= at + PACKET_BYTES) return undefined;
  const pid = ((high & 0x1f) << 8) | (bytes[at + 2] ?? 0);
  return { pid, from };
}

/** Whether a packet begins at a place in bytes, judged by its first byte. */
export const isPacketAt = (bytes: Uint8Array, at: number): boolean => bytes[at] === SYNC;

/** Whether a PES packet begins in the packet that begins there. */
export const isFirstAt = (bytes: Uint8Array, at: number): boolean =>
  ((bytes[at + 1] ?? 0) & BEGINS) !== 0;

/** Whether a PES packet of video or audio begins at a place in bytes. */
export const isPesAt = (bytes: Uint8Array, at: number, kind: "video" | "audio"): boolean =>
  bytes[at] === 0 &&
  bytes[at + 1] === 0 &&
  bytes[at + 2] === 1 &&
  (kind === "video"
    ? ((bytes[at + 3] ?? 0) & 0xf0) === 0xe0
    : ((bytes[at + 3] ?? 0) & 0xe0) === 0xc0);

/**
 * Makes a function that joins the payloads of the video packets in a part of an MPEG-TS, which may be cut anywhere. PES headers stay in
 * it. The bytes that a call returns are valid until the next call.
 *
 * @param pid - of the video stream that is meant; without it, all are taken
 */
export function withoutTransport(pid?: number): (part: Uint8Array) => Uint8Array {
  const videoPids = new Set<number>();
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
      if (isFirst && isPesAt(bytes, from, "video")) videoPids.add(packet.pid);
      if (!videoPids.has(packet.pid)) continue;
      space.set(bytes.subarray(from, at), length);
      length += at - from;
    }
    return space.subarray(0, length);
  };
}
