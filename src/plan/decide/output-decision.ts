import { demuxerOf } from "../../probe/formats.ts";
import type { AudioStream, MediaInfo, SoundLabel, VideoStream } from "../../probe/media.ts";
import { codecName } from "../../profile/codecs.ts";
import {
  carrierOf,
  extensionOf,
  holds,
  isSet,
  keptContainer,
} from "../../profile/container-rules.ts";
import { factsOf, isOfSource, type Written } from "../../profile/containers.ts";
import type { Assignment, Rendition } from "../../profile/profile.ts";
import { TaskError } from "../../task/errors.ts";
import type { Clip } from "../../task/task.ts";
import { type AudioEncoding, audioEncoding, samplerates } from "../encode/audio-encoding.ts";
import { sdrFiltersNeeded } from "../encode/colours/hdr.ts";
import { keepingFiltersNeeded, refuseUnkept } from "../encode/colours/kept-colour.ts";
import { encodingBy } from "../encode/engine/lean-x264.ts";
import type { VideoEncoding } from "../encode/video-encoding.ts";
import type { FurtherFile } from "../further.ts";
import { metadataOf } from "../metadata/metadata.ts";
import type { Capabilities, PlannedOutput, StreamDecision } from "../plan.ts";
import { textTracks } from "../subtitles/captions.ts";
import { decideAudio, decideVideo, refuseSecretCopy } from "./copy-decision.ts";
import { expectationOf } from "./expectation.ts";
import { withoutHidden } from "./hidden.ts";
import { audioLateSeconds } from "./seeking.ts";
import { audioMissed, refuseEmptyClip } from "./spans.ts";

/** The streams of an adaptive set, each once, in the order of its tracks. */
export type SetDecision = {
  readonly videos: readonly (VideoEncoding | "copy")[];
  readonly audios: readonly (AudioEncoding | "copy")[];
  /** Present if sounds were chosen: of which streams `audios` are. */
  readonly sounds?: readonly SoundDecision[];
  readonly segmentSeconds: number;
};

/** What the decisions about outputs depend on. */
export type DecisionSource = {
  readonly media: MediaInfo;
  readonly clip: Clip | undefined;
  /** Of the task. */
  readonly title?: string | undefined;
  /** What is read beside the source; what an output reads of it is in its `reads`. */
  readonly further?: readonly FurtherFile[];
  readonly capabilities: Capabilities;
};

/** An output, and the rendition that it is made as. */
export type Judged = {
  readonly product: PlannedOutput;
  readonly rendition: Rendition;
  /** The product's own folder in the work folder: `0`. */
  readonly folder: string;
  /** How much later than the output the audio begins, in seconds. */
  readonly lateSeconds: number;
};

/** How one of several sounds is made, and of which stream. */
export type SoundDecision = {
  readonly stream: AudioStream;
  readonly label: SoundLabel;
  readonly audio: AudioEncoding | "copy";
  /** Present while its loudness is to be measured first, under this name. */
  readonly asks?: string;
};

/** What is made of a source for one assignment, and how: everything that its arguments depend on. */
export type OutputDecision = Judged & {
  /** Present if its sounds were chosen: how each of `product.sounds` is made. */
  readonly sounds?: readonly SoundDecision[];
  /** Present if the video is encoded, but not for an adaptive set. */
  readonly video?: VideoEncoding;
  readonly audio?: AudioEncoding;
  /** How much later than the output the video begins, in seconds; black fills the time before. */
  readonly blackSeconds?: number;
  /** Its video filters are part of the one graph that all outputs of the run share (`Graphs`). */
  readonly sharesGraph?: true;
  /** The files of the inputs beside the source that it reads. */
  readonly reads?: readonly string[];
  /** It is sent out while it is written (`Capabilities.streamsOutput`), or published from a disk while it is made. */
  readonly isStreamed?: boolean;
  readonly isGrowing?: true;
  /** Present for an adaptive set; `rendition` is then the first of the set. */
  readonly set?: SetDecision;
};

/** Decides what one assignment makes of a source, and how; throws as {@link judgeRendition} does. */
export function decideOutput(
  assignment: Omit<Assignment, "set">,
  index: number,
  source: DecisionSource,
): OutputDecision {
  const judged = judgeRendition(assignment, index, source);
  const { media, capabilities, further } = source;
  const { product, rendition } = judged;
  const { container } = product;
  const video =
    product.video.action === "encode" && typeof rendition.video === "object" && media.video
      ? encodingBy(capabilities, rendition.video, media.video, further)
      : undefined;
  return {
    ...judged,
    ...(video && { video, ...readingMarks([video]) }),
    ...(product.audio.action === "encode" &&
      typeof rendition.audio === "object" &&
      media.audio && { audio: audioEncoding(rendition.audio, media.audio, container) }),
    isStreamed: capabilities.streamsOutput === true,
  };
}

