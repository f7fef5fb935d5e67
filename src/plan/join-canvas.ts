import { type Rational, toNumber } from "../lib/rational.ts";
import { primaryLanguage } from "../manifest/write/language.ts";
import { audioOf, usableSounds } from "../probe/choose-streams.ts";
import type { AudioStream, MediaInfo, VideoStream } from "../probe/media.ts";
import type { VideoEncode } from "../profile/profile.ts";
import { TaskError } from "../task/errors.ts";
import { frameRate } from "./encode/framerate.ts";
import { displaySize } from "./encode/picture.ts";
import { PIXEL_FORMAT } from "./encode/video-filters.ts";
import { JOINED_AUDIO, JOINED_VIDEO } from "./joined.ts";
import type { Load } from "./plan.ts";

/** What all parts become, so that one can follow the other; absent where no part has any. */
export type Canvas = {
  readonly picture?: { readonly width: number; readonly height: number; readonly rate: Rational };
  /** One for each sound; none where no part has any. */
  readonly sounds: readonly JoinedSound[];
};

/** One of the sounds that come of it, and what the first part that has it says of it. */
export type JoinedSound = Pick<AudioStream, "language" | "title" | "dispositions"> & {
  readonly channels: number;
  readonly samplerateHz: number;
};

/** The sounds that are joined. */
export type JoinSounds = {
  /** Of each part as many as come of it, or none of one that is silent. */
  readonly ofParts: readonly (readonly AudioStream[])[];
  /** Those whose languages, titles and marks are told; none where there is but one. */
  readonly told: readonly AudioStream[];
};

/** A part by what joining needs to know of it. */
type Sounding = { readonly name: string; readonly media: MediaInfo };

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

/**
 * What all parts become: as large as the largest, and as fast as the fastest of them.
 *
 * @param sounds - as `soundsToJoin` gives them
 */
export function canvasOf(
  parts: readonly { readonly media: MediaInfo }[],
  { ofParts, told }: JoinSounds,
): Canvas {
  const picture = pictureOf(parts.flatMap(({ media }) => media.video ?? []));
  const count = Math.max(...ofParts.map((own) => own.length));
  const sounds = Array.from({ length: count }, (_, at) => {
    const audios = ofParts.flatMap((own) => own[at] ?? []);
    return { ...formOf(audios), ...factsOf(told[at], audios) };
  });
  return { ...(picture && { picture }), sounds };
}

/**
 * The sounds of each part that are joined.
 *
 * @param isEach - whether all sounds are joined, rather than the main one of each. A part with a single sound has that in all of them; the
 *   others must have the same, by place or by language
 * @throws {TaskError} `input_not_supported` if a part has others
 */
export function soundsToJoin(parts: readonly Sounding[], isEach: boolean): JoinSounds {
  const mains = parts.map(({ media }) => (media.audio ? [media.audio] : []));
  const all = parts.map(({ media }) => (media.audio ? usableSounds(media.streams) : []));
  const most = Math.max(...all.map((own) => own.length));
  if (!isEach || most <= 1) return { ofParts: mains, told: [] };
  const model = all.findIndex((own) => own.length === most);
  const told = all[model] ?? [];
  const ofParts = all.map((own, at) => {
    const [only, ...others] = own;
    if (!only) return [];
    if (others.length === 0) return told.map(() => only);
    const found = inOrderOf(told, own);
    if (found) return found;
    const [here, there] = [own, told].map((list) => list.map(languageOf).join(", "));
    throw new TaskError(
      "input_not_supported",
      `Cannot join ${parts[at]?.name}: its sounds (${here}) are others than those of ${parts[model]?.name} (${there}), among which a profile of the task chooses`,
    );
  });
  return { ofParts, told };
}

/** A language has more than one code: `deu` is `ger` in a MOV. */
const languageOf = ({ language = "und" }: Pick<AudioStream, "language">): string =>
  primaryLanguage(language);

/** The same sounds in the order of others: as they are if their languages are, or by languages that differ; undefined if they are not the same. */
function inOrderOf(
  wanted: readonly AudioStream[],
  own: readonly AudioStream[],
): readonly AudioStream[] | undefined {
  if (own.length !== wanted.length) return undefined;
  const languages = own.map(languageOf);
  if (wanted.every((one, at) => languageOf(one) === languages[at])) return own;
  const found = wanted.flatMap((one) => own.filter((each) => languageOf(each) === languageOf(one)));
  return new Set(languages).size === own.length && found.length === own.length ? found : undefined;
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

/** What is told of a sound: what one part says of it, or else the language in which all are that have one. */
function factsOf(
  told: AudioStream | undefined,
  audios: readonly AudioStream[],
): Pick<JoinedSound, "language" | "title" | "dispositions"> {
  if (told) {
    const { language, title, dispositions } = told;
    return {
      ...(language !== undefined && { language }),
      ...(title !== undefined && { title }),
      dispositions,
    };
  }
  const languages = new Set(audios.map((audio) => audio.language));
  const [language] = languages.size === 1 ? languages : [];
  return { ...(language !== undefined && { language }), dispositions: ["default"] };
}

/** The channels and the rate that all become: as many as the one with most of them has. */
function formOf(audios: readonly AudioStream[]): Pick<JoinedSound, "channels" | "samplerateHz"> {
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
  { picture, sounds }: Canvas,
  seconds: number,
): Load {
  const { width = 0, height = 0 } = picture ?? {};
  const pixels = width * height;
  const perSecond = pixels * (picture ? toNumber(picture.rate) : 0);
  const samples = sounds.reduce((sum, one) => sum + one.channels * one.samplerateHz, 0);
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
export function joinedMedia({ picture, sounds }: Canvas, durationSeconds: number): MediaInfo {
  const times = { startSeconds: 0, durationSeconds } as const;
  const video: VideoStream | undefined = picture && {
    ...{ kind: "video", index: 0, codec: JOINED_VIDEO, pixelFormat: PIXEL_FORMAT, ...times },
    ...{ width: picture.width, height: picture.height, sampleAspect: { num: 1, den: 1 } },
    ...{ rotation: 0, framerate: picture.rate, isVariableRate: false, isInterlaced: false },
    ...{ dispositions: ["default"], color: {} },
  };
  const first = picture ? 1 : 0;
  const audios = sounds.map(
    (sound, at): AudioStream => ({
      ...{ kind: "audio", index: first + at, codec: JOINED_AUDIO, ...times },
      ...sound,
      layout: layoutOf(sound.channels),
    }),
  );
  const format = "matroska,webm";
  const streams = [...(video ? [video] : []), ...audios];
  const audio = audioOf(audios, { format });
  return {
    ...{ format, startSeconds: 0, durationSeconds, streams },
    ...(video && { video }),
    ...(audio && { audio }),
  };
}
