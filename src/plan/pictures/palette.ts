import { toNumber } from "../../lib/rational.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { factsOf } from "../../profile/containers.ts";
import type { Clip } from "../../task/task.ts";
import type { OutputArgs } from "../args/file-output.ts";
import { NOTHING_ELSE, streamsArgs } from "../args/streams.ts";
import type { OutputDecision } from "../decide/output-decision.ts";
import { type Filter, trimmed } from "../encode/filters.ts";
import { markedChains } from "../encode/overlay/marked-chains.ts";
import type { VideoEncoding } from "../encode/video-encoding.ts";
import { inOrder } from "../encode/video-filters.ts";

/** The colours of a palette, and whether colours between them are made of dots of theirs, which look finer and take more. */
type Palette = { readonly colours: number; readonly isDithered: boolean };

const COLOURS_MAX = 256;
const WHOLE: Palette = { colours: COLOURS_MAX, isDithered: true };

/**
 * What palettes come to in bits for each pixel of each picture, as less than all of them may take it: measured on a film (Big Buck Bunny,
 * 640x360 at 12 pictures a second). What stands still takes a hundredth of that.
 */
const STEPS: readonly (readonly [bitsPerPixel: number, palette: Palette])[] = [
  [3, WHOLE],
  [1.15, { colours: COLOURS_MAX, isDithered: false }],
  [0.9, { colours: 128, isDithered: false }],
  [0.7, { colours: 64, isDithered: false }],
  [0.55, { colours: 32, isDithered: false }],
];
const LEAST: Palette = { colours: 16, isDithered: false };

/** A gif has no bitrate of its own: one that is asked for says how many colours it has. */
function paletteFor({ wantedBps, width, height, rate }: VideoEncoding): Palette {
  if (wantedBps === undefined) return WHOLE;
  const bits = wantedBps / (width * height * toNumber(rate));
  return STEPS.find(([bitsPerPixel]) => bits >= bitsPerPixel)?.[1] ?? LEAST;
}

/** What changes between pictures counts for the palette: what stands still has its colours anyway. */
function makeFilter(video: VideoEncoding): Filter {
  const { colours } = paletteFor(video);
  const fewer = colours < COLOURS_MAX && { max_colors: colours };
  return { name: "palettegen", options: { stats_mode: "diff", ...fewer } };
}

/** Only the part of a picture that changes is drawn anew, which keeps the file small. */
function drawFilter(video: VideoEncoding): Filter {
  const plain = !paletteFor(video).isDithered && { dither: "none" };
  return { name: "paletteuse", options: { diff_mode: "rectangle", ...plain } };
}

const NO_GRAPHS = { video: [], audio: [] };

/** The picture of a film's palette, in the work folder. */
const paletteOf = ({ folder }: OutputDecision): string => `${folder}/palette.png`;

/** The run that makes the palette of a film. It is one picture of all frames, so its own filters cut these. */
export function paletteArgs(
  decision: OutputDecision,
  media: MediaInfo,
  clip: Clip | undefined,
): OutputArgs {
  const { video, folder } = decision;
  if (!video || !media.video) return { graphs: NO_GRAPHS, args: [], writes: [], isCopying: false };
  const filters = [...trimmed(clip), ...inOrder(video.filters)];
  const map = `0:${media.video.index}`;
  const { mark } = video;
  const make = makeFilter(video);
  const [label, made] = [`g${folder}`, `p${folder}`];
  const chains = mark
    ? [
        ...markedChains(mark, { from: [map], filters, to: label }),
        { from: [label], filters: [make], to: [made] },
      ]
    : [];
  const own = mark ? { map: `[${made}]` } : { map, filters: [...filters, make] };
  const stream = { kind: "video", codec: "png", ...own } as const;
  const file = paletteOf(decision);
  return {
    graphs: { video: chains, audio: [] },
    args: [
      ...streamsArgs([stream], false, ["-an", ...NOTHING_ELSE]),
      ...["-frames:v", "1", "-update", "1", "-f", "image2", file],
    ],
    writes: [file],
    isCopying: false,
  };
}

/** The arguments that read the palette. */
export const paletteInput = (decision: OutputDecision): readonly string[] => [
  ...["-f", "image2", "-i", paletteOf(decision)],
];

/**
 * The run that draws a film from its palette.
 *
 * @param input - the number of the palette's input
 */
export function drawnArgs(decision: OutputDecision, media: MediaInfo, input: number): OutputArgs {
  const { video, folder, product } = decision;
  if (!video || !media.video) return { graphs: NO_GRAPHS, args: [], writes: [], isCopying: false };
  const [plain, drawn] = [`g${folder}`, `d${folder}`];
  const chains = [
    ...markedChains(video.mark, {
      from: [`0:${media.video.index}`],
      filters: inOrder(video.filters),
      to: plain,
    }),
    { from: [plain, `${input}:0`], filters: [drawFilter(video)], to: [drawn] },
  ];
  const stream = { kind: "video", map: `[${drawn}]`, codec: "gif" } as const;
  const { muxer = product.container } = factsOf(product.container);
  return {
    graphs: { video: chains, audio: [] },
    args: [
      ...streamsArgs([stream], false, ["-an", ...NOTHING_ELSE]),
      ...["-fps_mode", "vfr", "-loop", loopArg(video.loop), "-f", muxer, product.entry],
    ],
    writes: [product.entry],
    isCopying: false,
  };
}

/** How often the muxer repeats a film after its first time: 0 for ever, -1 not at all. */
function loopArg(times = 0): string {
  if (times === 0) return "0";
  return String(times === 1 ? -1 : times - 1);
}
