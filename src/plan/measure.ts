import { type Rational, toNumber } from "../lib/rational.ts";
import { demuxerOf } from "../probe/formats.ts";
import type { MediaInfo } from "../probe/media.ts";
import { codecName } from "../profile/codecs.ts";
import { carrierOf, isImage, isSet } from "../profile/container-rules.ts";
import { factsOf, type Written } from "../profile/containers.ts";
import type { Metric } from "../profile/fields/quality.ts";
import type { Clip } from "../task/task.ts";
import { slowInput, specifierOf } from "./args/input.ts";
import { chainText } from "./args/streams.ts";
import { steadyInput } from "./args/turn.ts";
import { alignmentOf } from "./decide/alignment.ts";
import type { OutputDecision } from "./decide/output-decision.ts";
import { isSoughtByPacket } from "./decide/seeking.ts";
import { formatSeconds } from "./encode/filters.ts";
import { METRIC_FILTERS, metricOf } from "./encode/metrics.ts";
import type { VideoEncoding } from "./encode/video-encoding.ts";
import { inOrder } from "./encode/video-filters.ts";
import type { MeasuredOutput, Measuring } from "./measuring/measuring.ts";
import type { Capabilities, Step } from "./plan.ts";

/** One part is measured for so many seconds of an output, and at most so many in all. */
const SECONDS_PER_PART = 15;
const PARTS_MAX = 24;
const PART_SECONDS = 1;
/** How far before a part a source without an index is read, to find a key frame. */
const MARGIN_SECONDS = 10;
/** Formats without times, in which nothing can be sought: only their beginning is measured. */
const TIMELESS = ["h264", "hevc", "m4v", "mpegvideo"];
/** What a decoder holds for a pixel, as `Load` has it. */
const DECODER_BYTES = 80;

/** A video that is encoded, and where it stands in the plan. */
type Film = {
  readonly product: number;
  readonly track?: number;
  readonly encoding: VideoEncoding;
  readonly container: Written;
  readonly segmentSeconds?: number;
};

/** What is measured of outputs once they are made; undefined if nothing is. */
export function measuringOf(
  decisions: readonly OutputDecision[],
  { media, clip }: { readonly media: MediaInfo; readonly clip: Clip | undefined },
  capabilities: Pick<Capabilities, "filters">,
): Measuring | undefined {
  const films = decisions.flatMap(filmsOf);
  const measured = films.filter(({ encoding }) => metricOf(encoding, capabilities));
  if (measured.length === 0 || !media.video) return undefined;
  const encodes = decisions.filter(isEncoded);
  const { clip: moved, shiftSeconds, videoLateSeconds } = alignmentOf(encodes, media, clip);
  const isHeard = encodes.some(({ product }) => product.audio.action !== "none");
  const step = Math.max(...measured.map(({ encoding }) => stepOf(encoding.rate)));
  const seconds = Math.min(
    ...measured.map(({ product }) => decisions[product]?.product.expect.durationSeconds ?? 0),
  );
  return {
    startsSeconds: startsOf(seconds, media, step),
    partSeconds: PART_SECONDS,
    outputs: measured.map((film) => outputOf(film, videoLateSeconds, capabilities)),
    source: {
      args: [
        ...["-f", demuxerOf(media.format)],
        ...(shiftSeconds === 0 ? [] : ["-itsoffset", formatSeconds(shiftSeconds)]),
        ...[...steadyInput(media), ...slowInput(media)],
      ],
      specifier: specifierOf(media, "video"),
      ...(isSoughtByPacket(media) && isHeard && { sound: specifierOf(media, "audio") }),
      fromSeconds: moved?.startSeconds ?? 0,
      aheadSeconds: isSoughtByPacket(media) ? MARGIN_SECONDS : 0,
      leadSeconds: measured.some(looksBack) ? step : 0,
      stepSeconds: step,
      pixels: media.video.width * media.video.height,
    },
  };
}

/** Whether filters make a picture of those before it as well. */
const looksBack = ({ encoding: { filters } }: Film): boolean =>
  filters.deinterlace.length + filters.denoise.length > 0;

const isEncoded = ({ product: { container, video, audio } }: OutputDecision): boolean =>
  !isImage(container) && (video.action === "encode" || audio.action === "encode");

function filmsOf({ product, video, set }: OutputDecision, at: number): readonly Film[] {
  const { container } = product;
  if (isImage(container)) return [];
  if (video) return [{ product: at, encoding: video, container }];
  return (set?.videos ?? []).flatMap((encoding, track) =>
    encoding === "copy"
      ? []
      : [{ product: at, track, encoding, container, segmentSeconds: set?.segmentSeconds ?? 0 }],
  );
}

