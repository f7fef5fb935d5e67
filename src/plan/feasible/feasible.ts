import { codecName, type VideoCodec } from "../../profile/codecs.ts";
import { isAudioOnly } from "../../profile/container-rules.ts";
import { factsOf, isOfSource } from "../../profile/containers.ts";
import type { Rendition } from "../../profile/profile.ts";
import { AUDIO_ENCODERS, VIDEO_ENCODERS } from "../args/encoders.ts";
import { channelsMax } from "../encode/layouts.ts";
import type { Capabilities } from "../plan.ts";
import { burnInFault } from "./burn-in-fault.ts";
import { colourFault } from "./colour-feasible.ts";
import type { Impossibility } from "./impossibility.ts";
import {
  keptPictureFault,
  paletteLack,
  pictureCodecFault,
  pictureCopyFault,
  pictureFault,
} from "./picture-fault.ts";
import { qualityFault } from "./quality-fault.ts";
import { soundFault } from "./sound-feasible.ts";

/**
 * The first reason why a rendition cannot be made here, whatever the source: a container that is not written, a codec
 * that its container does not hold, an encoder that is missing; undefined if there is no reason.
 */
export function impossibilityOf(
  rendition: Rendition,
  capabilities: Capabilities,
): Impossibility | undefined {
  return (
    containerFault(rendition) ??
    codecFault(rendition) ??
    soundFault(rendition, capabilities) ??
    keepingFault(rendition, capabilities) ??
    subtitleFault(rendition, capabilities) ??
    captionFault(rendition, capabilities) ??
    burnInFault(rendition, capabilities) ??
    qualityFault(rendition, capabilities) ??
    missing(rendition, capabilities) ??
    depthFault(rendition, capabilities)
  );
}

const unsupported = (message: string): Impossibility => ({
  code: "output_not_supported",
  message,
});

function containerFault({ container, video, audio }: Rendition): Impossibility | undefined {
  if (video === "none" && audio === "none")
    return unsupported(`Cannot make "${container}": neither video nor audio is asked for`);
  if (isOfSource(container)) return undefined;
  const copyFault = video === "copy" ? pictureCopyFault(container) : undefined;
  if (copyFault !== undefined) return unsupported(copyFault);
  if (isAudioOnly(container) && video !== "none")
    return unsupported(`Cannot make "${container}" with video: it holds audio alone`);
  return undefined;
}

/** Codecs whose encoders here know no second pass. */
const ONE_PASS: readonly VideoCodec[] = ["av1"];

function codecFault({ container, video, audio }: Rendition): Impossibility | undefined {
  const held = factsOf(container);
  if (typeof video === "object") {
    const fault = pictureCodecFault(container, video.codec);
    if (fault !== undefined) return unsupported(fault);
    if (held.video && !held.video.includes(codecName(video.codec)))
      return unsupported(`Cannot put ${video.codec} into "${container}": it does not hold it`);
    if (ONE_PASS.includes(video.codec) && video.rateMode === "2passvbr")
      return unsupported(`Cannot encode ${video.codec} in two passes: its encoder knows one alone`);
  }
  if (typeof audio === "object") {
    if (held.audio && !held.audio.includes(codecName(audio.codec)))
      return unsupported(`Cannot put ${audio.codec} into "${container}": it does not hold it`);
    const max = channelsMax(audio.codec);
    if ((audio.channels ?? 1) > max)
      return unsupported(
        `Cannot encode ${audio.channels} channels of ${audio.codec}: it has at most ${max}`,
      );
  }
  return undefined;
}

