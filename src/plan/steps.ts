import { demuxerOf } from "../probe/formats.ts";
import type { MediaInfo } from "../probe/media.ts";
import { isImage, isPaletted, isSet } from "../profile/container-rules.ts";
import type { Clip } from "../task/task.ts";
import { adaptiveOutputArgs } from "./args/adaptive-output.ts";
import { ahead, aheadSeconds } from "./args/drawn/drawn-outputs.ts";
import { fileOutputArgs, firstPassArgs, type OutputArgs } from "./args/file-output.ts";
import { cutArgs, slowInput, startArgs } from "./args/input.ts";
import { isFilledAndCopied, runsOf } from "./args/runs.ts";
import { graphArgs } from "./args/streams.ts";
import {
  cutForgotten,
  NO_TEXTS,
  type TextInputs,
  textInputArgs,
  textInputs,
  textOffset,
  textStep,
} from "./args/subtitles.ts";
import { steadyInput } from "./args/turn.ts";
import type { Pass } from "./args/video.ts";
import { captionStep } from "./captions/caption-step.ts";
import { alignmentOf } from "./decide/alignment.ts";
import { type OutputDecision, type SoundDecision, videosOf } from "./decide/output-decision.ts";
import { audioLateSeconds, isSoughtByPacket, ownClip } from "./decide/seeking.ts";
import { formatSeconds } from "./encode/filters.ts";
import { type FurtherFile, furtherArgs } from "./further.ts";
import { headRun } from "./growing/head.ts";
import { COST_MIN, costOf, drawnLoad, loadOf } from "./load.ts";
import { drawnArgs, paletteArgs, paletteInput } from "./pictures/palette.ts";
import { pictureSteps } from "./pictures/single-pictures.ts";
import type { Step } from "./plan.ts";
import { type MadeRendition, madeInputs, recipesFor } from "./reuse/renditions.ts";
import type { Spread } from "./sliced.ts";
import { slice } from "./slices.ts";
import { fileLog, firstPart } from "./slicing/passes.ts";
import { spreadOver } from "./slicing/spread.ts";
import { meterArgs } from "./verify/meter.ts";

/** A step whose share is not known yet; `cost` is in pixels that are encoded per second of media. */
type Costed = Omit<Step, "share"> & { readonly cost: number };

/** The cost of a first pass, as a part of the second. */
const FIRST_PASS_COST = 0.6;

/** What steps are made from, besides the decisions. */
export type StepsInput = {
  readonly media: MediaInfo;
  readonly clip: Clip | undefined;
  /** What is read beside the source. A run in which any output reads any of it reads all, so that their numbers are the same in each. */
  readonly further?: readonly FurtherFile[];
  /** The start that was asked for, which `clip` may be moved from. */
  readonly askedSeconds?: number;
  /** `forgetsCuts` */
  readonly forgetsCuts?: boolean;
  /** Added to all times of the source. */
  readonly shiftSeconds?: number;
  readonly tag: string;
  /** How many slices of an encode may run at once, by the engine's capabilities. */
  readonly slices: number;
  /** By the engine's capabilities. */
  readonly spread?: Spread;
  /** `PlanRequest.made` */
  readonly made?: readonly MadeRendition[];
};

/**
 * The runs that make all products, the quick ones first:
 * - one that takes subtitles out of the source, one that does so with captions, and one for each set's head;
 * - one for each single picture, which seeks to its moment, or one for each of a contact sheet and one for all;
 * - one for all products that only copy, so that a copy that fails does so at once;
 * - two for each product that is encoded in two passes, or drawn from a palette;
 * - one for all others together (but see `runsOf`), so that the source is decoded once.
 */
export function stepsOf(decisions: readonly OutputDecision[], input: StepsInput): readonly Step[] {
  const posters = decisions.filter(isPoster);
  const films = decisions.filter((decision) => !isPoster(decision));
  const drawn = films.filter(({ product }) => isPaletted(product.container));
  const copies = films.filter((decision) => isCopy(decision));
  const encodes = films.filter((decision) => !isCopy(decision) && !drawn.includes(decision));
  const aligned = align(encodes, input);
  const timed = aligned.decisions.map((one) => ahead(one, aheadSeconds(aligned.input)));
  const twoPass = timed.filter((decision) => isTwoPass(decision));
  const onePass = timed.filter((decision) => !isTwoPass(decision));
  const texts = textStep(decisions, input);
  const captions = captionStep(decisions, input);
  const costed = [
    ...(texts ? [{ ...texts, cost: COST_MIN, ...drawnLoad(decisions, input.media) }] : []),
    ...(captions ? [{ ...captions, cost: COST_MIN }] : []),
    ...posters.flatMap((decision) => pictureRuns(decision, input)),
    ...onePass.flatMap((decision) =>
      headRun(decision, aligned.input.clip, (head, clip) =>
        runOf("encode", [head], { ...aligned.input, clip }),
      ),
    ),
    ...(copies.length === 0 ? [] : [runOf("copy", copies, input)]),
    ...twoPass.flatMap((decision) => twoPassRuns(decision, aligned.input)),
    ...drawn.flatMap((decision) => drawnRuns(decision, input)),
    ...runsOf(onePass, input.media).map((run) => runOf("encode", run, aligned.input)),
  ];
  const whole = costed.reduce((sum, { cost }) => sum + cost, 0);
  return costed.map(({ cost, ...step }) => ({ ...step, share: cost / whole }));
}

