import * as v from "valibot";
import { parseRational, type Rational, toNumber } from "../lib/rational.ts";
import { TaskError } from "../task/errors.ts";
import { chooseSound, ROLE_NAMES, type Role, type SoundCandidate } from "./choose-streams.ts";
import { known, number, text } from "./ffprobe-values.ts";
import { demuxerOf } from "./formats.ts";
import { hiddenOf, PACKET_ENTRIES } from "./hidden.ts";
import { lateSeconds, withoutLateness } from "./late-stamps.ts";
import type { AudioStream, MediaInfo, VideoStream } from "./media.ts";
import {
  cropOf,
  isMirrored,
  lightOf,
  matrixTurn,
  SIDE_DATA_ENTRIES,
  sideDataSchema,
  turnOf,
} from "./side-data.ts";

/**
 * What ffprobe is asked for (`-show_entries`): exactly what is read here, so that a source's own texts stay out.
 *
 * The first packets tell whether they are encrypted or hidden.
 */
export const PROBE_ENTRIES = [
  "error=code,string",
  "format=format_name,duration,start_time,size,bit_rate",
  "format_tags=major_brand",
  "stream=index,id,codec_type,codec_name,codec_tag_string,profile,level,pix_fmt,width,height,sample_aspect_ratio," +
    "r_frame_rate,avg_frame_rate,field_order,bit_rate,duration,start_time,nb_frames,color_transfer,color_primaries," +
    "color_space,color_range,channels,channel_layout,sample_fmt,sample_rate",
  `stream_disposition=default,attached_pic,${ROLE_NAMES.join(",")}`,
  "stream_tags=rotate,DURATION,language",
  `stream_side_data=${SIDE_DATA_ENTRIES}`,
  PACKET_ENTRIES,
].join(":");

const flag = v.fallback(v.optional(v.number()), 0);

const roleFlags = Object.fromEntries(ROLE_NAMES.map((role) => [role, flag])) as Record<
  Role,
  typeof flag
>;

const streamSchema = v.object({
  index: v.number(),
  id: text,
  codec_type: text,
  codec_name: text,
  profile: text,
  level: number,
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
  disposition: v.optional(v.object({ default: flag, attached_pic: flag, ...roleFlags })),
  tags: v.optional(v.object({ rotate: number, DURATION: text, language: text })),
  side_data_list: sideDataSchema,
});

const probeSchema = v.object({
  streams: v.array(streamSchema),
  format: v.object({
    format_name: v.string(),
    duration: number,
    start_time: number,
    size: number,
    bit_rate: number,
    tags: v.optional(v.object({ major_brand: text })),
  }),
});

type Stream = v.InferOutput<typeof streamSchema>;

/** Rates that differ by less are the same: containers with a clock of milliseconds round each frame's time. */
const RATE_TOLERANCE = 0.01;
/** An average that is off by less is the base rate, rounded (`989/33`); half of what 29.97 and 30 differ by. */
const ROUNDING_TOLERANCE = 0.0005;

/** In these nothing but Matroska's tag says how long a stream is: of one of a few packets ffprobe tells the file's length. */
const TIMED_AS_WHOLE = ["matroska", "nut", "flv", "live_flv"];

function withoutWhole(stream: Stream, format: string): Stream {
  if (!TIMED_AS_WHOLE.includes(demuxerOf(format))) return stream;
  const { duration: _, ...own } = stream;
  return own;
}

/** Matroska keeps a stream's duration in a tag: `00:00:03.000000000`. */
function durationOf({ duration, tags }: Stream, late: number): number | undefined {
  if (duration !== undefined) return duration;
  const [, hours, minutes, seconds] =
    /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(tags?.DURATION ?? "") ?? [];
  if (seconds === undefined) return undefined;
  return withoutLateness(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds), late);
}

/** The display matrix tells the turn counter-clockwise, the older tag clockwise; the matrix wins. */
const rotationOf = ({ side_data_list, tags }: Stream): VideoStream["rotation"] =>
  matrixTurn(side_data_list) ?? turnOf(tags?.rotate ?? 0);

/** A picture of HEIF or AVIF that is no film, though there may be one beside it: ffmpeg gives it a rate and no duration. */
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

