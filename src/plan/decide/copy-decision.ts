import { toNumber } from "../../lib/rational.ts";
import type { AudioStream, MediaInfo, VideoStream } from "../../probe/media.ts";
import { codecName } from "../../profile/codecs.ts";
import { isImage, isSet } from "../../profile/container-rules.ts";
import type { Written } from "../../profile/containers.ts";
import { copyFault } from "../../profile/fields/protection.ts";
import type { AudioEncode, Rendition, VideoEncode } from "../../profile/profile.ts";
import { TaskError } from "../../task/errors.ts";
import { samplerates } from "../encode/audio-encoding.ts";
import { isHdr } from "../encode/colours/hdr.ts";
import { DEEP_PIXEL_FORMAT } from "../encode/colours/kept-colour.ts";
import { RATE_SLACK } from "../encode/framerate.ts";
import { isKnownInAac } from "../encode/layouts.ts";
import { isSquare, uprightSize } from "../encode/picture.ts";
import { PIXEL_FORMAT } from "../encode/video-filters.ts";
import type { StreamDecision } from "../plan.ts";
import { hiddenFault } from "./hidden.ts";

/** The profiles of each codec that players take everywhere; a stream in another one is encoded. */
const COMMON_PROFILES: Readonly<Record<string, readonly string[]>> = {
  h264: ["Constrained Baseline", "Main", "High"],
  hevc: ["Main"],
  vp9: ["Profile 0"],
  av1: ["Main"],
  mpeg2video: ["Simple", "Main"],
  aac: ["LC"],
};

/** The profiles that are taken as well if the depth of the source is kept. */
const DEEP_PROFILES: Readonly<Record<string, readonly string[]>> = { hevc: ["Main 10"] };

const encode = (why: string): StreamDecision => ({ action: "encode", why });
const COPY_ASKED: StreamDecision = { action: "copy", why: "the profile asks for a copy" };
const COPY_FITS: StreamDecision = { action: "copy", why: "the source is as asked for" };
const none = (why: string): StreamDecision => ({ action: "none", why });

/** A copy begins at a key frame, and may end without the pictures that its last ones refer to. */
const CLIP_FAULT = "a clip is cut exactly where it was asked for";

/** What happens to the video of a product, and why. Whether the container holds the codec is judged before. */
export const decideVideo = (
  wanted: Rendition["video"],
  source: VideoStream | undefined,
  container: Written,
  isClipped: boolean,
): StreamDecision =>
  decide(wanted, source ?? "the source has no video", isClipped, (encoding, stream) =>
    videoFault(encoding, stream, container),
  );

/** What happens to the audio of a product, and why. */
export const decideAudio = (
  wanted: Rendition["audio"],
  source: AudioStream | undefined,
  container: Written,
  isClipped: boolean,
): StreamDecision =>
  decide(wanted, source ?? "the source has no audio", isClipped, (encoding, stream) =>
    audioFault(encoding, stream, container),
  );

/**
 * What happens to a stream of a product.
 *
 * @param source - the stream, or why there is none
 * @param faultOf - why the stream cannot be copied; undefined if it can
 */
function decide<Encode, Stream extends object>(
  wanted: "none" | "copy" | Encode,
  source: Stream | string,
  isClipped: boolean,
  faultOf: (wanted: Encode, source: Stream) => string | undefined,
): StreamDecision {
  if (wanted === "none") return none("the profile asks for none");
  if (typeof source === "string") return none(source);
  if (wanted === "copy") return COPY_ASKED;
  const fault = faultOf(wanted, source) ?? (isClipped ? CLIP_FAULT : undefined);
  return fault === undefined ? COPY_FITS : encode(fault);
}

/**
 * Why the source's picture cannot take the place of an encode that came out larger; undefined if it can: its codec and its size are its
 * own then, but nothing else that players rely on.
 */
export const standInFault = (
  wanted: VideoEncode,
  source: VideoStream,
  isClipped: boolean,
): string | undefined =>
  isClipped ? CLIP_FAULT : (rangeFault(wanted, source) ?? fieldsFault(wanted, source));

/** Why a video stream cannot be copied; undefined if it can. */
function videoFault(
  wanted: VideoEncode,
  source: VideoStream,
  container: Written,
): string | undefined {
  return (
    hiddenFault("picture", source.hidden) ??
    source.uncopied?.[container] ??
    (isImage(container) ? "a picture is made of one frame" : undefined) ??
    changeFault(wanted) ??
    (wanted.captions === "drop" && source.hasCaptions ? "its captions are not kept" : undefined) ??
    codecFault(wanted.codec, source, wanted.dynamicRange && DEEP_PROFILES) ??
    formatFault(wanted, source) ??
    sizeFault(wanted, source) ??
    rateFault(wanted, source) ??
    qualityFault(wanted) ??
    bitrateFault(wanted.bitrateBps, source.bitrateBps) ??
    // It is not known where the source has its key frames, and segments can only begin at those.
    (isSet(container) ? "segments need key frames at even distances" : undefined)
  );
}

function changeFault({ crop, denoise, watermark, drawn }: VideoEncode): string | undefined {
  if (drawn) return "subtitles are drawn into the picture";
  if (crop) return "the profile crops the picture";
  if (watermark) return "the profile lays a watermark over the picture";
  return denoise ? "the profile takes noise from the picture" : undefined;
}

