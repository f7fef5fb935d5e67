import type { MediaInfo } from "../../probe/media.ts";
import { codecName, tagOf } from "../../profile/codecs.ts";
import {
  isIso,
  isSet,
  RECORDED_AS,
  recordedAs,
  SIMPLE_SET,
} from "../../profile/container-rules.ts";
import { factsOf, type Written } from "../../profile/containers.ts";
import type { Assignment, Rendition } from "../../profile/profile.ts";
import { TaskError } from "../../task/errors.ts";
import { liveSetStreams } from "../args/adaptive-output.ts";
import { inGraph } from "../args/streams.ts";
import { asksForCaptions, captionWarnings } from "../decide/captions.ts";
import { hiddenWarnings } from "../decide/hidden.ts";
import {
  type DecisionSource,
  decideOutput,
  type OutputDecision,
  videosOf,
} from "../decide/output-decision.ts";
import { decideSet } from "../decide/set-decision.ts";
import { type AudioEncoding, audioEncoding } from "../encode/audio-encoding.ts";
import { isSped } from "../encode/framerate.ts";
import { fitsAnySize } from "../encode/picture.ts";
import type { VideoEncoding } from "../encode/video-encoding.ts";
import { withoutUnkept } from "../feasible/colour-feasible.ts";
import { refuseTooManyPixels } from "../feasible/output-pixels.ts";
import { loadOf } from "../load.ts";
import type { Capabilities, StreamDecision } from "../plan.ts";
import { audioWarnings, refuseMissingEncoders, refuseMissingFilters } from "../plan-task.ts";
import type { LiveOutput, LivePlan } from "./live.ts";
import { rtspFault, writtenFor } from "./live-feasible.ts";
import type { LiveContainer, LiveStream, MaybeLive } from "./live-protocols.ts";
import { liveStreams } from "./live-streams.ts";
import { watchedOf } from "./live-watched.ts";

/** The request that a live plan is made for. */
export type LiveRequest = {
  /** All assignments of the task, because their places name the recordings; those without targets are left out of the plan. */
  readonly assignments: readonly Assignment[];
  /** All targets of the task, in their order. */
  readonly targets: readonly MaybeLive[];
  /** The input of ffmpeg that the audio is read from, if it is not the first. */
  readonly audioInput?: number;
};

/** The folder of an assignment's recording, relative to where recordings lie. */
export const recordingFolder = (index: number): string => `recorded-${index}`;

/** How long segments of a live set should be, in seconds: players begin three of them behind the live edge. */
const LIVE_SEGMENT_SECONDS = 2;

/** Whether file targets get a set, segment by segment. */
const isLiveSet = ({ container }: Rendition): boolean => isSet(container);

const segmentKindOf = (codec: string | undefined): "mpegts" | "fmp4" =>
  isIso(SIMPLE_SET, codec) ? "fmp4" : "mpegts";

/**
 * Decides how a source feeds live targets and recordings. Pure.
 *
 * Each stream of an assignment is made once for all its targets: copied if all of them can take a copy, otherwise
 * encoded.
 *
 * @param media - the probed source
 * @throws {TaskError} `input_not_supported`, `output_not_supported`, as `planTask`
 */