/** The run that measures how loud sounds are, as they are about to be encoded. */
export function meteringStep(sounds: readonly SoundDecision[], input: StepsInput): Step {
  const own = { ...input, further: [] };
  const args = [...inputArgs(own, [], NO_TEXTS), ...meterArgs(sounds, cutArgs(own))];
  const load = loadOf([], input.media, COST_MIN);
  return { name: "encode", args, writes: [], load, share: 0 };
}

/** Moves the source's times so that its pictures fall on the even times that the encodes are written at. */
function align(
  decisions: readonly OutputDecision[],
  input: StepsInput,
): { readonly decisions: readonly OutputDecision[]; readonly input: StepsInput } {
  const { media } = input;
  const { clip, shiftSeconds, videoLateSeconds } = alignmentOf(decisions, media, input.clip);
  const lateSeconds = audioLateSeconds(media, clip) + shiftSeconds;
  return {
    decisions: decisions.map((decision) => ({
      ...decision,
      lateSeconds,
      ...(isSet(decision.product.container) && { blackSeconds: videoLateSeconds }),
    })),
    input: { ...input, clip, shiftSeconds, askedSeconds: input.clip?.startSeconds ?? 0 },
  };
}

const isPoster = ({ product }: OutputDecision): boolean => isImage(product.container);

/** Thumbnails of a set are made of decoded frames, even if its streams are copied. */
const isCopy = ({ product }: OutputDecision): boolean =>
  product.video.action !== "encode" &&
  product.audio.action !== "encode" &&
  !product.set?.thumbnails;

const isTwoPass = (decision: OutputDecision): boolean =>
  videosOf(decision).some(({ rateMode }) => rateMode === "2passvbr");

function runOf(
  name: "copy" | "encode",
  decisions: readonly OutputDecision[],
  input: StepsInput,
): Costed {
  const read = readBy(decisions, input);
  const texts = textInputs(decisions, read.further, cutForgotten(input));
  const outputs = decisions.map((decision) => outputArgsOf(decision, input, undefined, texts));
  const { media, made } = input;
  const cost = costOf(decisions, media);
  const reading = () => [...inputArgs(read, outputs, texts), ...cutArgs(read)];
  const isJoined = decisions.some(isFilledAndCopied);
  return {
    ...stepOf(name, outputs, read, { texts, isJoined, more: madeInputs(made) }),
    ...(made && recipesFor(decisions, input, reading)),
    load: loadOf(decisions, media, cost),
    ...(name === "encode" && cutUp(decisions, input)),
    cost,
  };
}

/** An encode in slices for several workers, or else in those of an engine that runs several at once; or why it is neither. */
function cutUp(decisions: readonly OutputDecision[], input: StepsInput) {
  const { media, clip, tag, slices, spread, made = [] } = input;
  if (made.length > 0) return (spread || slices > 1) && { whole: "a part of it was made before" };
  const spreads = spread && spreadOver(runIn(decisions, input), spread);
  const isForThreads = slices > 1 && !spreads?.sliced;
  return isForThreads ? slice(decisions, media, clip !== undefined, slices, tag) : spreads;
}

/** A run to be cut. */
function runIn(decisions: readonly OutputDecision[], input: StepsInput) {
  const { media, clip, shiftSeconds = 0, tag } = input;
  return { decisions, media, clip, shiftSeconds, tag, textOffsetSeconds: textOffset(input) };
}

