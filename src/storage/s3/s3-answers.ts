/** Of an answer that is a document. A list of 1,000 keys of 1,024 bytes, every byte escaped, is below 4 MiB. */
const TEXT_BYTES_MAX = 8 << 20;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** The bytes of an answer as text; cut if it is longer than any that is expected. */
export async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > TEXT_BYTES_MAX) break;
  }
  return Buffer.concat(parts).toString();
}

/**
 * The insides of all elements of a name. The few documents that are read here are flat, without attributes that matter:
 * a whole XML parser would find the same.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html for one of them
 */
export const elementsOf = (xml: string, name: string): readonly string[] =>
  [...xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>(.*?)</${name}>`, "gs"))].map(
    ([, inside = ""]) => inside,
  );

/** The text of the first element of a name, unescaped; undefined if there is none. */
export const elementOf = (xml: string, name: string): string | undefined =>
  elementsOf(xml, name)[0]?.replace(
    /&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi,
    (whole, ten, hex, word) => {
      const point = ten ? Number(ten) : hex ? Number.parseInt(hex, 16) : undefined;
      if (point === undefined) return ENTITIES[word] ?? whole;
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    },
  );

/** The key that an element of a list names; asked for with `encoding-type=url`, it is escaped as in a form. */
export function keyIn(element: string): string {
  const text = elementOf(element, "Key") ?? "";
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