function outputOf(
  { product, track, encoding, container, segmentSeconds }: Film,
  lateSeconds: number,
  capabilities: Pick<Capabilities, "filters">,
): MeasuredOutput {
  const framerate = toNumber(encoding.rate);
  // Of the streams of an adaptive set, parts are found by their segments.
  const isIndexed =
    track !== undefined || !factsOf(carrierOf(container, codecName(encoding.codec))).isBroadcast;
  return {
    product,
    ...(track !== undefined && { track }),
    ...(segmentSeconds !== undefined && { segmentSeconds }),
    ...(encoding.quality !== undefined && { quality: encoding.quality }),
    metric: metricOf(encoding, capabilities) ?? "ssim",
    ...(encoding.qualityTarget && { min: encoding.qualityTarget.min }),
    filters: chainText(inOrder(encoding.filters)),
    framerate,
    ...(isIndexed ? {} : { aheadSeconds: encoding.gopFrames / framerate + 1 }),
    pixels: encoding.width * encoding.height,
    firstSeconds: isSet(container) ? 0 : Math.round(lateSeconds * framerate) / framerate,
  };
}

/** The moments at which parts begin: evenly spread, and where pictures fall on the same times as in the whole. */
function startsOf(seconds: number, media: MediaInfo, step: number): readonly number[] {
  const isTimeless = TIMELESS.includes(demuxerOf(media.format));
  const count = Math.min(PARTS_MAX, Math.max(1, Math.round(seconds / SECONDS_PER_PART)));
  const starts = Array.from({ length: isTimeless ? 1 : count }, (_, at) => {
    const middle = ((at + 0.5) / count) * seconds;
    const start = isTimeless ? Math.min(middle, MARGIN_SECONDS) : middle;
    return Math.max(0, Math.floor((start - PART_SECONDS / 2) / step + ROUNDING)) * step;
  });
  return [...new Set(starts.map((start) => Math.round(start * 1e6) / 1e6))];
}

/** What a quotient of times may lack to a whole number. */
const ROUNDING = 1e-6;
/** Rates of this many thousandths are those of television: 30000/1001. */
const THOUSAND = 1000;

/** The shortest time, of about a second, that is a whole number of pictures, and of microseconds where there is one. */
function stepOf(rate: Rational): number {
  const { num, den } = rate;
  if (den <= MARGIN_SECONDS) return den;
  const fps = toNumber(rate);
  return num % THOUSAND === 0 ? den / THOUSAND : Math.max(1, Math.round(fps)) / fps;
}

/** Where a measured output lies. */
export type Placed = {
  /** The options that read it, up to its name. */
  readonly args: readonly string[];
  /** When its own times begin, in seconds of the output. */
  readonly fromSeconds: number;
  /** How much later its first picture comes than its own times begin. */
  readonly firstSeconds: number;
};

/** The name in the work folder of what one run measures of one output. */
export const measureLog = (part: number, output: number): string => `measured/${part}-${output}`;

/**
 * The run that measures one part of all outputs.
 *
 * The source is decoded once and becomes, by the filters of each encode, what that encode was given. All of it is one graph, as the
 * readers of one stream would wait for each other (`Graphs`). Pictures are held against each other by their times; those of an output
 * are moved by half the distance between two, so that a container's rounding makes none of them meet the one before.
 *
 * @param placed - where each output lies, in their order
 */
export function measureStep(measuring: Measuring, part: number, placed: readonly Placed[]): Step {
  const { source, outputs, partSeconds, startsSeconds } = measuring;
  const start = startsSeconds[part] ?? 0;
  const wanted = source.fromSeconds + start;
  const sought = soughtIn(source, wanted);
  const ahead = wanted - sought;
  const all = outputs.map((output, at) => ({ output, at, place: placed[at] }));
  const logs = outputs.map((_, at) => measureLog(part, at));
  const graph = [
    `[${source.specifier}]split=${outputs.length}${outputs.map((_, at) => `[s${at}]`).join("")}`,
    ...all.flatMap(({ output, at, place }) => {
      const { framerate, filters, metric } = output;
      const late = 1 / 2 / framerate - lateOf(output, place) - aheadOf(output, start, place);
      const cut = `trim=start=${formatSeconds(ahead)}:duration=${formatSeconds(partSeconds)}`;
      return [
        `[s${at}]${filters},${cut},setpts=round(round((T-${formatSeconds(ahead)})*${framerate})/${framerate}/TB)[r${at}]`,
        `[${at + 1}:v:0]setpts=PTS+${formatSeconds(late)}/TB[d${at}]`,
        `[d${at}][r${at}]${METRIC_FILTERS[metric]}=${logOption(metric, logs[at] ?? "")}:shortest=1[m${at}]`,
      ];
    }),
  ].join(";");
  return {
    name: "encode",
    args: [
      ...source.args,
      ...(sought === 0 ? [] : ["-ss", formatSeconds(sought)]),
      ...["-t", formatSeconds(ahead + partSeconds), "-i", "input"],
      ...all.flatMap(({ output, place }) => readFrom(output, start, place, partSeconds)),
      ...["-filter_complex", graph],
      ...outputs.flatMap((output, at) => [
        ...["-map", `[m${at}]`, ...soundsOf(source, output, at), "-f", "null", "-"],
      ]),
    ],
    writes: logs,
    share: 0,
    load: loadOf(measuring),
  };
}

