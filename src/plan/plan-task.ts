import type { MediaInfo } from "../probe/media.ts";
import { renditionsOf } from "../profile/assign.ts";
import type { Assignment, Rendition } from "../profile/profile.ts";
import { TaskError } from "../task/errors.ts";
import type { Clip, Task } from "../task/task.ts";
import type { Warning } from "../task/warnings.ts";
import { forgetsCuts } from "./args/subtitles.ts";
import { refuseUnsteady } from "./args/turn.ts";
import { asksForCaptions, captionWarnings } from "./decide/captions.ts";
import { onHardware } from "./decide/hardware/on-hardware.ts";
import { hiddenWarnings } from "./decide/hidden.ts";
import {
  type DecisionSource,
  decideOutput,
  filtersNeeded,
  isDecoded,
  type OutputDecision,
  videosOf,
} from "./decide/output-decision.ts";
import { decideSet } from "./decide/set-decision.ts";
import { decideSounds } from "./decide/sound-decision.ts";
import { soundWarnings } from "./decide/sounds.ts";
import { clippedSeconds } from "./decide/spans.ts";
import { refuseLongAnimations } from "./feasible/animation.ts";
import { withoutUnkept } from "./feasible/colour-feasible.ts";
import { impossibilityOf } from "./feasible/feasible.ts";
import { refuseTooManyPixels } from "./feasible/output-pixels.ts";
import { assignmentFault } from "./feasible/set-feasible.ts";
import { nameWarnings } from "./feasible/target-name.ts";
import { type FurtherFile, plannedInput } from "./further.ts";
import { growingDecision } from "./growing/head.ts";
import { stepsOn } from "./hardware/hardware-steps.ts";
import { measuringOf } from "./measure.ts";
import { titleWarnings } from "./metadata/metadata.ts";
import { decideWaveform } from "./pictures/waveform.ts";
import type { Capabilities, Plan, PlannedOutput } from "./plan.ts";
import { type MadeRendition, withMade } from "./reuse/renditions.ts";
import { meteringStep } from "./steps.ts";
import { drawnSides, undrawn, withDrawn } from "./subtitles/burn-in.ts";
import { extractionWarnings } from "./subtitles/captions.ts";
import { type SubtitleSources, subtitleWarnings } from "./subtitles/choose.ts";
import { lackWarnings } from "./verify/lack.ts";

/** The request that a plan is made for. */
export type PlanRequest = {
  /** Each makes one product, in this order. */
  readonly assignments: readonly Assignment[];
  readonly clip?: Clip;
  /** What the outputs are called. */
  readonly title?: string;
  /** What is read beside the source, in the order of its files. */
  readonly further?: readonly FurtherFile[];
  /** The addresses of all the task's targets, in their order. */
  readonly targetUrls?: readonly string[];
  /** Its sets are published while they are made. */
  readonly isGrowing?: true;
  /** The number that the first product's folder has in the work folder, 0 by default. */
  readonly firstFolder?: number;
  /** The pictures of its set that were made before, or none of them yet; absent if nothing is used again. */
  readonly made?: readonly MadeRendition[];
  /** Unique to the attempt, of characters in `[A-Za-z0-9-]`; the names of segments begin with it. */
  readonly tag: string;
};

/** What a task says of its plan. */
export const askedOf = ({
  clip,
  extras: { title, growing } = {},
}: Pick<Task, "clip" | "extras">): Pick<PlanRequest, "clip" | "title" | "isGrowing"> => ({
  ...(clip && { clip }),
  ...(title !== undefined && { title }),
  ...(growing && { isGrowing: true }),
});

/**
 * Turns a request and what is known of its source into ffmpeg runs.
 *
 * Pure: no disk, clock, network or engine. The plan names its files relative to the work folder (`input`, `0/out.mp4`,
 * `1/out.m3u8` with `1/segments/TAG-00000.ts`, `2/segments/manifest.mpd` of an adaptive set), so every engine runs the
 * same steps. The engine adds general options (`-nostdin`, `-progress`, limits).
 *
 * @param media - the probed source
 * @throws {TaskError} `input_not_supported` (a stream that is asked for is missing or unknown, HDR without the filters
 *   for it), `source_damaged` (it has no length, or is cut off), `output_not_supported` (a codec that its container does
 *   not hold, a copy that would lose something, more pixels than a task may have), `encoder_missing`, `invalid_parameter` (a clip that holds nothing)
 */
