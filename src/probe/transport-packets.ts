const PACKET_BYTES = 188;
const SYNC = 0x47;
/** A PES packet begins in it. */
const BEGINS = 0x40;
const PAYLOAD = 0x10;
const ADAPTED = 0x20;

/** Whether a PES packet of a picture begins there. */
const isPicture = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === 0 &&
  bytes[at + 1] === 0 &&
  bytes[at + 2] === 1 &&
  ((bytes[at + 3] ?? 0) & 0xf0) === 0xe0;

/**
 * What lies in the packets of an MPEG-TS that hold pictures, in one piece, for pieces that are cut anywhere. PES headers stay where
 * they are. What a call gives holds until the next.
 */
export function withoutTransport(): (piece: Uint8Array) => Uint8Array {
  const pictures = new Set<number>();
  let space = new Uint8Array();
  return (bytes) => {
    if (space.length < bytes.length) space = new Uint8Array(bytes.length);
    let length = 0;
    let at = 0;
    while (at + PACKET_BYTES <= bytes.length) {
      if (bytes[at] !== SYNC) {
        at += 1;
        continue;
      }
      const high = bytes[at + 1] ?? 0;
      const flags = bytes[at + 3] ?? 0;
      const pid = ((high & 0x1f) << 8) | (bytes[at + 2] ?? 0);
      const from = at + 4 + ((flags & ADAPTED) === 0 ? 0 : 1 + (bytes[at + 4] ?? 0));
      at += PACKET_BYTES;
      if ((flags & PAYLOAD) === 0 || from >= at) continue;
      if ((high & BEGINS) !== 0 && isPicture(bytes, from)) pictures.add(pid);
      if (!pictures.has(pid)) continue;
      space.set(bytes.subarray(from, at), length);
      length += at - from;
    }
    return space.subarray(0, length);
  };
}