function codecFault(
  wanted: VideoEncode["codec"] | AudioEncode["codec"],
  source: { readonly codec: string; readonly profile?: string },
  more: typeof COMMON_PROFILES = {},
): string | undefined {
  if (wanted === "aache2") return "the source is not known to be aache2";
  const name = codecName(wanted);
  if (source.codec !== name) return `codec ${source.codec} is not ${name}`;
  const common = COMMON_PROFILES[name] && [...COMMON_PROFILES[name], ...(more[name] ?? [])];
  if (!common || common.includes(source.profile ?? "")) return undefined;
  return `profile ${source.profile ?? "unknown"} is not ${common.join(", ")}`;
}

function formatFault(wanted: VideoEncode, source: VideoStream): string | undefined {
  const isKept = wanted.dynamicRange === "source";
  const formats = isKept ? [PIXEL_FORMAT, DEEP_PIXEL_FORMAT] : [PIXEL_FORMAT];
  if (!formats.includes(source.pixelFormat ?? ""))
    return `pixel format ${source.pixelFormat ?? "unknown"} is not ${formats.join(" or ")}`;
  if (source.isDolbyVisionAlone) return "its colours are those of Dolby Vision alone";
  if (source.rotation !== 0) return `the picture is turned by ${source.rotation} degrees`;
  if (source.isMirrored) return "the picture is mirrored";
  if (source.isCropped) return "the container cuts something off the picture";
  const fault = rangeFault(wanted, source);
  if (fault !== undefined) return fault;
  if (!isSquare(source)) return "the pixels are not square";
  return fieldsFault(wanted, source);
}

const rangeFault = ({ dynamicRange }: VideoEncode, source: VideoStream): string | undefined =>
  isHdr(source) && dynamicRange !== "source" ? "the picture has a high dynamic range" : undefined;

const fieldsFault = ({ progressive }: VideoEncode, source: VideoStream): string | undefined =>
  source.isInterlaced && progressive ? "the picture is interlaced" : undefined;

function sizeFault({ width, height }: VideoEncode, source: VideoStream): string | undefined {
  const own = uprightSize(source);
  if ((width ?? own.width) === own.width && (height ?? own.height) === own.height) return undefined;
  return `size ${own.width}x${own.height} is not ${width ?? "any"}x${height ?? "any"}`;
}

function rateFault(wanted: VideoEncode, source: VideoStream): string | undefined {
  const { framerate, framerateMax } = wanted;
  if (framerate === undefined && framerateMax === undefined) return undefined;
  if (source.framerate === undefined) return "the frame rate is not known";
  if (source.isVariableRate) return "the frames come unevenly";
  const own = toNumber(source.framerate);
  if (framerate !== undefined && own !== toNumber(framerate))
    return `frame rate ${round(own)} is not ${round(toNumber(framerate))}`;
  if (framerateMax !== undefined && own > framerateMax * RATE_SLACK)
    return `frame rate ${round(own)} is above ${framerateMax}`;
  return undefined;
}

const round = (value: number): number => Math.round(value * 1000) / 1000;

/** How good the source is, nobody knows: it may be far better, and larger, than what is asked for. */
const qualityFault = ({ quality }: VideoEncode): string | undefined =>
  quality === undefined ? undefined : `quality ${quality} is asked for`;

function bitrateFault(
  wantedBps: number | undefined,
  ownBps: number | undefined,
): string | undefined {
  if (wantedBps === undefined) return undefined;
  if (ownBps === undefined) return "the bitrate is not known";
  return ownBps > wantedBps ? `bitrate ${ownBps} is above ${wantedBps}` : undefined;
}

function audioFault(
  wanted: AudioEncode,
  source: AudioStream,
  container: Written,
): string | undefined {
  return (
    hiddenFault("sound", source.hidden) ??
    source.uncopied?.[container] ??
    (wanted.loudnessLufs === undefined ? undefined : "its loudness is set") ??
    (source.rightIndex === undefined ? undefined : "its left and right are two streams") ??
    codecFault(wanted.codec, source) ??
    audioFormatFault(wanted, source, container) ??
    bitrateFault(wanted.bitrateBps, source.bitrateBps)
  );
}

function audioFormatFault(
  { codec, channels, samplerateHz }: AudioEncode,
  source: AudioStream,
  container: Written,
): string | undefined {
  if (channels !== undefined && channels !== source.channels)
    return `channels ${source.channels} are not ${channels}`;
  if (codec === "aac" && !isKnownInAac(source.layout))
    return `its layout ${source.layout} has no number in aac`;
  if (samplerateHz !== undefined && samplerateHz !== source.samplerateHz)
    return `sample rate ${source.samplerateHz} is not ${samplerateHz}`;
  if (!samplerates(codec, container).includes(source.samplerateHz))
    return `sample rate ${source.samplerateHz} is none that ${container} takes with ${codec}`;
  return undefined;
}

/** @throws {TaskError} `output_not_supported` if a copied picture cannot be encrypted as its set is asked to be */
export function refuseSecretCopy({ protection }: Rendition, { video }: MediaInfo): void {
  const fault = copyFault(protection, video?.codec);
  if (fault !== undefined) throw new TaskError("output_not_supported", fault);
}