function keepingFault(
  { container, video, protection, metadata }: Rendition,
  { streamsOutput }: Capabilities,
): Impossibility | undefined {
  if (streamsOutput && metadata?.chapters)
    return unsupported("Cannot keep chapters: a file that leaves while it is written has none");
  if (streamsOutput && protection)
    return unsupported("Cannot encrypt segments: they leave while they are written on this host");
  if (streamsOutput && typeof video === "object" && video.contactSheet)
    return unsupported("Cannot make a contact sheet: its pictures are kept between runs");
  const fault = streamsOutput ? keptPictureFault(container) : undefined;
  if (fault !== undefined) return unsupported(fault);
  return streamsOutput && typeof video === "object" && video.rateMode === "2passvbr"
    ? unsupported("Cannot encode in two passes: nothing can be kept between them on this host")
    : undefined;
}

/** The encoder and the muxer of the texts that everything is made of. */
const TEXT = "webvtt";

function subtitleFault(
  { container, subtitles }: Rendition,
  { encoders, muxers, streamsOutput }: Capabilities,
): Impossibility | undefined {
  if (!subtitles) return undefined;
  const { subtitles: codec = TEXT } = factsOf(container);
  if (!isOfSource(container) && !factsOf(container).subtitles)
    return unsupported(`Cannot put subtitles into "${container}": it does not hold them`);
  if (streamsOutput)
    return unsupported(
      "Cannot take subtitles over: they are kept on a disk, and there is none here",
    );
  const lost = [TEXT, codec].find((name) => !encoders.includes(name));
  if (lost === undefined && muxers.includes(TEXT)) return undefined;
  return {
    code: "encoder_missing",
    message: `Cannot make subtitles: the engine has no ${lost === undefined ? "muxer" : "encoder"} ${lost ?? TEXT}`,
  };
}

/** Captions go the way of subtitles, except that ffmpeg makes no texts of them. */
function captionFault(
  { container, captions }: Rendition,
  { encoders, streamsOutput }: Capabilities,
): Impossibility | undefined {
  if (!captions?.isExtracted) return undefined;
  const { subtitles: codec } = factsOf(container);
  if (!isOfSource(container) && !codec)
    return unsupported(`Cannot put captions into "${container}" as texts: it does not hold them`);
  if (streamsOutput)
    return unsupported(
      "Cannot make texts of captions: they are kept on a disk, and there is none here",
    );
  return codec === undefined || encoders.includes(codec)
    ? undefined
    : {
        code: "encoder_missing",
        message: `Cannot make texts of captions: the engine has no encoder ${codec}`,
      };
}

/** Another machine may have an encoder that takes more bits. */
function depthFault(rendition: Rendition, capabilities: Capabilities): Impossibility | undefined {
  const message = colourFault(rendition, capabilities);
  return message === undefined ? undefined : { code: "encoder_missing", message };
}

function missing(rendition: Rendition, capabilities: Capabilities): Impossibility | undefined {
  const { container, video, audio } = rendition;
  const { encoders, muxers } = capabilities;
  const { muxer } = factsOf(container);
  if (muxer !== undefined && !muxers.includes(muxer))
    return {
      code: "encoder_missing",
      message: `Cannot write "${container}": the engine has no muxer ${muxer}`,
    };
  const lack = paletteLack(container, capabilities);
  if (lack !== undefined)
    return {
      code: "encoder_missing",
      message: `Cannot draw "${container}": the engine has no ${lack}`,
    };
  const wanted = [
    ...(typeof video === "object"
      ? [{ codec: video.codec, encoder: VIDEO_ENCODERS[video.codec] }]
      : []),
    ...(typeof audio === "object"
      ? [{ codec: audio.codec, encoder: AUDIO_ENCODERS[audio.codec] }]
      : []),
  ];
  const change = typeof video === "object" ? pictureFault(video, capabilities) : undefined;
  if (change !== undefined) return { code: "encoder_missing", message: change };
  const lost = wanted.find(({ encoder }) => !encoders.includes(encoder));
  return (
    lost && {
      code: lost.codec === "aache2" ? "output_not_supported" : "encoder_missing",
      message: `Cannot encode ${lost.codec}: the engine has no encoder ${lost.encoder}`,
    }
  );
}
