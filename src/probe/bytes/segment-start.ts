import { isFirstAt, isPacketAt, isPesAt, PACKET_BYTES, packetAt } from "./transport-packets.ts";

/** Types of H.264's units. */
const SLICE = 1;
const KEY_SLICE = 5;
const PARAMETER_SET = 7;

/**
 * Whether the first picture of an MPEG-TS segment with H.264 lacks the parameter sets that it needs to be decoded.
 *
 * @param bytes - the beginning of the segment
 */
export function lacksParameterSets(bytes: Uint8Array): boolean {
  const picture = firstPicture(bytes);
  for (let at = 0; at + 3 < picture.length; at += 1) {
    if (picture[at] !== 0 || picture[at + 1] !== 0 || picture[at + 2] !== 1) continue;
    const kind = (picture[at + 3] ?? 0) & 0x1f;
    if (kind === PARAMETER_SET) return false;
    if (kind === SLICE || kind === KEY_SLICE) return true;
  }
  return false;
}

/** The bytes of the first picture of the first video stream: what its packets carry up to the next picture. */
function firstPicture(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let pid: number | undefined;
  for (let at = 0; at + PACKET_BYTES <= bytes.length; at += PACKET_BYTES) {
    if (!isPacketAt(bytes, at)) break;
    const packet = packetAt(bytes, at);
    if (!packet || (pid !== undefined && packet.pid !== pid)) continue;
    const isFirst = isFirstAt(bytes, at);
    if (pid !== undefined && isFirst) break;
    if (pid === undefined && !(isFirst && isPesAt(bytes, packet.from, "video"))) continue;
    const { from } = packet;
    // The PES header is left out: its start code may look like a unit's.
    const begin = pid === undefined ? from + 9 + (bytes[from + 8] ?? 0) : from;
    pid = packet.pid;
    parts.push(bytes.subarray(begin, at + PACKET_BYTES));
  }
  return Buffer.concat(parts);
}