/** What an output reads beside the source for its pictures. */
export function readingMarks(
  videos: readonly (VideoEncoding | "copy")[],
): Pick<OutputDecision, "reads"> {
  const files = videos.flatMap((video) =>
    video === "copy" || !video.mark ? [] : [video.mark.file],
  );
  return files.length === 0 ? {} : { reads: [...new Set(files)] };
}

/**
 * Decides which product an assignment makes of a source.
 *
 * @param index - the assignment's; names the product's folder
 * @throws {TaskError} `input_not_supported`, `output_not_supported`, `invalid_parameter`
 */
export function judgeRendition(
  { rendition: asked, targets }: Omit<Assignment, "set">,
  index: number,
  { media, clip, title, further }: Omit<DecisionSource, "capabilities">,
): Judged {
  refuseMissingStreams(asked, media);
  if (clip) refuseEmptyClip(asked, media, clip);
  const container = containerOf(asked, media);
  const rendition = withoutHidden(asked, container, media);
  const video = decideVideo(rendition.video, media.video, container, clip !== undefined);
  const audio = audioOf(rendition, container, media, clip);
  if (video.action === "copy") refuseVideoCopy(container, media);
  if (video.action === "copy") refuseSecretCopy(rendition, media);
  if (video.action === "encode") refuseColors(rendition, media);
  if (audio.action === "copy") refuseAudioCopy(container, media);
  const folder = String(index);
  const metadata = metadataOf(rendition.metadata, container, media, { title, clip });
  const subtitles = textTracks(rendition, container, { media, further });
  const product: PlannedOutput = {
    targets,
    container,
    entry: `${folder}/out.${extensionOf(container)}`,
    ...(isSet(container) && { segments: `${folder}/segments` }),
    video,
    audio,
    expect: {
      ...expectationOf({ rendition, container, video, audio }, media, clip),
      ...(metadata && { metadata }),
    },
    ...(subtitles.length > 0 && { subtitles }),
    ...(rendition.protection && { protection: rendition.protection }),
  };
  return { product, rendition, folder, lateSeconds: audioLateSeconds(media, clip) };
}

/**
 * Decides about the audio. A copy that would lose changes of its rate or channels becomes an encode, and a clip that
 * holds none of the audio is silent.
 */
function audioOf(
  { audio }: Rendition,
  container: Written,
  media: MediaInfo,
  clip: Clip | undefined,
): StreamDecision {
  const decided = decideAudio(audio, media.audio, container, clip !== undefined);
  const isLost = decided.action === "copy" && audio !== "copy" && losesChanges(container, media);
  const decision: StreamDecision = isLost ? { action: "encode", why: UNEVEN } : decided;
  const why = clip && decision.action !== "none" ? audioMissed(media, clip) : undefined;
  return why === undefined ? decision : { action: "none", why };
}

/** Raw streams, which do not say the order and the times of their pictures. */
const UNTIMED_FORMATS = ["h264", "hevc"];

const isTurnedByHeader = ({ rotation, isTurnedByFrames }: VideoStream): boolean =>
  rotation !== 0 && !isTurnedByFrames;

function refuseVideoCopy(container: Written, { format, video }: MediaInfo): void {
  const { keeps = [] } = factsOf(container);
  if (UNTIMED_FORMATS.includes(demuxerOf(format)))
    throw refuseOutput("Cannot copy the video: the source has no time stamps");
  if (video && isTurnedByHeader(video) && !keeps.includes("turn"))
    throw refuseOutput(
      `Cannot copy the video into "${container}": it is turned by ${video.rotation} degrees, which mp4 and mov alone keep`,
    );
  if (video?.isMirrored && !video.isTurnedByFrames && !keeps.includes("turn"))
    throw refuseOutput(
      `Cannot copy the video into "${container}": it is mirrored, which mp4 and mov alone keep`,
    );
  if (video?.crop)
    throw refuseOutput(
      "Cannot copy the video: its container crops it, which this ffmpeg does not write",
    );
  if (video?.isCropped && !keeps.includes("crop"))
    throw refuseOutput(
      `Cannot copy the video into "${container}": it is cropped, which mp4, mov and mkv alone keep`,
    );
}

