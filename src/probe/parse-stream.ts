import * as v from "valibot";
import { parseRational, type Rational, toNumber } from "../lib/rational.ts";
import { known, number, text } from "./ffprobe-values.ts";
import { demuxerOf } from "./formats.ts";
import { hiddenOf, type readFirstPackets } from "./hidden.ts";
import { withoutLateness } from "./late-stamps.ts";
import {
  type AudioStream,
  DISPOSITIONS,
  type Disposition,
  type MediaStream,
  type OtherStream,
  type VideoStream,
} from "./media.ts";
import { TAG_ENTRIES } from "./metadata/tags.ts";
import {
  cropOf,
  isMirrored,
  lightOf,
  matrixTurn,
  SIDE_DATA_ENTRIES,
  sideDataSchema,
  turnOf,
} from "./side-data.ts";

/** What ffprobe is asked for (`-show_entries`) of every stream: exactly what is read here, so that a source's own texts stay out. */
export const STREAM_ENTRIES: readonly string[] = [
  "stream=index,id,codec_type,codec_name,profile,pix_fmt,width,height,sample_aspect_ratio," +
    "r_frame_rate,avg_frame_rate,field_order,bit_rate,duration,start_time,nb_frames,color_transfer,color_primaries," +
    "color_space,color_range,channels,channel_layout,sample_fmt,sample_rate",
  `stream_disposition=${DISPOSITIONS.join(",")}`,
  `stream_tags=rotate,DURATION,language,name,${TAG_ENTRIES}`,
  `stream_side_data=${SIDE_DATA_ENTRIES}`,
];

const flag = v.fallback(v.optional(v.number()), 0);

const flags = Object.fromEntries(DISPOSITIONS.map((name) => [name, flag])) as Record<
  Disposition,
  typeof flag
>;

/** A stream, as ffprobe writes it. */
export const streamSchema = v.object({
  index: v.number(),
  id: text,
  codec_type: text,
  codec_name: text,
  profile: text,
  pix_fmt: text,
  width: number,
  height: number,
  sample_aspect_ratio: text,
  r_frame_rate: text,
  avg_frame_rate: text,
  field_order: text,
  bit_rate: number,
  duration: number,
  start_time: number,
  nb_frames: number,
  color_transfer: text,
  color_primaries: text,
  color_space: text,
  color_range: text,
  channels: number,
  channel_layout: text,
  sample_fmt: text,
  sample_rate: number,
  disposition: v.optional(v.object(flags)),
  tags: v.optional(
    v.looseObject({ rotate: number, DURATION: text, language: text, title: text, name: text }),
  ),
  side_data_list: sideDataSchema,
});

/** The file that a stream is in, as far as its streams are described by it. */
export type StreamOrigin = {
  /** ffprobe's `format_name` */
  readonly format: string;
  /** `lateSeconds` of it */
  readonly late: number;
  readonly firstPackets: ReturnType<typeof readFirstPackets>;
};

type Stream = v.InferOutput<typeof streamSchema>;

/**
 * In these formats nothing but Matroska's tag says how long a stream is: of a stream of a few packets ffprobe tells the file's length.
 */
const TIMED_AS_WHOLE = ["matroska", "nut", "flv", "live_flv"];

function withoutWhole(stream: Stream, format: string): Stream {
  if (!TIMED_AS_WHOLE.includes(demuxerOf(format))) return stream;
  const { duration: _, ...own } = stream;
  return own;
}

/** Rates that differ by less count as the same: containers with a clock of milliseconds round each frame's time. */
const RATE_TOLERANCE = 0.01;
/** An average that differs by less is the rounded base rate (`989/33`). It is half of the difference between 29.97 and 30. */
const ROUNDING_TOLERANCE = 0.0005;

/** The duration of a stream; Matroska keeps it in a tag: `00:00:03.000000000`. */
function durationOf({ duration, tags }: Stream, late: number): number | undefined {
  if (duration !== undefined) return duration;
  const [, hours, minutes, seconds] =
    /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(tags?.DURATION ?? "") ?? [];
  if (seconds === undefined) return undefined;
  return withoutLateness(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds), late);
}

/** The display matrix states the turn counter-clockwise, the older tag clockwise. The matrix wins. */
const rotationOf = ({ side_data_list, tags }: Stream): VideoStream["rotation"] =>
  matrixTurn(side_data_list) ?? turnOf(tags?.rotate ?? 0);

/** Whether it is a still picture of HEIF or AVIF, beside which there may be a film: ffmpeg gives it a rate but no duration. */
const isStill = ({ codec_type, nb_frames, duration }: Stream, format: string): boolean =>
  codec_type === "video" && format.startsWith("mov,") && nb_frames === 1 && duration === undefined;

const isNear = (rate: Rational, wanted: number, tolerance: number): boolean =>
  Math.abs(toNumber(rate) / wanted - 1) <= tolerance;