export function planLive(
  { assignments: asked, ...rest }: LiveRequest,
  media: MediaInfo,
  capabilities: Capabilities,
): LivePlan {
  // A live stream keeps no colours: the first frame of its source, which says what they are, is not looked at.
  const assignments = asked.map((one) => withoutUnkept(one, { deepEncoders: [] }));
  const planned = assignments.flatMap((assignment, index) =>
    assignment.targets.length === 0
      ? []
      : [
          {
            asked: assignment.rendition,
            ...outputFor(assignment, index, rest, media, capabilities),
          },
        ],
  );
  const decisions = planned.flatMap((one) => one.decisions);
  const outputs = sharingGraph(
    planned.map(({ output }) => output),
    decisions.flatMap(videosOf),
    media,
  );
  refuseMissingEncoders(decisions, capabilities);
  refuseTooManyPixels(decisions.flatMap(videosOf), capabilities);
  return {
    outputs,
    hasVideo: outputs.some(({ video }) => video.action !== "none"),
    isSized: outputs.some(({ isSized }) => isSized),
    watched: watchedOf(outputs, media),
    load: loadOf(decisions, media, 0),
    ...(asksForCaptions(decisions, media) && { asksForCaptions: true }),
    warnings: [
      ...audioWarnings(outputs, media),
      ...captionWarnings(decisions, media),
      ...hiddenWarnings(
        planned.map(({ asked, output }) => ({ asked, product: output })),
        media,
      ),
    ],
  };
}

/** The outputs, their pictures filtered in one graph if one of several has more frames than its source (`Graphs`). */
const sharingGraph = (
  outputs: readonly LiveOutput[],
  encodings: readonly VideoEncoding[],
  { video }: MediaInfo,
): readonly LiveOutput[] =>
  outputs.length > 1 && video && encodings.some(({ rate }) => isSped(rate, video))
    ? outputs.map((output, at) => ({ ...output, ...inGraph(output, `live${at}v`) }))
    : outputs;

/** An output, and the decisions that it is made from. */
type Planned = { readonly output: LiveOutput; readonly decisions: readonly OutputDecision[] };

/** The output of an assignment. A set whose streams are apart goes to file targets only. */
function outputFor(
  assignment: Assignment,
  index: number,
  request: Omit<LiveRequest, "assignments">,
  media: MediaInfo,
  capabilities: Capabilities,
): Planned {
  const { set, targets } = assignment;
  const isAnyLive = targets.some((target) => request.targets[target]?.live);
  if (!set || isAnyLive) return outputOf(assignment, index, request, media, capabilities);
  const source = { media, clip: undefined, capabilities };
  const decision = decideSet(assignment, set, index, source, LIVE_SEGMENT_SECONDS);
  refuseMissingFilters([decision], media, capabilities);
  const { product, set: streams } = decision;
  if (!product.set || !streams) throw new TaskError("internal", "Cannot plan the set: it has none");
  const { files, ...made } = liveSetStreams(decision, streams, media, request.audioInput ?? 0);
  const recording = {
    folder: recordingFolder(index),
    targets,
    isAacCopied: false,
    set: { plan: product.set, files },
  };
  const { video, audio } = product;
  const output = { video, audio, ...made, isHeaded: false, sent: [], isSized: true, recording };
  return { output, decisions: [decision] };
}

function outputOf(
  { rendition, targets }: Assignment,
  index: number,
  { targets: addresses, audioInput = 0 }: Omit<LiveRequest, "assignments">,
  media: MediaInfo,
  capabilities: Capabilities,
): Planned {
  const files = targets.filter((target) => !addresses[target]?.live);
  const sent = targets.flatMap((target): LiveStream[] => {
    const { url = "", live } = addresses[target] ?? {};
    return live ? [{ url, live }] : [];
  });
  const source = { media, clip: undefined, capabilities };
  const carried = new Set(sent.map(({ live }) => live.container));
  const decisions = [
    ...[...carried].map((form) => decisionFor(rendition, writtenFor(form), targets, index, source)),
    ...(files.length > 0 ? [recordedDecision(rendition, targets, index, source)] : []),
  ];
  refuseMissingFilters(decisions, media, capabilities);
  const forVideo = decisive(decisions, "video");
  const forAudio = decisive(decisions, "audio");
  const { video } = forVideo.product;
  const { audio } = forAudio.product;
  if (carried.has("rtsp")) refuseRtspCopies(video, audio, media);
  const made = {
    video: forVideo.video ?? copyOf(video),
    audio: audioEncodingOf(forAudio, audioContainerOf(carried, rendition), media) ?? copyOf(audio),
  };
  const codec =
    made.video === "copy" ? media.video?.codec : made.video && codecName(made.video.codec);
  const segments = files.length > 0 && isLiveSet(rendition) ? segmentKindOf(codec) : undefined;
  const videoTag = segments === "fmp4" ? tagOf(codec) : undefined;
  const output: LiveOutput = {
    video,
    audio,
    ...liveStreams(made, media, { audioInput, label: `live${index}a` }),
    isHeaded:
      files.length > 0 || [...carried].some((form) => !factsOf(writtenFor(form)).isBroadcast),
    ...(videoTag !== undefined && { videoTag }),
    sent,
    isSized: isSized(forVideo, files.length > 0, media),
    ...(files.length > 0 && {
      recording: {
        folder: recordingFolder(index),
        targets: files,
        ...(segments && { segments }),
        isAacCopied: audio.action === "copy" && media.audio?.codec === "aac",
      },
    }),
  };
  return { output, decisions };
}