export function planTask(request: PlanRequest, media: MediaInfo, capabilities: Capabilities): Plan {
  const { clip, title, further = [], tag, targetUrls = [], firstFolder = 0 } = request;
  // Sources that are joined are one by now.
  const beside = further.filter(({ kind }) => kind !== "source");
  const assignments = request.assignments.map((one) =>
    withDrawn(withoutUnkept(one, capabilities), { media, further: beside }),
  );
  for (const assignment of assignments) {
    const fault = assignmentFault(assignment, capabilities);
    if (fault) throw new TaskError(fault.code, fault.message);
  }
  if (media.durationSeconds !== undefined && media.durationSeconds <= 0)
    throw new TaskError("source_damaged", "Cannot use the source: its duration is zero");
  const lacking = lackWarnings(media, clip);
  const source = { media, clip, title, further: beside, capabilities };
  const { isGrowing } = request;
  const seconds = clippedSeconds(media.durationSeconds, clip);
  const decided = assignments.map((one, at) => {
    const decision = decide(one, firstFolder + at, source);
    return isGrowing ? growingDecision(decision, seconds, source) : decision;
  });
  const made = withMade(decided, request.made);
  const { hardware } = capabilities;
  const decisions = onHardware(made, hardware);
  refuseMissingFilters(decisions, media, capabilities);
  refuseMissingEncoders(decisions, capabilities);
  refuseTooManyPixels(decisions.flatMap(videosOf), capabilities);
  refuseLongAnimations(decisions, clip);
  const products = decisions.map(({ product }) => product);
  const asked = products.map((product, at) => ({ product, asked: assignments[at]?.rendition }));
  // By the filters of software: those of a device give its frames to it, and nobody can measure them there.
  const measuring = measuringOf(made, source, capabilities);
  const durationSeconds = longestOf(products) ?? seconds;
  const { slices = 1, spread } = capabilities;
  const input = {
    ...{ media, clip, further: beside, tag, slices },
    ...(spread && { spread }),
    ...(request.made && { made: request.made }),
    forgetsCuts: forgetsCuts(capabilities),
  };
  return {
    ...askingForLoudness(decisions, input),
    ...(asksForCaptions(decisions, media) && { asksForCaptions: true }),
    steps: stepsOn(hardware, made, decisions, input),
    products,
    ...(measuring && { measuring }),
    ...(further.length > 0 && { inputs: further.map(plannedInput) }),
    warnings: [
      ...nameWarnings(products, targetUrls),
      ...titleWarnings(products, title),
      ...lacking,
      ...audioWarnings(products, media),
      ...soundWarnings(renditionsOf(assignments), media),
      ...captionWarnings(decisions, media),
      ...textWarnings(renditionsOf(assignments), source),
      ...extractionWarnings(
        renditionsOf(assignments).map(({ captions }) => captions),
        media,
      ),
      ...hiddenWarnings(asked, media),
    ],
    ...(durationSeconds !== undefined && { durationSeconds }),
  };
}

const textWarnings = (renditions: readonly Rendition[], source: SubtitleSources) =>
  subtitleWarnings(
    renditions.map(({ subtitles }) => subtitles),
    source,
    { lacks: undrawn(renditions, source), sides: drawnSides(renditions, source) },
  );

function decide(assignment: Assignment, index: number, source: DecisionSource): OutputDecision {
  const { set, rendition } = assignment;
  const { video } = rendition;
  if (set) return decideSet(assignment, set, index, source);
  if (typeof video === "object" && video.waveform)
    return decideWaveform(assignment, video, video.waveform, index, source);
  return rendition.sound
    ? decideSounds(assignment, index, source)
    : decideOutput(assignment, index, source);
}

/** What is to be measured of sounds before the plan is whole: each name once. */
function askingForLoudness(
  decisions: readonly OutputDecision[],
  input: Parameters<typeof meteringStep>[1],
): Pick<Plan, "asksForLoudness"> {
  const all = decisions.flatMap(({ sounds, set }) => [...(sounds ?? []), ...(set?.sounds ?? [])]);
  const asked = new Map(all.flatMap((one) => (one.asks === undefined ? [] : [[one.asks, one]])));
  if (asked.size === 0) return {};
  const step = meteringStep([...asked.values()], input);
  return { asksForLoudness: { step, names: [...asked.keys()] } };
}

/**
 * Refuses a copy that has to become an encode, if the engine lacks the encoder. Nobody asked for that encoder, so the
 * source is to blame.
 *
 * @throws {TaskError} `output_not_supported`
 */
export function refuseMissingEncoders(
  decisions: readonly OutputDecision[],
  capabilities: Capabilities,
): void {
  for (const { rendition, set, product } of decisions) {
    const fault = set ? undefined : impossibilityOf(rendition, capabilities);
    if (!fault) continue;
    const why = [product.video, product.audio].find((one) => one.action === "encode")?.why;
    throw new TaskError(
      "output_not_supported",
      `Cannot copy the source: ${why}, and ${fault.message.replace(/^Cannot [^:]*: /, "")}`,
    );
  }
}

/** The longest duration of the products that have one. A header's duration may also count streams that are not used. */
function longestOf(products: readonly PlannedOutput[]): number | undefined {
  const all = products.map(({ expect }) => expect.durationSeconds).filter(Boolean);
  return all.length === 0 ? undefined : Math.max(...all.map(Number));
}

/**
 * Warns if the audio that was chosen is not the stream that is marked as default (the first, if none is), and says why.
 * If the audio is two streams, its left and right, a copy holds only the left.
 */
export function audioWarnings(
  products: readonly Pick<PlannedOutput, "audio" | "sounds">[],
  { audio }: MediaInfo,
): readonly Warning[] {
  if (
    audio?.why === undefined ||
    products.every(({ audio: { action }, sounds }) => action === "none" || sounds)
  )
    return [];
  const isCut =
    audio.rightIndex !== undefined && products.some((product) => product.audio.action === "copy");
  const left = isCut ? `; a copy holds stream ${audio.index} alone` : "";
  return [{ code: "stream_chosen", message: `Of the source ${audio.why}${left}` }];
}

/**
 * Refuses outputs that need a filter that the engine lacks, or that turn pictures in a way that it cannot.
 *
 * @throws {TaskError} `input_not_supported`
 */
export function refuseMissingFilters(
  decisions: readonly OutputDecision[],
  media: MediaInfo,
  capabilities: Capabilities,
): void {
  if (decisions.some(isDecoded)) refuseUnsteady(media, capabilities);
  const lost = decisions
    .flatMap((decision) => filtersNeeded(decision, media))
    .find((filter) => !capabilities.filters.includes(filter));
  if (lost !== undefined)
    throw new TaskError(
      "input_not_supported",
      `Cannot convert the source's picture: the engine has no filter ${lost}`,
    );
}