/** The frame rate, and whether the distance of frames varies: then the average differs from the base rate. */
function ratesOf({ avg_frame_rate, r_frame_rate }: Stream, isInterlaced: boolean) {
  const average = parseRational(avg_frame_rate ?? "");
  const base = parseRational(r_frame_rate ?? "");
  if (!average || !base) return { framerate: average ?? base, isVariableRate: false };
  const mean = toNumber(average);
  // The base rate of an interlaced stream may count fields.
  const isVariableRate =
    !isNear(base, mean, RATE_TOLERANCE) &&
    !(isInterlaced && isNear(base, 2 * mean, RATE_TOLERANCE));
  return { framerate: isNear(base, mean, ROUNDING_TOLERANCE) ? base : average, isVariableRate };
}

/** What a stream of one kind has beside what every stream has. */
type Facts<S extends MediaStream> = Omit<S, keyof Omit<OtherStream, "kind">>;

function videoFacts(stream: Stream, format: string): Facts<VideoStream> {
  const isInterlaced = ["tt", "bb", "tb", "bt"].includes(stream.field_order ?? "");
  const { framerate, isVariableRate } = ratesOf(stream, isInterlaced);
  const data = stream.side_data_list;
  const crop = cropOf(data);
  return {
    kind: "video",
    width: Math.max(0, (stream.width ?? 0) - (crop?.x ?? 0)),
    height: Math.max(0, (stream.height ?? 0) - (crop?.y ?? 0)),
    ...(crop && { isCropped: true }),
    sampleAspect: parseRational(stream.sample_aspect_ratio ?? "") ?? { num: 1, den: 1 },
    rotation: rotationOf(stream),
    ...(isStill(stream, format) && { isStill: true }),
    ...(isMirrored(data) && { isMirrored: true }),
    ...lightOf(data),
    isVariableRate,
    isInterlaced,
    color: known({
      transfer: stream.color_transfer,
      primaries: stream.color_primaries,
      space: stream.color_space,
      range: stream.color_range,
    }),
    ...known({
      pixelFormat: stream.pix_fmt,
      framerate,
      frames: stream.nb_frames,
    }),
  };
}

const audioFacts = (stream: Stream): Facts<AudioStream> => ({
  kind: "audio",
  channels: stream.channels ?? 0,
  samplerateHz: stream.sample_rate ?? 0,
  // ffprobe learns it from the decoder alone.
  ...(stream.sample_fmt === undefined && { isUndecodable: true }),
  ...known({ layout: stream.channel_layout }),
});

/** The language, if the tag is a language code. What follows the code is kept if both together are a valid tag. */
function languageOf({ tags }: Stream): string | undefined {
  const language = tags?.language?.toLowerCase() ?? "";
  const [code] = /^[a-z]{2,3}(?=-|$)/.exec(language) ?? [];
  if (code === undefined || code === "und") return undefined;
  try {
    return Intl.getCanonicalLocales(language).length > 0 ? language : code;
  } catch {
    return code;
  }
}

const TITLE_CHARACTERS_MAX = 100;

/** The title of a stream, which MP4 calls its name, without what would break a line. */
function titleOf({ tags }: Stream): string | undefined {
  const line = (tags?.title ?? tags?.name ?? "")
    .replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();
  const title = [...line].slice(0, TITLE_CHARACTERS_MAX).join("").trim();
  return title === "" ? undefined : title;
}

const OTHER_KINDS = ["subtitle", "attachment"] as const;

/** Describes a stream by what ffprobe says of it. */
export function streamOf(told: Stream, origin: StreamOrigin): MediaStream {
  const raw = withoutWhole(told, origin.format);
  const facts = factsOf(raw, origin);
  if (raw.codec_type !== "video" && raw.codec_type !== "audio")
    return { kind: OTHER_KINDS.find((kind) => kind === raw.codec_type) ?? "data", ...facts };
  const stream =
    raw.codec_type === "video"
      ? { ...facts, ...videoFacts(raw, origin.format) }
      : { ...facts, ...audioFacts(raw) };
  const averageRate = parseRational(raw.avg_frame_rate ?? "");
  const all = { frames: raw.nb_frames, averageRate };
  const hidden = hiddenOf(stream, all, origin.format, origin.firstPackets);
  return hidden ? { ...stream, hidden } : stream;
}

/** What is read of every stream. */
const factsOf = (stream: Stream, { format, late }: StreamOrigin): Omit<OtherStream, "kind"> => ({
  index: stream.index,
  codec: stream.codec_name ?? "unknown",
  dispositions: DISPOSITIONS.filter((name) => stream.disposition?.[name]),
  ...known({
    pid: format === "mpegts" && stream.id ? Number(stream.id) : undefined,
    profile: stream.profile,
    language: languageOf(stream),
    title: titleOf(stream),
    bitrateBps: stream.bit_rate,
    durationSeconds: durationOf(stream, late),
    startSeconds: stream.start_time,
  }),
});
