import { toNumber } from "../lib/rational.ts";
import { demuxerOf } from "../probe/formats.ts";
import type { MediaInfo } from "../probe/media.ts";
import type { Clip } from "../task/task.ts";
import { VIDEO_COSTS } from "./encoders.ts";
import { frameRate } from "./framerate.ts";
import { outputPicture } from "./picture.ts";
import type { Step } from "./plan.ts";
import type { Draft } from "./product.ts";
import { firstPassSection, outputSection, type Section } from "./sections.ts";
import { slice } from "./slices.ts";

/** A step whose share is not yet known: `cost` is in pixels encoded a second of media. */
type Costed = Omit<Step, "share"> & { readonly cost: number };

/** Of a copy or an audio encode: next to nothing, yet the percent must move. */
const COST_MIN = 50_000;
/** Decoding a pixel, as a part of encoding it with libx264 at `veryfast`. */
const DECODE_COST = 0.2;
/** A first pass, as a part of the second. */
const FIRST_PASS_COST = 0.6;

/** Everything that steps are made for. */
export type StepsInput = {
  readonly media: MediaInfo;
  readonly clip: Clip | undefined;
  readonly tag: string;
  /** As the engine's capabilities say. */
  readonly slices: number;
};

/**
 * The runs that make all products, the quick ones first: one for those that are copied whole, so that a copy that fails does so at
 * once; two for each in two passes; one for all others together, so that the source is decoded once.
 */
export function stepsOf(drafts: readonly Draft[], input: StepsInput): readonly Step[] {
  const copies = drafts.filter((draft) => isCopy(draft));
  const twoPass = drafts.filter((draft) => !isCopy(draft) && isTwoPass(draft));
  const onePass = drafts.filter((draft) => !isCopy(draft) && !isTwoPass(draft));
  const costed = [
    ...(copies.length === 0 ? [] : [runOf("copy", copies, input)]),
    ...twoPass.flatMap((draft) => twoPassRuns(draft, input)),
    ...(onePass.length === 0 ? [] : [runOf("encode", onePass, input)]),
  ];
  const whole = costed.reduce((sum, { cost }) => sum + cost, 0);
  return costed.map(({ cost, ...step }) => ({ ...step, share: cost / whole }));
}

const isCopy = ({ product }: Draft): boolean =>
  product.video.action !== "encode" && product.audio.action !== "encode";

const isTwoPass = ({ product, rendition: { video } }: Draft): boolean =>
  product.video.action === "encode" && typeof video === "object" && video.rateMode === "2passvbr";

function runOf(name: "copy" | "encode", drafts: readonly Draft[], input: StepsInput): Costed {
  const sections = drafts.map((draft) => outputSection(draft, input.media, input.tag, undefined));
  const { media, clip, slices, tag } = input;
  const isSliced = name === "encode" && slices > 1;
  return {
    ...stepOf(name, sections, input),
    ...(isSliced && slice(drafts, media, clip !== undefined, slices, tag)),
    cost: costOf(drafts, media),
  };
}

/** Alone in its run: ffmpeg numbers the files of its statistics by the streams of the whole run. */
function twoPassRuns(draft: Draft, input: StepsInput): readonly Costed[] {
  const log = `${draft.folder}/pass`;
  const cost = costOf([draft], input.media);
  const first = firstPassSection(draft, input.media, log);
  const second = outputSection(draft, input.media, input.tag, { number: 2, log });
  return [
    { ...stepOf("first pass", [first], input), cost: cost * FIRST_PASS_COST },
    { ...stepOf("encode", [second], input), cost },
  ];
}

function stepOf(
  name: Step["name"],
  sections: readonly Section[],
  input: StepsInput,
): Omit<Step, "share"> {
  const cut = cutArgs(input);
  return {
    name,
    args: [...inputArgs(input, sections), ...sections.flatMap(({ args }) => [...cut, ...args])],
    writes: sections.flatMap(({ writes }) => writes),
  };
}

/**
 * The probed demuxer is pinned: a file that looks like two things is read as the one that was judged.
 *
 * What is copied has to have presentation times, and AVI has none, MPEG-PS some: they are made of the decoding times. Of a
 * clip nothing may be left to copy, as a copy begins at a key frame: such a run fails.
 */
function inputArgs(input: StepsInput, sections: readonly Section[]): readonly string[] {
  const { media, clip } = input;
  const isCopied = sections.some(({ args }) => args.includes("copy"));
  return [
    ...(isCopied && clip ? ["-abort_on", "empty_output+empty_output_stream"] : []),
    ...["-f", demuxerOf(media.format)],
    ...(isCopied ? ["-fflags", "+genpts"] : []),
    ...(isSoughtByPacket(media) ? [] : startArgs(clip)),
    ...["-i", "input"],
  ];
}

/**
 * Formats without an index: ffmpeg seeks in them to any packet, and decodes nothing up to the next key frame, or finds none at all.
 * They are read from their beginning, and cut behind that. A copy then begins at the first key frame in the clip.
 */
const SOUGHT_BY_PACKET = "mpegts mpeg wtv h264 hevc m4v mpegvideo".split(" ");

const isSoughtByPacket = ({ format }: MediaInfo): boolean =>
  SOUGHT_BY_PACKET.includes(demuxerOf(format));

const startArgs = (clip: Clip | undefined): readonly string[] =>
  clip && clip.startSeconds > 0 ? ["-ss", formatSeconds(clip.startSeconds)] : [];

/** Of each output: as an option of the input, `-t` lets one stream go on to its end where another has ended before the clip. */
const cutArgs = ({ media, clip }: StepsInput): readonly string[] => [
  ...(isSoughtByPacket(media) ? startArgs(clip) : []),
  ...(clip?.durationSeconds === undefined ? [] : ["-t", formatSeconds(clip.durationSeconds)]),
];

/** To the microsecond, ffmpeg's own unit; it reads no exponents. */
const formatSeconds = (seconds: number): string => String(Math.round(seconds * 1e6) / 1e6);

function costOf(drafts: readonly Draft[], { video }: MediaInfo): number {
  if (!video) return COST_MIN;
  const encodes = drafts.flatMap(({ product, rendition }) =>
    product.video.action === "encode" && typeof rendition.video === "object"
      ? [rendition.video]
      : [],
  );
  if (encodes.length === 0) return COST_MIN;
  const pixels = encodes.map((encode) => {
    const { width, height } = outputPicture(encode, video);
    const rate = toNumber(frameRate(encode, video).rate);
    return width * height * rate * VIDEO_COSTS[encode.codec];
  });
  const rate = video.framerate ? toNumber(video.framerate) : 25;
  const decoded = video.width * video.height * rate * DECODE_COST;
  return pixels.reduce((sum, one) => sum + one, COST_MIN + decoded);
}
