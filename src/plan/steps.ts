import { toNumber } from "../lib/rational.ts";
import { demuxerOf } from "../probe/formats.ts";
import type { MediaInfo } from "../probe/media.ts";
import { isImage, isSet } from "../profile/container-rules.ts";
import type { Clip } from "../task/task.ts";
import { setSection } from "./args/adaptive-output.ts";
import { VIDEO_COSTS } from "./args/encoders.ts";
import { firstPassSection, outputSection, type Section } from "./args/file-output.ts";
import { slowInput } from "./args/input.ts";
import { posterArgs } from "./args/poster.ts";
import { isFilledAndCopied, runsOf } from "./args/runs.ts";
import { graphArgs } from "./args/streams.ts";
import { steadyInput } from "./args/turn.ts";
import type { Pass } from "./args/video.ts";
import { alignmentOf } from "./decide/alignment.ts";
import { type Draft, videosOf } from "./decide/output-decision.ts";
import { isSoughtByPacket, soundLateSeconds } from "./decide/seeking.ts";
import { formatSeconds } from "./encode/filters.ts";
import type { Step } from "./plan.ts";
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
  /** Added to all times of the source. */
  readonly shiftSeconds?: number;
  readonly tag: string;
  /** As the engine's capabilities say. */
  readonly slices: number;
};

/**
 * The runs that make all products, the quick ones first: one for each single picture, which seeks to its moment; one for those that
 * are copied whole, so that a copy that fails does so at once; two for each in two passes; one for all others together (`runsOf`), so
 * that the source is decoded once.
 */
export function stepsOf(drafts: readonly Draft[], input: StepsInput): readonly Step[] {
  const posters = drafts.filter(isPoster);
  const films = drafts.filter((draft) => !isPoster(draft));
  const copies = films.filter((draft) => isCopy(draft));
  const encodes = films.filter((draft) => !isCopy(draft));
  const aligned = align(encodes, input);
  const twoPass = aligned.drafts.filter((draft) => isTwoPass(draft));
  const onePass = aligned.drafts.filter((draft) => !isTwoPass(draft));
  const costed = [
    ...posters.map((draft) => posterRun(draft, input)),
    ...(copies.length === 0 ? [] : [runOf("copy", copies, input)]),
    ...twoPass.flatMap((draft) => twoPassRuns(draft, aligned.input)),
    ...runsOf(onePass).map((run) => runOf("encode", run, aligned.input)),
  ];
  const whole = costed.reduce((sum, { cost }) => sum + cost, 0);
  return costed.map(({ cost, ...step }) => ({ ...step, share: cost / whole }));
}

/** Encodes, and what they are made of, with the source's times moved for their pictures. */
function align(
  drafts: readonly Draft[],
  input: StepsInput,
): { readonly drafts: readonly Draft[]; readonly input: StepsInput } {
  const { media } = input;
  const { clip, shiftSeconds, pictureLateSeconds } = alignmentOf(drafts, media, input.clip);
  const lateSeconds = soundLateSeconds(media, clip) + shiftSeconds;
  return {
    drafts: drafts.map((draft) => ({
      ...draft,
      lateSeconds,
      ...(isSet(draft.product.container) && { blackSeconds: pictureLateSeconds }),
    })),
    input: { ...input, clip, shiftSeconds },
  };
}

const isPoster = ({ product }: Draft): boolean => isImage(product.container);

/** Pictures of a set are made of decoded frames, also where its streams are copied. */
const isCopy = ({ product }: Draft): boolean =>
  product.video.action !== "encode" &&
  product.audio.action !== "encode" &&
  !product.set?.thumbnails;

const isTwoPass = (draft: Draft): boolean =>
  videosOf(draft).some(({ rateMode }) => rateMode === "2passvbr");

