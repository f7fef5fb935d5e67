import { Pieces } from "../pieces.ts";
import { MalformedError } from "../talk.ts";

/** C0, C1 and C2, and S0, S1 and S2 as well: one byte and two blocks. @see https://rtmp.veriskope.com/docs/spec/ */
const HANDSHAKE_BYTES = 1 + 2 * 1536;
/** Before a Set Chunk Size. */
const FIRST_CHUNK_BYTES = 128;
const CHUNK_BYTES_MAX = 0x7f_ff_ff_ff;
/** Commands name streams and carry what servers say about errors. */
const READ_BYTES_MAX = 64 << 10;
/** ffmpeg uses six. */
const STREAMS_MAX = 64;

const SET_CHUNK_SIZE = 1;
/** The type of messages that are commands in AMF0, the only ones that ffmpeg sends. */
export const COMMAND = 20;

/** The bytes of message headers behind the basic header, by their format: time stamp, length and type, stream. */
const HEADER_BYTES = [11, 7, 3, 0] as const;
/** A time stamp that stands in four bytes behind the header. */
const EXTENDED = 0xff_ff_ff;

type Stream = {
  readonly id: number;
  /** As in the last header: the time in format 0, else a step. */
  timeField: number;
  timeMs: number;
  sizeBytes: number;
  type: number;
  messageStream: number;
  /** Of the message that has begun. */
  leftBytes: number;
  /** The last message was written anew, so that headers that refer to it must be too. */
  isOwn: boolean;
  /** The body of a message that is read. */
  body: Uint8Array[] | undefined;
};

/** Looks at messages of one direction. Both may throw to end the connection. */
export type ChunksListener = {
  /** Called with the type of each message before it passes. */
  readonly onMessage?: (type: number) => void;
  /** @returns what the body of a command becomes */
  readonly onCommand: (body: Uint8Array) => Uint8Array;
};

/** One direction of an RTMP connection. Commands are read and written anew; all else passes as it came, without a copy. */
export class RtmpChunks {
  #handshakeBytes = HANDSHAKE_BYTES;
  #chunkBytes = FIRST_CHUNK_BYTES;
  readonly #streams = new Map<number, Stream>();
  /** The beginning of a header. */
  #head: Buffer = Buffer.alloc(0);
  /** The stream of the chunk that has begun, and what is left of the chunk. */
  #stream: Stream | undefined;
  #leftBytes = 0;

  constructor(private readonly listener: ChunksListener) {}

  /** @returns what is sent on. @throws {MalformedError}, and what the listener threw */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    const out = new Pieces(chunk);
    let at = Math.min(this.#handshakeBytes, chunk.length);
    this.#handshakeBytes -= at;
    out.keep(0, at);
    while (at < chunk.length)
      at = this.#stream ? this.#takeBody(this.#stream, at, out) : this.#takeHead(at, out);
    return out.all();
  }

