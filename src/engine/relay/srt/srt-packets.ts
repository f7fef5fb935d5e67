import { type PhraseKeys, rekeyed } from "./srt-keys.ts";

/** Of a control packet: its kind, what belongs to that, time and receiver. */
const HEAD_BYTES = 16;
const HANDSHAKE_BYTES = HEAD_BYTES + 48;
/** In a handshake: what its extensions are, which of the steps it is. */
const FLAGS_AT = HEAD_BYTES + 6;
const STEP_AT = HEAD_BYTES + 20;

const HANDSHAKE = 0x8000;
const MESSAGE = 0xffff;
const INDUCTION = 1;
const CONCLUSION = 0xff_ff_ff_ff;
/** Extensions of handshakes, and messages: Key Material of who sends it and as it was understood, and the stream's name. */
const KEYS = [3, 4];
const STREAM_ID = 5;
/** The flag of extensions such as the name of the stream. */
const HAS_CONFIG = 4;

/** What one side of a relay knows of a stream; what it has not, is not said. */
export type SrtSecrets = { readonly passphrase?: string; readonly streamId?: string };

/** Whether a packet is the first of a connection. */
export function isInduction(packet: Uint8Array): boolean {
  const bytes = viewOf(packet);
  return (
    bytes.length >= HANDSHAKE_BYTES &&
    bytes.readUInt16BE(0) === HANDSHAKE &&
    bytes.readUInt32BE(STEP_AT) === INDUCTION
  );
}

/** Whether a packet is the one of a caller that names the stream, and names this one. */
export function isConclusion(packet: Uint8Array, streamId: string): boolean {
  const bytes = viewOf(packet);
  if (bytes.length < HANDSHAKE_BYTES || bytes.readUInt16BE(0) !== HANDSHAKE) return false;
  if (bytes.readUInt32BE(STEP_AT) !== CONCLUSION) return false;
  return extensionsOf(bytes).some(
    ({ kind, body }) => kind === STREAM_ID && textOf(body) === streamId,
  );
}

/**
 * A packet of somebody who knows some secrets as one for somebody who knows others. Media passes as it is: its keys are the same.
 *
 * @param phraseKeys - of the connection
 * @returns undefined if it was not made with the first passphrase, or cannot be read
 */
export function translated(
  packet: Uint8Array,
  from: SrtSecrets,
  to: SrtSecrets,
  phraseKeys: PhraseKeys,
): Uint8Array | undefined {
  const bytes = viewOf(packet);
  if (bytes.length < HEAD_BYTES || (bytes[0] ?? 0) < 0x80) return packet;
  const kind = bytes.readUInt16BE(0);
  if (kind === MESSAGE && KEYS.includes(bytes.readUInt16BE(2))) {
    const keys = keysFor(bytes.subarray(HEAD_BYTES), from, to, phraseKeys);
    return keys && Buffer.concat([bytes.subarray(0, HEAD_BYTES), keys]);
  }
  if (kind !== HANDSHAKE || bytes.length <= HANDSHAKE_BYTES) return packet;
  const parts: Uint8Array[] = [];
  for (const { kind: each, body } of extensionsOf(bytes)) {
    const isName = each === STREAM_ID;
    const said = isName
      ? nameFor(body, from, to)
      : KEYS.includes(each)
        ? keysFor(body, from, to, phraseKeys)
        : body;
    if (!said) return undefined;
    if (!isName || said.length > 0) parts.push(extension(each, said));
  }
  const head = Buffer.from(bytes.subarray(0, HANDSHAKE_BYTES));
  // Only conclusions have extensions, and the flags are those of what follows.
  if (from.streamId !== undefined && to.streamId === undefined)
    head.writeUInt16BE(head.readUInt16BE(FLAGS_AT) & ~HAS_CONFIG, FLAGS_AT);
  return Buffer.concat([head, ...parts]);
}

/** Keys as they are where both sides have the same passphrase, or none; a peer's refusal is one word. */
function keysFor(
  body: Uint8Array,
  from: SrtSecrets,
  to: SrtSecrets,
  phraseKeys: PhraseKeys,
): Uint8Array | undefined {
  const [one, other] = [from.passphrase, to.passphrase];
  if (one === undefined || other === undefined || body.length === 4) return body;
  return rekeyed(body, one, other, phraseKeys);
}

function nameFor(body: Uint8Array, from: SrtSecrets, to: SrtSecrets): Uint8Array {
  if (from.streamId === undefined || textOf(body) !== from.streamId) return body;
  return to.streamId === undefined ? Buffer.alloc(0) : bytesOf(to.streamId);
}

type Extension = { readonly kind: number; readonly body: Uint8Array };

function extensionsOf(bytes: Buffer): readonly Extension[] {
  const found: Extension[] = [];
  for (let at = HANDSHAKE_BYTES; at + 4 <= bytes.length; ) {
    const end = at + 4 + 4 * bytes.readUInt16BE(at + 2);
    // It is cut off.
    if (end > bytes.length) break;
    found.push({ kind: bytes.readUInt16BE(at), body: bytes.subarray(at + 4, end) });
    at = end;
  }
  return found;
}

function extension(kind: number, body: Uint8Array): Uint8Array {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(kind, 0);
  head.writeUInt16BE(body.length / 4, 2);
  return Buffer.concat([head, body]);
}

/** Text comes in words of four letters, each word turned around. */
const textOf = (body: Uint8Array): string =>
  Buffer.from(body).swap32().toString("utf8").replace(/\0+$/, "");

function bytesOf(text: string): Uint8Array {
  const bytes = Buffer.from(text, "utf8");
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]).swap32();
}

const viewOf = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
