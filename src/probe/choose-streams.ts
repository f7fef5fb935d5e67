import { demuxerOf } from "./formats.ts";
import type { AudioStream, Disposition, MediaStream, VideoStream } from "./media.ts";

/** What an audio stream beside the main one is for, by the disposition that says so. */
const ROLES: Partial<Readonly<Record<Disposition, string>>> = {
  comment: "a commentary",
  visual_impaired: "an audio description",
  hearing_impaired: "made for the hard of hearing",
  clean_effects: "without its voices",
  karaoke: "without its singer",
  dependent: "to be heard with another alone",
};

/** The file that streams are in. */
export type StreamFile = {
  /** ffprobe's `format_name` */
  readonly format: string;
  /** The brand that a file of the MOV family names. Files from before there were brands name none. */
  readonly brand?: string;
};

/** The codec of streams that hold captions of their own. */
const CAPTION_CODEC = "eia_608";

/** Formats of cameras, in which each channel is a stream of its own. */
const CHANNEL_FORMATS = ["mxf", "mxf_opatom"];
const QUICKTIME = "qt  ";
/** Channels of one sound begin and end together. */
const TOGETHER_SECONDS = 0.1;

/**
 * The video stream that a player would take: the first that is marked as default, else the first. It is never cover art, and a still
 * picture only if there is no film.
 */
export function videoOf(streams: readonly MediaStream[]): VideoStream | undefined {
  const videos = streams.filter((stream) => stream.kind === "video");
  const shown = videos.filter(({ dispositions }) => !dispositions.includes("attached_pic"));
  return marked(ifAny(shown, ({ isStill }) => !isStill));
}

/**
 * The audio stream that a viewer expects: of those that can be decoded and are the main one, the one that is marked as default, else
 * the first. Single channels of one kind, two or more pairs of them, are left and right if the file is a camera's. If the choice is
 * another one than by mark and place alone, it says why.
 */
export function audioOf(
  streams: readonly MediaStream[],
  file: StreamFile,
): AudioStream | undefined {
  const audios = streams.filter((stream) => stream.kind === "audio");
  const candidates = audios.filter((stream) => !isAnnouncedOnly(stream));
  const decodable = ifAny(candidates, ({ isUndecodable }) => !isUndecodable);
  const main = ifAny(decodable, (stream) => rolesOf(stream).length === 0);
  const chosen = marked(main);
  if (!chosen) return undefined;
  const pair = holdsChannels(file, main) ? pairOf(main) : undefined;
  if (pair) return pair;
  const plain = marked(candidates);
  if (!plain || plain === chosen) return chosen;
  return {
    ...chosen,
    why: `stream ${chosen.index} is its sound, as stream ${plain.index} is ${faultOf(plain)}`,
  };
}

/** The audio streams that can be used, in their order: they are decodable, of a known codec, and not announced alone. */
export const usableSounds = (streams: readonly MediaStream[]): readonly AudioStream[] =>
  streams
    .filter((stream) => stream.kind === "audio")
    .filter((one) => !isAnnouncedOnly(one) && !one.isUndecodable && one.codec !== "unknown");

/** Streams of which every two neighbours that are single channels of one kind are the left and right of one sound. */
export function pairedSounds(streams: readonly AudioStream[]): readonly AudioStream[] {
  const [first, second, ...others] = streams;
  if (!first) return [];
  const pair = second && first.channels === 1 ? pairOf([first, second]) : undefined;
  return pair ? [pair, ...pairedSounds(others)] : [first, ...pairedSounds(streams.slice(1))];
}

/** The index of the first stream that holds captions (CEA-608) of its own; undefined if there is none. */
export const captionTrackOf = (streams: readonly MediaStream[]): number | undefined =>
  streams.find(({ codec }) => codec === CAPTION_CODEC)?.index;

/** Whether the table of a transport stream announces it and no packet of it comes: ffprobe knows its codec and no more. */
const isAnnouncedOnly = ({ codec, channels, samplerateHz }: AudioStream): boolean =>
  codec !== "unknown" && !(channels && samplerateHz);

/**
 * Whether streams of a file may be channels of one sound. Those of MXF are; those of a QuickTime file are if none is marked before
 * another, or if they are PCM, which cameras write. In its relatives (MP4) they are alternatives, such as languages, or a microphone
 * beside a game, unless marks and languages say that they are not.
 */
function holdsChannels({ format, brand = QUICKTIME }: StreamFile, main: readonly AudioStream[]) {
  const demuxer = demuxerOf(format);
  if (demuxer !== "mov") return CHANNEL_FORMATS.includes(demuxer);
  const [first] = main;
  const areMarkedAlike = main.every((one) => first && isDefault(one) === isDefault(first));
  return brand === QUICKTIME
    ? areMarkedAlike || main.every(({ codec }) => codec.startsWith("pcm_"))
    : areMarkedAlike && main.every(({ language }) => language !== undefined);
}

const isDefault = ({ dispositions }: MediaStream): boolean => dispositions.includes("default");

const marked = <S extends MediaStream>(candidates: readonly S[]): S | undefined =>
  candidates.find(isDefault) ?? candidates[0];

function ifAny<T>(all: readonly T[], is: (one: T) => boolean): readonly T[] {
  const some = all.filter(is);
  return some.length > 0 ? some : all;
}

const rolesOf = ({ dispositions }: AudioStream): readonly string[] =>
  Object.entries(ROLES).flatMap(([role, words]) =>
    dispositions.some((disposition) => disposition === role) ? [words] : [],
  );

function faultOf(stream: AudioStream): string {
  const { codec, isUndecodable } = stream;
  if (isUndecodable)
    return codec === "unknown" ? "in an unknown codec" : `${codec}, which cannot be decoded here`;
  return rolesOf(stream).join(", ");
}

/** The first two channels of a sound as one stream. */
function pairOf(streams: readonly AudioStream[]): AudioStream | undefined {
  const [left, right] = streams;
  const isEven = streams.length % 2 === 0;
  if (!left || !right || !isEven || !streams.every((one) => isAnotherChannel(left, one)))
    return undefined;
  return {
    ...left,
    rightIndex: right.index,
    channels: 2,
    layout: "stereo",
    ...(left.bitrateBps !== undefined && { bitrateBps: 2 * left.bitrateBps }),
    why: `streams ${left.index} and ${right.index} of one channel each are its left and right`,
  };
}

const isAnotherChannel = (left: AudioStream, one: AudioStream): boolean =>
  one.channels === 1 &&
  one.codec === left.codec &&
  one.samplerateHz === left.samplerateHz &&
  one.language === left.language &&
  isNear(one.startSeconds, left.startSeconds) &&
  isNear(one.durationSeconds, left.durationSeconds);

const isNear = (one = 0, other = 0): boolean => Math.abs(one - other) <= TOGETHER_SECONDS;