function videoOf(stream: Stream, late: number): VideoStream {
  const isInterlaced = ["tt", "bb", "tb", "bt"].includes(stream.field_order ?? "");
  const { framerate, isVariableRate } = ratesOf(stream, isInterlaced);
  const data = stream.side_data_list;
  const crop = cropOf(data);
  return {
    index: stream.index,
    codec: stream.codec_name ?? "unknown",
    width: Math.max(0, (stream.width ?? 0) - (crop?.x ?? 0)),
    height: Math.max(0, (stream.height ?? 0) - (crop?.y ?? 0)),
    ...(crop && { isCropped: true }),
    sampleAspect: parseRational(stream.sample_aspect_ratio ?? "") ?? { num: 1, den: 1 },
    rotation: rotationOf(stream),
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
      profile: stream.profile,
      level: (stream.level ?? -1) < 0 ? undefined : stream.level,
      pixelFormat: stream.pix_fmt,
      framerate,
      bitrateBps: stream.bit_rate,
      durationSeconds: durationOf(stream, late),
      startSeconds: stream.start_time,
      frames: stream.nb_frames,
    }),
  };
}

/** What is no language code says nothing, and goes nowhere; what stands behind one must make a tag with it. */
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

const audioOf = (stream: Stream, late: number): AudioStream => ({
  index: stream.index,
  codec: stream.codec_name ?? "unknown",
  channels: stream.channels ?? 0,
  samplerateHz: stream.sample_rate ?? 0,
  ...known({
    layout: stream.channel_layout,
    language: languageOf(stream),
    profile: stream.profile,
    bitrateBps: stream.bit_rate,
    durationSeconds: durationOf(stream, late),
    startSeconds: stream.start_time,
  }),
});

/** A sound that a transport stream's table announces and of which no packet comes: ffprobe knows its codec, and no more. */
const isAnnouncedOnly = ({ codec_type, codec_name, channels, sample_rate }: Stream): boolean =>
  codec_type === "audio" && codec_name !== undefined && !(channels && sample_rate);

const soundOf = (stream: Stream, late: number): SoundCandidate => ({
  stream: audioOf(stream, late),
  // ffprobe learns it from the decoder alone.
  isDecodable: stream.sample_fmt !== undefined,
  isDefault: stream.disposition?.default === 1,
  roles: ROLE_NAMES.filter((role) => stream.disposition?.[role]),
});

const soundsOf = (streams: readonly Stream[], late: number): readonly SoundCandidate[] =>
  streams
    .filter((stream) => stream.codec_type === "audio" && !isAnnouncedOnly(stream))
    .map((stream) => soundOf(stream, late));

/** The picture that a player would take: the first that is marked as default, else the first; never cover art. */
function choosePicture(streams: readonly Stream[]): Stream | undefined {
  const candidates = streams.filter(
    (stream) => stream.codec_type === "video" && !stream.disposition?.attached_pic,
  );
  return candidates.find(({ disposition }) => disposition?.default) ?? candidates[0];
}

/**
 * Reads ffprobe's JSON (`-show_entries` of `PROBE_ENTRIES`) of a file that could be opened.
 *
 * A codec that ffprobe does not know is `unknown`, and a size or rate that it does not know is 0: `judgeSource` refuses them.
 *
 * @throws {TaskError} `source_not_media` when it is no description of a file
 */
export function parseProbe(json: unknown): MediaInfo {
  const parsed = v.safeParse(probeSchema, json);
  if (!parsed.success)
    throw new TaskError("source_not_media", "Cannot read the source: ffprobe does not describe it");
  const { format } = parsed.output;
  const streams = parsed.output.streams.map((one) => withoutWhole(one, format.format_name));
  const films = streams.filter((stream) => !isStill(stream, format.format_name));
  const film = choosePicture(films);
  const still = film ? undefined : choosePicture(streams);
  const late = lateSeconds(format.format_name, format.start_time);
  const video = film
    ? videoOf(film, late)
    : still && { ...videoOf(still, late), isStill: true as const };
  const audio = chooseSound(soundsOf(streams, late), {
    format: format.format_name,
    ...known({ brand: format.tags?.major_brand }),
  });
  const withHidden = <S extends VideoStream | AudioStream>(stream: S): S => {
    const raw = streams.find(({ index }) => index === stream.index);
    const averageRate = parseRational(raw?.avg_frame_rate ?? "");
    const pid = format.format_name === "mpegts" && raw?.id ? Number(raw.id) : undefined;
    const sent = pid === undefined ? stream : { ...stream, pid };
    return hiddenOf(sent, { frames: raw?.nb_frames, averageRate }, format.format_name, json);
  };
  return {
    format: format.format_name,
    ...known({
      // ffmpeg 5 says 0 of animated AVIFs.
      durationSeconds:
        format.duration === 0
          ? (video?.durationSeconds ?? 0)
          : withoutLateness(format.duration, late),
      startSeconds: format.start_time,
      sizeBytes: format.size,
      bitrateBps: format.bit_rate,
      video: video && withHidden(video),
      audio: audio && withHidden(audio),
      captionTrack: streams.find(({ codec_name }) => codec_name === "eia_608")?.index,
    }),
  };
}
