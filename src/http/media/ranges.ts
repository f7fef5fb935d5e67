import { TaskError } from "../../task/errors.ts";
import { invalidFields } from "../invalid-fields.ts";

/** Bytes of a file, without the end. */
export type Span = { readonly fromByte: number; readonly toByte: number };

const RANGE = /^bytes=(?:(\d{1,15})-(\d{1,15})?|-(\d{1,15}))$/;
const CONTENT_RANGE = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/;

/**
 * The part of a file that a `Range` asks for; undefined if all of it is to be sent: also where several parts are asked for, or the header
 * is none of bytes.
 *
 * @throws {TaskError} `range_invalid` if the file has no such part
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14.2
 */
export function askedSpan(range: string | null, sizeBytes: number): Span | undefined {
  const [, first, last, suffix] = RANGE.exec(range ?? "") ?? [];
  if (suffix !== undefined) {
    if (suffix === "0" || sizeBytes === 0) throw unsatisfiable(sizeBytes);
    return { fromByte: Math.max(0, sizeBytes - Number(suffix)), toByte: sizeBytes };
  }
  if (first === undefined) return undefined;
  const fromByte = Number(first);
  const toByte = Math.min(sizeBytes, last === undefined ? sizeBytes : Number(last) + 1);
  // The standard has such a header ignored.
  if (last !== undefined && Number(last) < fromByte) return undefined;
  if (fromByte >= sizeBytes) throw unsatisfiable(sizeBytes);
  return { fromByte, toByte };
}

const unsatisfiable = (sizeBytes: number): TaskError =>
  new TaskError("range_invalid", `Cannot read this range: the file has ${sizeBytes} bytes`);

/** A piece of a file that is put in, and how large the file will be. */
export type Piece = Span & { readonly totalBytes: number };

/**
 * Which piece of a file a body is, by its `Content-Range` and its length; without the former it is the whole file.
 *
 * @throws {TaskError} `invalid_parameter` if it cannot be told, or the two contradict each other
 */
export function pieceOf(headers: Headers): Piece {
  const told = headers.get("Content-Length");
  const range = headers.get("Content-Range");
  if (range === null) {
    if (told === null || headers.has("Transfer-Encoding"))
      throw wrong("Content-Length", "is needed, or Content-Range");
    return { fromByte: 0, toByte: Number(told), totalBytes: Number(told) };
  }
  const [, first, last, total] = CONTENT_RANGE.exec(range) ?? [];
  const piece = { fromByte: Number(first), toByte: Number(last) + 1, totalBytes: Number(total) };
  const isSound = piece.fromByte < piece.toByte && piece.toByte <= piece.totalBytes;
  if (!isSound) throw wrong("Content-Range", "must be `bytes FIRST-LAST/TOTAL`");
  if (told !== null && Number(told) !== piece.toByte - piece.fromByte)
    throw wrong("Content-Range", "must be as long as the body");
  return piece;
}

const wrong = (path: string, message: string): TaskError => invalidFields([{ path, message }]);
