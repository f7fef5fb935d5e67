const PACKET_BYTES = 188;
const SYNC = 0x47;

/** Kinds of units of H.264. */
const SLICE = 1;
const KEY_SLICE = 5;
const PARAMETER_SET = 7;

/**
 * Whether the first picture of a piece of MPEG-TS with H.264 comes without the parameter sets that it needs to be decoded.
 *
 * @param bytes - its beginning
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

/** What the first packets of the first picture's stream carry, up to its next picture. */
function firstPicture(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let stream: number | undefined;
  for (let at = 0; at + PACKET_BYTES <= bytes.length; at += PACKET_BYTES) {
    const packet = bytes.subarray(at, at + PACKET_BYTES);
    const [sync, flags = 0, low = 0, control = 0, adaptation = 0] = packet;
    if (sync !== SYNC) break;
    if ((control & 0x10) === 0) continue;
    const payload = packet.subarray(4 + ((control & 0x20) === 0 ? 0 : 1 + adaptation));
    const number = ((flags & 0x1f) << 8) | low;
    const isStart = (flags & 0x40) !== 0;
    if (stream === undefined) {
      if (!isStart || !isPicture(payload)) continue;
      stream = number;
      parts.push(payload.subarray(9 + (payload[8] ?? 0)));
    } else if (number === stream) {
      if (isStart) break;
      parts.push(payload);
    }
  }
  return joined(parts);
}

/** It begins as packets of a video stream do. */
const isPicture = ([zero, none, one, kind = 0]: Uint8Array): boolean =>
  zero === 0 && none === 0 && one === 1 && (kind & 0xf0) === 0xe0;

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