/** The decision that counts for all that share a stream: it is encoded if one of them needs that. */
function decisive(decisions: readonly OutputDecision[], kind: "video" | "audio"): OutputDecision {
  const decision =
    decisions.find(({ product }) => product[kind].action === "encode") ?? decisions[0];
  if (!decision) throw new TaskError("internal", "Cannot plan the output: nobody gets it");
  return decision;
}

const copyOf = ({ action }: StreamDecision): "copy" | undefined =>
  action === "copy" ? "copy" : undefined;

/** How the audio is encoded for a container, whichever container the decision is for; undefined if it is not. */
const audioEncodingOf = (
  { audio, rendition: { audio: wanted } }: OutputDecision,
  container: Written,
  { audio: source }: MediaInfo,
): AudioEncoding | undefined =>
  audio && source && typeof wanted === "object"
    ? audioEncoding(wanted, source, container)
    : undefined;

/**
 * Whether an output is for one size of pictures. A recording holds one size; a copy to a live target can change, as the
 * stream itself states its size.
 */
function isSized(
  { product, rendition: { video: wanted } }: OutputDecision,
  isRecorded: boolean,
  { video: source }: MediaInfo,
): boolean {
  if (product.video.action === "copy") return isRecorded;
  return typeof wanted === "object" && source !== undefined && !fitsAnySize(wanted, source);
}

function decisionFor(
  rendition: Rendition,
  container: Rendition["container"],
  targets: readonly number[],
  index: number,
  source: DecisionSource,
): OutputDecision {
  return decideOutput({ rendition: { ...rendition, container }, targets }, index, source);
}

/**
 * Decides about what is recorded for file targets. Files are recorded as mp4 first, so both mp4 and the container that is
 * asked for have to hold the streams.
 */
function recordedDecision(
  rendition: Rendition,
  targets: readonly number[],
  index: number,
  source: DecisionSource,
): OutputDecision {
  if (isLiveSet(rendition)) return decisionFor(rendition, SIMPLE_SET, targets, index, source);
  decisionFor(rendition, RECORDED_AS, targets, index, source);
  return decisionFor(rendition, recordedAs(rendition.container), targets, index, source);
}

/** The container whose rules on audio apply: flv's are the narrowest. */
function audioContainerOf(carried: ReadonlySet<LiveContainer>, { container }: Rendition): Written {
  const forms = [...carried].map(writtenFor);
  const narrowest = forms.find((form) => factsOf(form).mp3SampleratesHz) ?? forms[0];
  return narrowest ?? recordedAs(container);
}

function refuseRtspCopies(video: StreamDecision, audio: StreamDecision, media: MediaInfo): void {
  const copied = [
    video.action === "copy" ? media.video?.codec : undefined,
    audio.action === "copy" ? media.audio?.codec : undefined,
  ];
  for (const codec of copied) {
    const fault = codec === undefined ? undefined : rtspFault(codec);
    if (fault !== undefined) throw new TaskError("output_not_supported", fault);
  }
}
