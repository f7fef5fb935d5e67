import { TaskError } from "../task/errors.ts";
import type { BodyRoom } from "./bodies.ts";

const tooLarge = (sizeBytesMax: number): TaskError =>
  new TaskError("request_too_large", `Cannot read the body: it is over ${sizeBytesMax} bytes`);

/** Few enough to be read for nothing. */
const SHORT_BODY_BYTES = 65_536;

/** How long a body is, as its caller says; 0 if that does not say. */
export const toldBytes = ({ headers }: Request): number => Number(headers.get("Content-Length"));

/** Whether a body has a length that is not short, or no length. */
export const mayBeLong = (request: Request): boolean =>
  toldBytes(request) > SHORT_BODY_BYTES || request.headers.has("Transfer-Encoding");

const SHA256 = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):/;

/**
 * The SHA-256 of a body in hex, as its caller says; undefined if that does not say.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9530#section-2
 */
export function toldSha256(headers: Headers): string | undefined {
  const base64 = SHA256.exec(headers.get("Content-Digest") ?? "")?.[1];
  return base64 === undefined ? undefined : Buffer.from(base64, "base64").toString("hex");
}

/**
 * Reads a whole body, but never more than `sizeBytesMax`, whether it has a length or comes in chunks.
 *
 * @param room - taken before the bytes are; the caller frees it
 * @throws {TaskError} `request_too_large`; `service_unavailable` if there is no room; `malformed_json` if the caller hung up before its end
 */
export async function readBody(
  request: Request,
  sizeBytesMax: number,
  room: Pick<BodyRoom, "take">,
): Promise<Uint8Array> {
  const told = request.headers.get("Content-Length");
  if (told !== null && Number(told) > sizeBytesMax) throw tooLarge(sizeBytesMax);
  if (told !== null) room.take(Number(told));
  try {
    // With a length, the runtime holds the caller to it, and no stream is needed.
    const bytes =
      told === null ? await readChunks(request.body, sizeBytesMax, room) : await request.bytes();
    if (bytes.byteLength > sizeBytesMax) throw tooLarge(sizeBytesMax);
    return bytes;
  } catch (error) {
    if (error instanceof TaskError) throw error;
    throw new TaskError("malformed_json", "Cannot read the body: it ended before it was complete", {
      cause: error,
    });
  }
}

async function readChunks(
  body: ReadableStream<Uint8Array> | null,
  sizeBytesMax: number,
  room: Pick<BodyRoom, "take">,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body ?? []) {
    sizeBytes += chunk.byteLength;
    // Leaving the loop cancels the stream.
    if (sizeBytes > sizeBytesMax) throw tooLarge(sizeBytesMax);
    room.take(chunk.byteLength);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json *(?:;|$)/i;
const CHARSET = /; *charset *= *"?([^";\s]*)/i;

/**
 * Refuses a body with a content type other than JSON. A body without one counts as JSON, as the API document's requests have no
 * content type.
 *
 * @throws {TaskError} `unsupported_media_type`
 */
export function checkMediaType(headers: Headers): void {
  const type = headers.get("Content-Type");
  if (type && !JSON_TYPE.test(type)) throw notJson("its Content-Type is not application/json");
  const charset = CHARSET.exec(type ?? "")?.[1] ?? "utf-8";
  if (!/^utf-?8$/i.test(charset)) throw notJson("its charset is not utf-8");
  const coding = headers.get("Content-Encoding") ?? "identity";
  if (coding.toLowerCase() !== "identity") throw notJson("a Content-Encoding is not supported");
}

const notJson = (state: string): TaskError =>
  new TaskError("unsupported_media_type", `Cannot read the body: ${state}`);

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** Parses JSON in UTF-8. @throws {TaskError} `malformed_json` */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(UTF8.decode(bytes));
  } catch (error) {
    // A SyntaxError, a TypeError for bytes that are not UTF-8, or a RangeError for brackets nested too deep.
    throw new TaskError("malformed_json", "Cannot read the body: it is not JSON in UTF-8", {
      cause: error,
    });
  }
}
