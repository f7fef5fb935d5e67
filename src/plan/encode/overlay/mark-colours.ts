import type { VideoStream } from "../../../probe/media.ts";
import { isPageCodec, type VideoCodec } from "../../../profile/codecs.ts";
import type { KeptColour } from "../../plan.ts";
import type { Filter } from "../filters.ts";
import type { Size } from "../picture.ts";

/** Whether the pictures of a codec are red, green and blue when they are encoded. */
export const isRgb = (codec: VideoCodec): boolean => codec === "png" || codec === "gif";

/** What the scale filter calls the ways in which pictures state that colours become light and two differences of colour. */
const MATRICES: Readonly<Record<string, string>> = {
  bt709: "bt709",
  bt470bg: "bt601",
  smpte170m: "bt601",
  fcc: "fcc",
  smpte240m: "smpte240m",
  bt2020nc: "bt2020",
  bt2020c: "bt2020",
};

/** Players take pictures of this height and more as BT.709, where these do not say what they are. */
const HIGH_DEFINITION = 720;

type Made = Size & {
  readonly colour?: KeptColour;
  readonly isToneMapped: boolean;
};

/**
 * The filters that bring colours of the web (sRGB, 16 bits a value) to those that the pictures of an output have when they are encoded,
 * and the format in which both are put together.
 */
export function markColours(
  codec: VideoCodec,
  made: Made,
  source: VideoStream,
): { readonly filters: readonly Filter[]; readonly format: string } {
  if (isRgb(codec)) return { filters: [{ name: "format", values: ["rgba"] }], format: "rgb" };
  const tags = made.colour ? made.colour.tags : made.isToneMapped ? {} : source.color;
  // Their values are always those of BT.601.
  const isOfPages = isPageCodec(codec);
  const known = made.isToneMapped ? "bt709" : MATRICES[tags.space ?? ""];
  const usual = made.height < HIGH_DEFINITION || tags.space !== undefined ? "bt601" : "bt709";
  const matrix = isOfPages ? "bt601" : (known ?? usual);
  // All others are brought to the range of films before they are encoded, unless their colours are kept.
  const isFull = codec === "mjpeg" || (made.colour !== undefined && tags.range === "pc");
  const depth = made.colour ? "p10" : "";
  return {
    filters: [
      ...(isOfPages ? [] : displayFilters(tags)),
      {
        name: "scale",
        options: { out_color_matrix: matrix, out_range: isFull ? "full" : "tv" },
      },
      { name: "format", values: [`yuva420${depth === "" ? "p" : "p10le"}`] },
    ],
    format: `yuv420${depth}`,
  };
}

/** Largest value of 16 bits. */
const MOST = 65_535;

/** A curve for all three colours; in `x` is a value, 0 to 1. */
function curve(text: (x: string) => string): Filter {
  const value = `${MOST}*(${text(`(val/${MOST})`)})`;
  return { name: "lutrgb", options: { r: value, g: value, b: value } };
}

/** sRGB to linear light, and back. @see IEC 61966-2-1 */
const LINEAR = curve((x) => `if(lt(${x},0.04045),${x}/12.92,pow((${x}+0.055)/1.055,2.4))`);
const SRGB = curve((x) => `if(lt(${x},0.0031308),${x}*12.92,1.055*pow(${x},1/2.4)-0.055)`);

/** BT.709's primaries to those of BT.2020. @see https://www.itu.int/rec/R-REC-BT.2087 (M2) */
const WIDER: Filter = {
  name: "colorchannelmixer",
  options: {
    ...{ rr: 0.6274, rg: 0.3293, rb: 0.0433 },
    ...{ gr: 0.0691, gg: 0.9195, gb: 0.0114 },
    ...{ br: 0.0164, bg: 0.088, bb: 0.8956 },
  },
};

/** The light of white in pictures of a high dynamic range, in cd/m², and the most that PQ has. @see ITU-R BT.2408, table 1 */
const WHITE = 203 / 10_000;
/** The light that HLG shows at 75 %, which is white there. */
const HLG_WHITE = 0.26496;

/** Linear light, 1 being white, to PQ. @see ITU-R BT.2100, table 4 */
const PQ = curve((x) => {
  const power = `pow(${x}*${WHITE},0.1593017578125)`;
  return `pow((0.8359375+18.8515625*${power})/(1+18.6875*${power}),78.84375)`;
});

/** The same to HLG. @see ITU-R BT.2100, table 5 */
const HLG = curve((x) => {
  const light = `(${x}*${HLG_WHITE})`;
  return `if(lte(${light},1/12),sqrt(3*${light}),0.17883277*log(12*${light}-0.28466892)+0.55991073)`;
});

const CURVES: Readonly<Record<string, Filter>> = { smpte2084: PQ, "arib-std-b67": HLG };

/** The filters that show colours of the web as they are on displays of other primaries and of a higher range. */
function displayFilters({ primaries, transfer }: VideoStream["color"]): readonly Filter[] {
  const back = CURVES[transfer ?? ""];
  const isWide = primaries === "bt2020";
  if (!back && !isWide) return [];
  return [
    { name: "format", values: ["rgba64le"] },
    LINEAR,
    ...(isWide ? [WIDER] : []),
    back ?? SRGB,
  ];
}
