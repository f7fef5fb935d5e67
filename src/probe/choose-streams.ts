import { demuxerOf } from "./formats.ts";
import type { AudioStream } from "./media.ts";

/** What a sound beside the main one is for, by ffprobe's name of it. */
const ROLES = {
  comment: "a commentary",
  visual_impaired: "an audio description",
  hearing_impaired: "made for the hard of hearing",
  clean_effects: "without its voices",
  karaoke: "without its singer",
  dependent: "to be heard with another alone",
} as const;

/** A name of `ROLES`. */
export type Role = keyof typeof ROLES;

/** All names of `ROLES`. */
export const ROLE_NAMES = Object.keys(ROLES) as readonly Role[];

/** A sound that could be taken. */
export type SoundCandidate = {
  readonly stream: AudioStream;
  /** This ffprobe, and so its ffmpeg, has a decoder for it. */
  readonly isDecodable: boolean;
  readonly isDefault: boolean;
  readonly roles: readonly Role[];
};

/** The file that sounds are in. */
export type SoundFile = {
  /** ffprobe's `format_name` */
  readonly format: string;
  /** Of MOV and its relatives: what it says that it is. Files from before there were brands say nothing. */
  readonly brand?: string;
};

/** Of cameras: each channel is a stream of its own. */
const CHANNEL_FORMATS = ["mxf", "mxf_opatom"];
const QUICKTIME = "qt  ";
/** Channels of one sound begin and end together. */
const TOGETHER_SECONDS = 0.1;

/**
 * The sound that a viewer expects: of those that can be decoded and are the main one, the one that is marked as default, else the
 * first. Single channels of one kind, two or more pairs of them, are left and right where the file is a camera's. Where the choice is
 * another one than by mark and place alone, it says why.
 */
export function chooseSound(
  candidates: readonly SoundCandidate[],
  file: SoundFile,
): AudioStream | undefined {
  const decodable = ifAny(candidates, ({ isDecodable }) => isDecodable);
  const main = ifAny(decodable, ({ roles }) => roles.length === 0);
  const chosen = marked(main);
  if (!chosen) return undefined;
  const pair = holdsChannels(file, main) ? pairOf(main) : undefined;
  if (pair) return pair;
  const plain = marked(candidates);
  if (!plain || plain === chosen) return chosen.stream;
  return {
    ...chosen.stream,
    why: `stream ${chosen.stream.index} is its sound, as stream ${plain.stream.index} is ${faultOf(plain)}`,
  };
}

/**
 * Whether streams of a file may be channels of one sound. Those of MXF are; those of a QuickTime file are where none is marked before
 * another, or they are PCM, which cameras write. In its relatives (MP4) they are alternatives, such as languages, or a microphone beside
 * a game, unless marks and languages say that they are not.
 */
function holdsChannels({ format, brand = QUICKTIME }: SoundFile, main: readonly SoundCandidate[]) {
  const demuxer = demuxerOf(format);
  if (demuxer !== "mov") return CHANNEL_FORMATS.includes(demuxer);
  const areMarkedAlike = main.every(({ isDefault }) => isDefault === main[0]?.isDefault);
  return brand === QUICKTIME
    ? areMarkedAlike || main.every(({ stream }) => stream.codec.startsWith("pcm_"))
    : areMarkedAlike && main.every(({ stream }) => stream.language !== undefined);
}

const marked = (candidates: readonly SoundCandidate[]): SoundCandidate | undefined =>
  candidates.find(({ isDefault }) => isDefault) ?? candidates[0];

function ifAny<T>(all: readonly T[], is: (one: T) => boolean): readonly T[] {
  const some = all.filter(is);
  return some.length > 0 ? some : all;
}

function faultOf({ isDecodable, roles, stream: { codec } }: SoundCandidate): string {
  if (!isDecodable)
    return codec === "unknown" ? "in an unknown codec" : `${codec}, which cannot be decoded here`;
  return roles.map((role) => ROLES[role]).join(", ");
}

/** The first two of a sound's channels as one stream. */
function pairOf(main: readonly SoundCandidate[]): AudioStream | undefined {
  const streams = main.map(({ stream }) => stream);
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