function refuseColors({ video: wanted }: Rendition, { video }: MediaInfo): void {
  if (video && typeof wanted === "object") refuseUnkept(wanted, video);
  if (video?.isDolbyVisionAlone)
    throw refuseInput(
      "Cannot convert the source's picture: it has no colours but those of Dolby Vision, which ffmpeg does not show",
    );
}

const UNEVEN = "its rate or channels change midway";

/**
 * Whether a copy of the audio into a container would lose changes of its rate or channels. In a broadcast stream each
 * frame states its own, and FLV states them anew; other files state them once. A copy from one of these formats into
 * another loses them as well, and raw AAC has no times that would stay right.
 */
function losesChanges(container: Written, { format, audio, video }: MediaInfo): boolean {
  if (!audio?.isUneven) return false;
  const { demuxer, restatesAudio } = factsOf(carrierOf(container, video?.codec));
  return !restatesAudio || demuxer !== demuxerOf(format);
}

function refuseAudioCopy(container: Written, media: MediaInfo): void {
  const { audio } = media;
  if (losesChanges(container, media))
    throw refuseOutput(`Cannot copy the audio into "${container}": ${UNEVEN}`);
  if (audio?.codec === "mp3" && !samplerates("mp3", container).includes(audio.samplerateHz))
    throw refuseOutput(
      `Cannot copy the audio into "${container}": it does not hold mp3 at ${audio.samplerateHz} Hz`,
    );
}

const refuseOutput = (message: string): TaskError => new TaskError("output_not_supported", message);
const refuseInput = (message: string): TaskError => new TaskError("input_not_supported", message);

function refuseMissingStreams({ video, audio }: Rendition, media: MediaInfo): void {
  if (video !== "none" && !media.video)
    throw refuseInput("Cannot make a video: the source has none");
  if (video === "none" && !media.audio)
    throw refuseInput("Cannot make an audio file: the source has no audio");
  const used = [
    video === "none" ? undefined : media.video,
    audio === "none" ? undefined : media.audio,
  ];
  const unknown = used.find((stream) => stream?.codec === "unknown");
  if (unknown) throw refuseInput(`Cannot read stream ${unknown.index}: its codec is unknown`);
}

/** The container to write, which must hold the streams that it will get. */
function containerOf({ container, video, audio }: Rendition, media: MediaInfo): Written {
  const picture = nameOf(video, media.video?.codec);
  const sound = media.audio && nameOf(audio, media.audio.codec);
  if (isOfSource(container)) {
    const kept = keptContainer(demuxerOf(media.format), picture, sound);
    if (kept) return kept;
  } else if (holds(container, picture, sound)) return container;
  const streams = [picture, sound].filter((name) => name !== undefined).join(" and ");
  const name = isOfSource(container)
    ? `the source's container (${media.format})`
    : `"${container}"`;
  throw refuseOutput(`Cannot put ${streams} into ${name}: it does not hold that here`);
}

function nameOf(
  wanted: Rendition["video"] | Rendition["audio"],
  own: string | undefined,
): string | undefined {
  if (wanted === "none") return undefined;
  return wanted === "copy" ? own : codecName(wanted.codec);
}

/** The video encodings of an output; for a set, all of them. */
export const videosOf = ({ set, video }: OutputDecision): readonly VideoEncoding[] =>
  set ? set.videos.filter((one) => one !== "copy") : video ? [video] : [];

/** Whether an output needs the source's pictures decoded: thumbnails do, even if the streams are copied. */
export const isDecoded = ({ product }: OutputDecision): boolean =>
  product.video.action === "encode" || product.set?.thumbnails !== undefined;

/** The filters beyond the common ones that the engine needs for an output. */
export function filtersNeeded(decision: OutputDecision, media: MediaInfo): readonly string[] {
  const { video: source } = media;
  if (!source) return [];
  const videos = videosOf(decision);
  const isDeinterlaced = videos.some(({ filters }) => filters.deinterlace.length > 0);
  const isMapped = videos.some(({ colour }) => !colour) || decision.product.set?.thumbnails;
  const decoded = [
    ...(source.crop ? ["crop"] : []),
    ...(videos.some(({ colour }) => colour) ? keepingFiltersNeeded(source) : []),
    ...(isMapped ? sdrFiltersNeeded(source) : []),
  ];
  return [...(isDecoded(decision) ? decoded : []), ...(isDeinterlaced ? ["bwdif"] : [])];
}
