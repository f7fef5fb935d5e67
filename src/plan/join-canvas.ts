import { type Rational, toNumber } from "../lib/rational.ts";
import type { AudioStream, MediaInfo, VideoStream } from "../probe/media.ts";
import type { VideoEncode } from "../profile/profile.ts";
import { frameRate } from "./encode/framerate.ts";
import { displaySize } from "./encode/picture.ts";
import { PIXEL_FORMAT } from "./encode/video-filters.ts";
import { JOINED_AUDIO, JOINED_VIDEO } from "./joined.ts";
import type { Load } from "./plan.ts";

/** What all parts become, so that one can follow the other; absent where no part has any. */
export type Canvas = {
  readonly picture?: { readonly width: number; readonly height: number; readonly rate: Rational };
  readonly sound?: { readonly channels: number; readonly samplerateHz: number };
};

/** More frames a second are no use where films are joined; none of the usual rates is above it. */
const RATE_MAX = 60;
const SAMPLERATE_HZ = 48_000;
/** The layouts that parts are brought to, by their channels. */
const LAYOUTS: Readonly<Record<number, string>> = { 1: "mono", 2: "stereo", 6: "5.1" };
/** The layout of so many channels. */
export const layoutOf = (channels: number): string => LAYOUTS[channels] ?? "stereo";

/** An uncompressed picture of 4:2:0, in bits for each pixel: what is written without loss is smaller. */
const BITS_PER_PIXEL = 12;
const BITS_PER_SAMPLE = 16;
/** Decoding a pixel and writing it without loss, as a part of encoding it with libx264 at `veryfast`. */
const JOIN_COST = 0.6;
/** The memory that decoders and filters of a part hold for each pixel, in bytes. */
const PART_BYTES = 80;

/** What all parts become: as large as the largest, and as fast as the fastest of them. */
export function canvasOf(parts: readonly { readonly media: MediaInfo }[]): Canvas {
  const videos = parts.flatMap(({ media }) => media.video ?? []);
  const audios = parts.flatMap(({ media }) => media.audio ?? []);
  const picture = pictureOf(videos);
  return { ...(picture && { picture }), ...(audios.length > 0 && { sound: soundOf(audios) }) };
}

function pictureOf(videos: readonly VideoStream[]): Canvas["picture"] {
  const even = (pixels: number): number => Math.max(2, Math.round(pixels / 2) * 2);
  const sizes = videos
    .map(displaySize)
    .map(({ width, height }) => ({ width: even(width), height: even(height) }));
  const rates = videos.map((video) => frameRate(asPicture({ framerateMax: RATE_MAX }), video));
  const [size] = sizes.toSorted((a, b) => b.width * b.height - a.width * a.height);
  const [rate] = rates.toSorted((a, b) => toNumber(b) - toNumber(a));
  return size && rate && { ...size, rate };
}

function soundOf(audios: readonly AudioStream[]): NonNullable<Canvas["sound"]> {
  const channels = Math.max(...audios.map((audio) => audio.channels));
  const [{ samplerateHz = SAMPLERATE_HZ } = {}, ...others] = audios;
  const isOneRate = samplerateHz > 0 && others.every((one) => one.samplerateHz === samplerateHz);
  return {
    channels: channels >= 6 ? 6 : Math.min(channels, 2),
    samplerateHz: isOneRate ? samplerateHz : SAMPLERATE_HZ,
  };
}

/** A picture as filters are decided for: its codec and bitrate play no part in them. */
export const asPicture = (fields: Partial<VideoEncode>): VideoEncode => ({
  codec: "h264",
  bitrateBps: 1,
  progressive: true,
  gop: { frames: 1 },
  rateMode: "vbr",
  effort: "default",
  ...fields,
});

/** How much work it is to join parts. */
export function joinLoad(
  parts: readonly { readonly media: MediaInfo }[],
  { picture, sound }: Canvas,
  seconds: number,
): Load {
  const { width = 0, height = 0 } = picture ?? {};
  const pixels = width * height;
  const perSecond = pixels * (picture ? toNumber(picture.rate) : 0);
  const samples = sound ? sound.channels * sound.samplerateHz : 0;
  const decoded = parts.map(({ media: { video } }) => (video ? video.width * video.height : 0));
  return {
    encodes: picture ? 1 : 0,
    pixels,
    memoryBytes: decoded.reduce((sum, one) => sum + one, pixels) * PART_BYTES,
    pixelsPerSecond: perSecond * JOIN_COST,
    bitsPerSecond: perSecond * BITS_PER_PIXEL + samples * BITS_PER_SAMPLE,
    seconds,
  };
}

/** What parts are joined to: the source that everything else is planned for. */
export function joinedMedia(
  { picture, sound }: Canvas,
  durationSeconds: number,
  language: string | undefined,
): MediaInfo {
  const times = { startSeconds: 0, durationSeconds, dispositions: ["default"] } as const;
  const video: VideoStream | undefined = picture && {
    ...{ kind: "video", index: 0, codec: JOINED_VIDEO, pixelFormat: PIXEL_FORMAT, ...times },
    ...{ width: picture.width, height: picture.height, sampleAspect: { num: 1, den: 1 } },
    ...{ rotation: 0, framerate: picture.rate, isVariableRate: false, isInterlaced: false },
    color: {},
  };
  const audio: AudioStream | undefined = sound && {
    ...{ kind: "audio", index: picture ? 1 : 0, codec: JOINED_AUDIO, ...times },
    ...{ channels: sound.channels, samplerateHz: sound.samplerateHz },
    ...(language !== undefined && { language }),
    layout: layoutOf(sound.channels),
  };
  return {
    format: "matroska,webm",
    startSeconds: 0,
    durationSeconds,
    streams: [video, audio].filter((stream) => stream !== undefined),
    ...(video && { video }),
    ...(audio && { audio }),
  };
}
