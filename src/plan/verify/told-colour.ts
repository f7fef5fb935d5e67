/** How a stream's colours are written: by the numbers of ITU-T H.273. */
export type CodedColour = {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
};

/** What a stream tells players of itself. */
export type ToldStream = {
  /** As players know it: `avc1.64001f`, `mp4a.40.2`. */
  readonly codec: string;
  readonly colour?: CodedColour;
};

const RANGES: Readonly<Record<number, "PQ" | "HLG">> = { 16: "PQ", 18: "HLG" };

/** The dynamic range of a stream in a multivariant playlist; none if it is the standard one, which needs no word. */
export const rangeOf = ({ colour }: ToldStream): readonly ("PQ" | "HLG")[] =>
  colour ? [RANGES[colour.transfer] ?? []].flat() : [];

/** Of BT.2020 and above, which players do not take a picture for that says nothing. */
const WIDE_PRIMARIES = [9, 11, 12];

const isUnusual = ({ colour }: ToldStream): boolean =>
  colour !== undefined &&
  (RANGES[colour.transfer] !== undefined || WIDE_PRIMARIES.includes(colour.primaries));

const SCHEME = "urn:mpeg:mpegB:cicp:";

/** An adaptation set of pictures, up to the number of its first stream: the tag, its indent, the number. */
const PICTURES =
  /^(\t*)<AdaptationSet [^>]*contentType="video"[^>]*>\n(?=\s*<Representation id="(\d+)")/gm;

/**
 * A manifest with the colours of its pictures, as far as players may not expect them. If there is another adaptation set
 * with usual ones, a player that does not know these leaves the set alone (`EssentialProperty`); otherwise it has nothing
 * else to play.
 *
 * @param streams - in their order
 * @see ISO/IEC 23009-1, 5.8.4.8 and 5.8.4.9
 */
export function withColours(manifest: string, streams: readonly ToldStream[]): string {
  const shown = [...manifest.matchAll(PICTURES)].flatMap(([, , id]) => streams[Number(id)] ?? []);
  const isChoice = shown.some((one) => !isUnusual(one));
  const property = isChoice ? "EssentialProperty" : "SupplementalProperty";
  return manifest.replace(PICTURES, (head: string, indent: string, id: string) => {
    const told = streams[Number(id)];
    if (!told?.colour || !isUnusual(told)) return head;
    const { primaries, transfer, matrix } = told.colour;
    const all = {
      ColourPrimaries: primaries,
      TransferCharacteristics: transfer,
      MatrixCoefficients: matrix,
    };
    const lines = Object.entries(all).map(
      ([name, value]) =>
        `${indent}\t<${property} schemeIdUri="${SCHEME}${name}" value="${value}"/>\n`,
    );
    return head + lines.join("");
  });
}
