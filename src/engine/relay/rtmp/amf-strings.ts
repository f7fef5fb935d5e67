import { MalformedError } from "../talk.ts";

/** The markers of AMF0; @see https://rtmp.veriskope.com/pdf/amf0-file-format-specification.pdf */
const NUMBER = 0;
const BOOLEAN = 1;
const STRING = 2;
const OBJECT = 3;
const NULL = 5;
const UNDEFINED = 6;
const ECMA_ARRAY = 8;
const OBJECT_END = 9;

/** Bytes behind the markers of values without parts. */
const FIXED: Readonly<Record<number, number>> = {
  [NUMBER]: 8,
  [BOOLEAN]: 1,
  [NULL]: 0,
  [UNDEFINED]: 0,
};
const DEPTH_MAX = 8;

/** All strings of an AMF0 body that are values, in their order; names of properties are none. @throws {MalformedError} */
export function stringsOf(body: Uint8Array): readonly string[] {
  const strings: string[] = [];
  withStrings(body, (text) => {
    strings.push(text);
    return text;
  });
  return strings;
}

/** An AMF0 body with other strings as values. @throws {MalformedError} */
export function withStrings(body: Uint8Array, change: (text: string) => string): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const parts: Uint8Array[] = [];
  let at = 0;
  const take = (count: number): Buffer => {
    if (at + count > bytes.length) throw new MalformedError("a value is cut off");
    at += count;
    return bytes.subarray(at - count, at);
  };
  const keep = (count: number): Buffer => {
    const kept = take(count);
    parts.push(kept);
    return kept;
  };
  const text = (of: (count: number) => Buffer): string => of(of(2).readUInt16BE()).toString("utf8");
  const value = (depth: number): void => {
    if (depth > DEPTH_MAX) throw new MalformedError("its values are nested too deeply");
    const marker = keep(1)[0] ?? OBJECT_END;
    const fixed = FIXED[marker];
    if (fixed !== undefined) keep(fixed);
    else if (marker === STRING) parts.push(stringBytes(change(text(take))));
    else if (marker === OBJECT || marker === ECMA_ARRAY) {
      if (marker === ECMA_ARRAY) keep(4);
      while (text(keep) !== "") value(depth + 1);
      if (keep(1)[0] !== OBJECT_END) throw new MalformedError("an object has no end");
    } else throw new MalformedError(`a value has the marker ${marker}`);
  };
  while (at < bytes.length) value(0);
  return Buffer.concat(parts);
}

function stringBytes(text: string): Uint8Array {
  const bytes = Buffer.from(text, "utf8");
  const size = Buffer.alloc(2);
  size.writeUInt16BE(bytes.length);
  return Buffer.concat([size, bytes]);
}