function runOf(name: "copy" | "encode", drafts: readonly Draft[], input: StepsInput): Costed {
  const sections = drafts.map((draft) => sectionOf(draft, input, undefined));
  const { media, clip, slices, tag } = input;
  const isSliced = name === "encode" && slices > 1;
  return {
    ...stepOf(name, sections, input, drafts.some(isFilledAndCopied)),
    ...(isSliced && slice(drafts, media, clip !== undefined, slices, tag)),
    cost: costOf(drafts, media),
  };
}

/** Alone in its run: ffmpeg numbers the files of its statistics by the streams of the whole run. */
function twoPassRuns(draft: Draft, input: StepsInput): readonly Costed[] {
  const log = `${draft.folder}/pass`;
  const cost = costOf([draft], input.media);
  const first = draft.set
    ? sectionOf(draft, input, { number: 1, log })
    : firstPassSection(draft, input.media, log);
  const second = sectionOf(draft, input, { number: 2, log });
  return [
    { ...stepOf("first pass", [first], input), cost: cost * FIRST_PASS_COST },
    { ...stepOf("encode", [second], input), cost },
  ];
}

function posterRun(draft: Draft, { media, clip }: StepsInput): Costed {
  const args = posterArgs(draft, media, clip);
  return { name: "encode", args, writes: [draft.product.entry], cost: COST_MIN };
}

function sectionOf(draft: Draft, input: StepsInput, pass: Pass | undefined): Section {
  const { media, clip, tag } = input;
  if (!draft.set) return outputSection(draft, media, tag, pass);
  // Output options cut what comes out of a filter, and a sheet comes out of many frames.
  const ahead = isSoughtByPacket(media) ? 0 : (clip?.startSeconds ?? 0);
  const left = clip && { ...clip, startSeconds: clip.startSeconds - ahead };
  return setSection(draft, draft.set, media, pass?.number, left);
}

function stepOf(
  name: Step["name"],
  sections: readonly Section[],
  input: StepsInput,
  isJoined = false,
): Omit<Step, "share"> {
  const cut = cutArgs(input);
  return {
    name,
    args: [
      ...inputArgs(input, sections),
      ...graphArgs(
        sections.map(({ graphs }) => graphs),
        isJoined,
      ),
      ...sections.flatMap(({ args }) => [...cut, ...args]),
    ],
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
  const isCopied = sections.some(({ isCopying }) => isCopying);
  return [
    ...(isCopied && clip ? ["-abort_on", "empty_output+empty_output_stream"] : []),
    ...["-f", demuxerOf(media.format)],
    ...(isCopied ? ["-fflags", "+genpts"] : []),
    ...(input.shiftSeconds ? ["-itsoffset", formatSeconds(input.shiftSeconds)] : []),
    ...(isSoughtByPacket(media) ? [] : startArgs(clip)),
    ...steadyInput(media),
    ...slowInput(media),
    ...["-i", "input"],
  ];
}

const startArgs = (clip: Clip | undefined): readonly string[] =>
  clip && clip.startSeconds > 0 ? ["-ss", formatSeconds(clip.startSeconds)] : [];

/** Of each output: as an option of the input, `-t` lets one stream go on to its end where another has ended before the clip. */
const cutArgs = ({ media, clip }: StepsInput): readonly string[] => [
  ...(isSoughtByPacket(media) ? startArgs(clip) : []),
  ...(clip?.durationSeconds === undefined ? [] : ["-t", formatSeconds(clip.durationSeconds)]),
];

function costOf(drafts: readonly Draft[], { video }: MediaInfo): number {
  if (!video) return COST_MIN;
  const encodings = drafts.flatMap(videosOf);
  if (encodings.length === 0) return COST_MIN;
  const pixels = encodings.map(
    ({ width, height, rate, codec }) => width * height * toNumber(rate) * VIDEO_COSTS[codec],
  );
  const rate = video.framerate ? toNumber(video.framerate) : 25;
  const decoded = video.width * video.height * rate * DECODE_COST;
  return pixels.reduce((sum, one) => sum + one, COST_MIN + decoded);
}
