import { Pieces } from "../pieces.ts";
import { MalformedError } from "../talk.ts";

/** A request or an answer. @see https://www.rfc-editor.org/rfc/rfc2326 */
export type RtspMessage = {
  /** The first line. */
  readonly start: string;
  /** Names as they were written. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
};

const HEAD_BYTES_MAX = 64 << 10;
const BODY_BYTES_MAX = 256 << 10;
const DOLLAR = 0x24;
/** Of a frame of media: the sign, its channel, and its size in two bytes. */
const FRAME_HEAD_BYTES = 4;
const HEAD_END = /\r?\n\r?\n/g;
/** ffmpeg drops carriage returns and ends at zeroes: what holds them says something else to it than to the relay. */
const UNPRINTABLE = /[^\t\x20-\x7e\x80-\xff]/;
/** For ffmpeg, a line that begins with a dollar is a frame of media. */
const HEADER_NAME = /^[a-z][\w-]*$/i;

/** One direction of an RTSP connection: messages are read and written anew; media between them passes without a copy. */
export class RtspFrames {
  /** Of a frame whose size is known. */
  #leftBytes = 0;
  /** The beginning of a message, or of the head of a frame. */
  #read: Buffer = Buffer.alloc(0);
  /** How much of it holds no end of a head. */
  #searched = 0;

  /** @param onMessage - returns what is sent on in its place. May throw to end the connection */
  constructor(private readonly onMessage: (message: RtspMessage) => readonly RtspMessage[]) {}

  /** @returns what is sent on. @throws {MalformedError}, and what `onMessage` threw */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    const out = new Pieces(chunk);
    let at = 0;
    while (at < chunk.length) {
      if (this.#leftBytes > 0) at = this.#takeFrame(at, out);
      else if ((this.#read[0] ?? chunk[at]) === DOLLAR) at = this.#takeFrameHead(at, out);
      else at = this.#takeMessage(at, out);
    }
    return out.all();
  }

  #takeFrame(at: number, out: Pieces): number {
    const end = Math.min(at + this.#leftBytes, out.bytes.length);
    out.keep(at, end);
    this.#leftBytes -= end - at;
    return end;
  }

  #takeFrameHead(at: number, out: Pieces): number {
    const carried = this.#read;
    const end = Math.min(at + FRAME_HEAD_BYTES - carried.length, out.bytes.length);
    const head = Buffer.concat([carried, out.bytes.subarray(at, end)]);
    if (head.length < FRAME_HEAD_BYTES) {
      this.#read = head;
      return end;
    }
    this.#read = Buffer.alloc(0);
    this.#leftBytes = head.readUInt16BE(2);
    out.add(carried);
    out.keep(at, end);
    return end;
  }

  #takeMessage(at: number, out: Pieces): number {
    const before = this.#read.length;
    const read = Buffer.concat([this.#read, out.bytes.subarray(at)]);
    const message = this.#messageIn(read);
    if (!message) {
      this.#read = read;
      return out.bytes.length;
    }
    this.#read = Buffer.alloc(0);
    this.#searched = 0;
    if (message.start !== "") for (const sent of this.onMessage(message)) out.add(bytesOf(sent));
    return at + message.sizeBytes - before;
  }

  #messageIn(read: Buffer): (RtspMessage & { readonly sizeBytes: number }) | undefined {
    // Some peers end a message with one more line.
    const blank = /^(?:\r?\n)+/.exec(read.toString("latin1", 0, 8))?.[0];
    if (blank !== undefined) return { start: "", headers: [], body: "", sizeBytes: blank.length };
    const from = Math.max(0, this.#searched - 3);
    HEAD_END.lastIndex = 0;
    const found = HEAD_END.exec(read.toString("latin1", from));
    this.#searched = read.length;
    if (!found) {
      if (read.length > HEAD_BYTES_MAX)
        throw new MalformedError("the head of a message is too long");
      return undefined;
    }
    this.#searched = from;
    const bodyAt = from + found.index + found[0].length;
    const [first = "", ...lines] = read.toString("latin1", 0, from + found.index).split(/\r?\n/);
    const start = first.trim();
    if ([start, ...lines].some((line) => UNPRINTABLE.test(line)))
      throw new MalformedError("a line holds a control character");
    const headers = lines.map(headerIn);
    const size = Number(headerOf({ headers }, "content-length") ?? 0);
    if (!Number.isInteger(size) || size < 0 || size > BODY_BYTES_MAX)
      throw new MalformedError("the body of a message has no size that can be");
    if (read.length < bodyAt + size) return undefined;
    const body = read.toString("latin1", bodyAt, bodyAt + size);
    return { start, headers, body, sizeBytes: bodyAt + size };
  }
}

function headerIn(line: string): readonly [string, string] {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(colon, 0)).trim();
  if (!HEADER_NAME.test(name)) throw new MalformedError("a header has no name");
  return [name, line.slice(colon + 1).trim()];
}

/** The first header of a name, in lower case. */
export const headerOf = (
  { headers }: Pick<RtspMessage, "headers">,
  wanted: string,
): string | undefined => headers.find(([name]) => name.toLowerCase() === wanted)?.[1];

/** A message as it is sent. */
export function bytesOf({ start, headers, body }: RtspMessage): Uint8Array {
  const lines = headers
    .filter(([name]) => name.toLowerCase() !== "content-length")
    .map(([name, value]) => `${name}: ${value}\r\n`);
  const size = body === "" ? "" : `Content-Length: ${body.length}\r\n`;
  return Buffer.from(`${start}\r\n${lines.join("")}${size}\r\n${body}`, "latin1");
}