  #takeHead(at: number, out: Pieces): number {
    const { bytes } = out;
    const carried = this.#head;
    const more = bytes.subarray(at, at + HEAD_BYTES_MAX - carried.length);
    const head = carried.length === 0 ? bufferOf(more) : Buffer.concat([carried, more]);
    const size = headBytes(head, this.#streams);
    if (size === undefined || size > head.length) {
      this.#head = Buffer.from(head);
      return bytes.length;
    }
    this.#head = Buffer.alloc(0);
    const end = at + size - carried.length;
    const stream = this.#streamOf(head);
    const isFirst = stream.leftBytes === 0;
    if (isFirst) this.#begin(stream, head.subarray(0, size));
    if (!stream.body && isFirst && stream.isOwn) out.add(headOf(stream, stream.sizeBytes));
    else if (!stream.body) {
      out.add(carried);
      out.keep(at, end);
    }
    this.#stream = stream;
    this.#leftBytes = Math.min(stream.leftBytes, this.#chunkBytes);
    if (this.#leftBytes === 0) this.#endChunk(stream, out);
    return end;
  }

  #takeBody(stream: Stream, at: number, out: Pieces): number {
    const end = Math.min(at + this.#leftBytes, out.bytes.length);
    if (stream.body) stream.body.push(Uint8Array.from(out.bytes.subarray(at, end)));
    else out.keep(at, end);
    this.#leftBytes -= end - at;
    stream.leftBytes -= end - at;
    if (this.#leftBytes === 0) this.#endChunk(stream, out);
    return end;
  }

  #endChunk(stream: Stream, out: Pieces): void {
    this.#stream = undefined;
    if (stream.leftBytes > 0 || !stream.body) return;
    const read = Buffer.concat(stream.body);
    stream.body = undefined;
    const body = stream.type === COMMAND ? this.listener.onCommand(read) : read;
    stream.isOwn = true;
    for (const piece of messageOf(stream, body, this.#chunkBytes)) out.add(piece);
    if (stream.type !== SET_CHUNK_SIZE) return;
    const size = read.length === 4 ? read.readUInt32BE() : 0;
    if (size < 1 || size > CHUNK_BYTES_MAX) throw new MalformedError("a chunk has no size");
    this.#chunkBytes = size;
  }

  #streamOf(head: Buffer): Stream {
    const id = idIn(head);
    const known = this.#streams.get(id);
    if (known) {
      if (known.leftBytes > 0 && formatOf(head) !== 3)
        throw new MalformedError("a message begins within another one");
      return known;
    }
    if (this.#streams.size === STREAMS_MAX) throw new MalformedError("it has too many streams");
    const none = { timeField: 0, timeMs: 0, sizeBytes: 0, type: 0, messageStream: 0, leftBytes: 0 };
    const stream = { id, ...none, isOwn: false, body: undefined };
    this.#streams.set(id, stream);
    return stream;
  }

  #begin(stream: Stream, head: Buffer): void {
    const format = formatOf(head);
    const at = basicBytes(head);
    if (format < 3) {
      const field = head.readUIntBE(at, 3);
      stream.timeField = field === EXTENDED ? head.readUInt32BE(head.length - 4) : field;
    }
    if (format < 2) {
      stream.sizeBytes = head.readUIntBE(at + 3, 3);
      stream.type = head[at + 6] ?? 0;
    }
    if (format === 0) stream.messageStream = head.readUInt32LE(at + 7);
    stream.timeMs = format === 0 ? stream.timeField : (stream.timeMs + stream.timeField) >>> 0;
    stream.leftBytes = stream.sizeBytes;
    this.listener.onMessage?.(stream.type);
    const isRead = stream.type === COMMAND || stream.type === SET_CHUNK_SIZE;
    if (isRead && stream.sizeBytes > READ_BYTES_MAX)
      throw new MalformedError("a command is too long");
    stream.body = isRead ? [] : undefined;
  }
}

/** Of the longest: three bytes of basic header, message header, extended time stamp. */
const HEAD_BYTES_MAX = 3 + HEADER_BYTES[0] + 4;

const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const formatOf = (head: Uint8Array): 0 | 1 | 2 | 3 => ((head[0] ?? 0) >> 6) as 0 | 1 | 2 | 3;
const basicBytes = ([first = 0]: Uint8Array): number => [2, 3][first & 63] ?? 1;

function idIn(head: Buffer): number {
  const size = basicBytes(head);
  if (size === 1) return (head[0] ?? 0) & 63;
  return 64 + (size === 2 ? (head[1] ?? 0) : head.readUInt16LE(1));
}

/** How many bytes a header has; undefined if that cannot be known yet. */
function headBytes(head: Buffer, streams: ReadonlyMap<number, Stream>): number | undefined {
  const basic = basicBytes(head);
  if (head.length < basic) return undefined;
  const format = formatOf(head);
  const size = basic + HEADER_BYTES[format];
  if (head.length < size) return undefined;
  const isExtended =
    format === 3
      ? (streams.get(idIn(head))?.timeField ?? 0) >= EXTENDED
      : head.readUIntBE(basic, 3) === EXTENDED;
  return size + (isExtended ? 4 : 0);
}

function basicOf(format: number, id: number): Buffer {
  if (id < 64) return Buffer.from([(format << 6) | id]);
  if (id < 320) return Buffer.from([format << 6, id - 64]);
  return Buffer.from([(format << 6) | 1, (id - 64) & 255, (id - 64) >> 8]);
}

/** The first header of a message in full. What follows repeats its time, as that of ffmpeg does. */
function headOf(stream: Stream, sizeBytes: number): Buffer {
  const { id, timeMs, type, messageStream } = stream;
  const isExtended = timeMs >= EXTENDED;
  const head = Buffer.alloc(HEADER_BYTES[0] + (isExtended ? 4 : 0));
  head.writeUIntBE(isExtended ? EXTENDED : timeMs, 0, 3);
  head.writeUIntBE(sizeBytes, 3, 3);
  head[6] = type;
  head.writeUInt32LE(messageStream, 7);
  if (isExtended) head.writeUInt32BE(timeMs, HEADER_BYTES[0]);
  return Buffer.concat([basicOf(0, id), head]);
}

function* messageOf(stream: Stream, body: Uint8Array, chunkBytes: number): Iterable<Uint8Array> {
  const head = headOf(stream, body.length);
  yield head;
  for (let at = 0; at < body.length; at += chunkBytes) {
    if (at > 0) yield basicOf(3, stream.id);
    if (at > 0 && stream.timeMs >= EXTENDED) yield head.subarray(-4);
    yield body.subarray(at, at + chunkBytes);
  }
}