/**
 * Where to seek in the source for a part. Without an index it is read from before the part, and from where pictures fall on the same
 * times as if it had been read from its beginning.
 */
function soughtIn(source: Measuring["source"], wanted: number): number {
  const { aheadSeconds, stepSeconds, leadSeconds, fromSeconds } = source;
  if (aheadSeconds === 0) return Math.max(fromSeconds, wanted - leadSeconds);
  return Math.max(0, Math.floor((wanted - aheadSeconds) / stepSeconds + ROUNDING) * stepSeconds);
}

/**
 * The sound that is read beside: in formats without an index, ffmpeg counts times from the first packet of all streams that are used. It
 * is not decoded.
 */
function soundsOf(
  { sound }: Measuring["source"],
  { aheadSeconds }: MeasuredOutput,
  at: number,
): readonly string[] {
  const own = aheadSeconds === undefined ? [] : ["-map", `${at + 1}:a?`];
  const sounds = [...(sound !== undefined && at === 0 ? ["-map", sound] : []), ...own];
  return sounds.length === 0 ? [] : [...sounds, "-c:a", "copy"];
}

/** How far before a part an output is read from. */
const aheadOf = ({ aheadSeconds = 0 }: MeasuredOutput, start: number, place: Placed | undefined) =>
  Math.min(aheadSeconds, start - (place?.fromSeconds ?? 0));

function readFrom(
  output: MeasuredOutput,
  start: number,
  place: Placed | undefined,
  partSeconds: number,
): readonly string[] {
  const ahead = aheadOf(output, start, place);
  const from = start - (place?.fromSeconds ?? 0) - ahead;
  // A seek to the very beginning may miss the first key frame.
  return [
    ...(from <= 0 ? [] : ["-ss", formatSeconds(from)]),
    ...["-t", formatSeconds(ahead + partSeconds), ...(place?.args ?? [])],
  ];
}

/** How much later its pictures come than the outputs of the plan begin. */
const lateOf = ({ firstSeconds }: MeasuredOutput, place: Placed | undefined): number =>
  (place?.firstSeconds ?? 0) - firstSeconds;

const logOption = (metric: Metric, name: string): string =>
  metric === "vmaf" ? `log_fmt=csv:log_path=${name}` : `stats_file=${name}`;

function loadOf({ source, outputs, partSeconds }: Measuring): NonNullable<Step["load"]> {
  const pixels = outputs.reduce((sum, output) => sum + output.pixels, source.pixels);
  return {
    encodes: outputs.length + 1,
    pixels,
    memoryBytes: pixels * DECODER_BYTES,
    pixelsPerSecond: pixels * FRAMES_PER_SECOND,
    bitsPerSecond: 0,
    seconds: MARGIN_SECONDS + partSeconds,
  };
}

/** Of the fastest films. */
const FRAMES_PER_SECOND = 120;

/** What was measured of each picture. */
export function readMeasured(metric: Metric, text: string): readonly number[] {
  const found = metric === "vmaf" ? vmafOf(text) : matchesOf(text, PATTERNS[metric]);
  return found.filter((value) => Number.isFinite(value));
}

/** What the filters write for a picture; two that are equal differ by an infinite XPSNR, which counts as its most. */
const PATTERNS: Readonly<Record<Exclude<Metric, "vmaf">, RegExp>> = {
  ssim: /\bAll:([\d.]+|nan)/g,
  xpsnr: /XPSNR y: *([\d.]+|inf)/gi,
};
const XPSNR_MAX = 100;

const matchesOf = (text: string, pattern: RegExp): readonly number[] =>
  [...text.matchAll(pattern)].map(([, value = ""]) =>
    value.toLowerCase() === "inf" ? XPSNR_MAX : Math.min(XPSNR_MAX, Number(value)),
  );

function vmafOf(text: string): readonly number[] {
  const [head = "", ...rows] = text.trim().split("\n");
  const at = head.split(",").indexOf("vmaf");
  return at < 0 ? [] : rows.map((row) => Number.parseFloat(row.split(",")[at] ?? ""));
}