/** Both runs make this output alone, because ffmpeg numbers its files of statistics by the streams of the whole run. */
function twoPassRuns(decision: OutputDecision, input: StepsInput): readonly Costed[] {
  const log = fileLog(decision);
  const read = readBy([decision], input);
  const cost = costOf([decision], input.media);
  const load = loadOf([decision], input.media, cost);
  const first = decision.set
    ? outputArgsOf(decision, input, { number: 1, log })
    : firstPassArgs(decision, input.media, log);
  const texts = textInputs([decision], read.further, cutForgotten(input));
  const second = outputArgsOf(decision, input, { number: 2, log }, texts);
  const analysis = stepOf("first pass", [first], read);
  const spread = input.spread && spreadOver(runIn([decision], input), input.spread);
  return [
    { ...analysis, ...firstPart(analysis, spread ?? {}), load, cost: cost * FIRST_PASS_COST },
    { ...stepOf("encode", [second], read, { texts }), ...spread, ...{ load, cost } },
  ];
}

/** One run makes the palette, and the next draws with it: in one run, all pictures would wait in memory for the palette. */
function drawnRuns(unaligned: OutputDecision, whole: StepsInput): readonly Costed[] {
  const { decisions, input } = align([unaligned], whole);
  const [plain = unaligned] = decisions;
  const decision = ahead(plain, aheadSeconds(input));
  const read = readBy([decision], input);
  const { media, clip, further = [] } = read;
  const cost = costOf([decision], media);
  const load = loadOf([decision], media, cost);
  // Its own filters cut the pictures, which then begin at zero.
  const cut = clip ? ahead(plain, clip.startSeconds) : decision;
  const palette = paletteArgs(cut, media, ownClip(media, clip));
  const film = drawnArgs(decision, media, further.length + 1);
  return [
    { ...stepOf("first pass", [palette], read, { cut: [] }), load, cost: cost * FIRST_PASS_COST },
    { ...stepOf("encode", [film], read, { more: paletteInput(decision) }), load, cost },
  ];
}

/** The same input, with what is read beside the source only if these outputs read any of it. */
const readBy = (
  decisions: readonly OutputDecision[],
  { further, ...input }: StepsInput,
): StepsInput =>
  further && decisions.some(({ reads = [] }) => reads.length > 0) ? { ...input, further } : input;

function pictureRuns(decision: OutputDecision, input: StepsInput): readonly Costed[] {
  const load = loadOf([decision], input.media, COST_MIN);
  const runs = pictureSteps(decision, readBy([decision], input));
  return runs.map((run) => ({ ...run, load, cost: COST_MIN / runs.length }));
}

function outputArgsOf(
  decision: OutputDecision,
  input: StepsInput,
  pass: Pass | undefined,
  texts?: TextInputs,
): OutputArgs {
  const { media, clip, tag } = input;
  if (!decision.set) return fileOutputArgs(decision, media, tag, pass, texts);
  return adaptiveOutputArgs(decision, decision.set, media, pass?.number, ownClip(media, clip));
}

function stepOf(
  name: Step["name"],
  outputs: readonly OutputArgs[],
  input: StepsInput,
  {
    texts = NO_TEXTS,
    isJoined = false,
    more = [],
    cut = cutArgs(input),
  }: {
    readonly texts?: TextInputs;
    readonly isJoined?: boolean;
    readonly more?: readonly string[];
    readonly cut?: readonly string[];
  } = {},
): Omit<Step, "share"> {
  return {
    name,
    args: [
      ...inputArgs(input, outputs, texts),
      ...more,
      ...graphArgs(
        outputs.map(({ graphs }) => graphs),
        isJoined,
      ),
      ...outputs.flatMap(({ args }) => [...cut, ...args]),
    ],
    writes: outputs.flatMap(({ writes }) => writes),
  };
}

/**
 * The probed demuxer is pinned: a file that could be read as two formats is read as the one that was judged.
 *
 * A copy needs presentation times. AVI has none and MPEG-PS only some, so ffmpeg makes them from the decoding times. A
 * copied clip begins at a key frame, so nothing may be left to copy: such a run fails. A clip may be without subtitles.
 */
function inputArgs(
  input: StepsInput,
  outputs: readonly OutputArgs[],
  texts: TextInputs,
): readonly string[] {
  const { media, clip } = input;
  const isCopied = outputs.some(({ isCopying }) => isCopying);
  return [
    ...(isCopied && clip && texts.files.length === 0
      ? ["-abort_on", "empty_output+empty_output_stream"]
      : []),
    ...["-f", demuxerOf(media.format)],
    ...(isCopied ? ["-fflags", "+genpts"] : []),
    ...(input.shiftSeconds ? ["-itsoffset", formatSeconds(input.shiftSeconds)] : []),
    ...(isSoughtByPacket(media) ? [] : startArgs(clip)),
    ...steadyInput(media),
    ...slowInput(media),
    ...["-i", "input", ...furtherArgs(input.further ?? [])],
    ...textInputArgs(texts, textOffset(input)),
  ];
}
