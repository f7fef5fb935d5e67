/** A picture as the first of two passes found it. */
export type AnalysedFrame = {
  /** Its place in the order in which pictures are shown. */
  readonly shown: number;
  /** Of a key frame `I`; `i` refers to none before it, and others may refer to those before it. */
  readonly kind: "I" | "i" | "P" | "B";
  /** Whether others refer to it: then there are quantizers of its blocks. */
  readonly isKept: boolean;
  /** Its quantizer, in proportion to the error that it makes. */
  readonly scale: number;
  /** In bits at that quantizer. */
  readonly texture: number;
  readonly motion: number;
  /** What it takes at any quantizer. */
  readonly fixedBits: number;
  /** How much of it refers to no other picture, from 0 to 1. */
  readonly intra: number;
  /** What else its line says, as it is. */
  readonly rest: string;
};

/** What the first of two passes found of a whole. */
export type Statistics = {
  /** The line of the encoder's options. */
  readonly head: string;
  /** In the order in which they are coded. */
  readonly frames: readonly AnalysedFrame[];
  /** How many bytes the blocks of a picture take that others refer to; 0 if there are none. */
  readonly blockBytes: number;
  readonly qcomp: number;
  readonly ipRatio: number;
  readonly pbRatio: number;
  /** The range of quantizers, as those of pictures. */
  readonly scaleLeast: number;
  readonly scaleMost: number;
};

const LINE =
  /^in:(\d+) out:(\d+) (type:([IiPBb]) .*?\bq:(-?[\d.]+) .*\btex:(\d+) mv:(\d+) misc:(\d+) (?:imb|icu):([\d.]+) (?:pmb|pcu):([\d.]+) (?:smb|scu):([\d.]+) [^;]*);$/;

/**
 * Reads what x264 or x265 wrote in the first of two passes: a line of options, and one for each picture in the order in which they are
 * coded.
 *
 * @param blocksBytes - how large the file is in which it wrote the quantizers of blocks, 0 if there is none: all pictures that others refer to
 *   take as much in it
 * @returns undefined if it is not that
 */
export function readStatistics(text: string, blocksBytes: number): Statistics | undefined {
  const [head = "", ...lines] = text.trimEnd().split("\n");
  if (!head.startsWith("#options:")) return undefined;
  const frames: AnalysedFrame[] = [];
  for (const line of lines) {
    const frame = readLine(line, frames.length);
    if (!frame) return undefined;
    frames.push(frame);
  }
  const kept = frames.filter(({ isKept }) => isKept).length;
  const blockBytes = kept === 0 ? 0 : blocksBytes / kept;
  if (!Number.isInteger(blockBytes)) return undefined;
  const told = (names: string, usual: number): number =>
    Number(new RegExp(`\\b(?:${names})=([\\d.]+)`).exec(head)?.[1] ?? usual);
  return {
    ...{ head: `${head}\n`, frames, blockBytes, qcomp: told("qcomp", 0.6) },
    ipRatio: told("ip_ratio|ipratio", 1.4),
    pbRatio: told("pb_ratio|pbratio", 1.3),
    scaleLeast: scaleOf(told("qpmin", 0)),
    scaleMost: scaleOf(told("qpmax", 69)),
  };
}

function readLine(line: string, coded: number): AnalysedFrame | undefined {
  const [, shown, out, rest = "", type = "", q, tex, mv, misc, ...blocks] = LINE.exec(line) ?? [];
  if (Number(out) !== coded) return undefined;
  const [intra = 0, inter = 0, skipped = 0] = blocks.map(Number);
  const all = intra + inter + skipped;
  return {
    ...{ shown: Number(shown), isKept: type !== "b", rest, scale: scaleOf(Number(q)) },
    kind: type === "b" ? "B" : (type as AnalysedFrame["kind"]),
    ...{ texture: Number(tex), motion: Number(mv), fixedBits: Number(misc) },
    intra: all === 0 ? 0 : intra / all,
  };
}

/** A quantizer of a codec, in proportion to the error that it makes: six steps double it. */
const scaleOf = (quantizer: number): number => 0.85 * 2 ** ((quantizer - 12) / 6);
