import { toNumber } from "../../lib/rational.ts";
import type { AudioStream, Hidden, MediaInfo, VideoStream } from "../../probe/media.ts";
import { type AudioCodec, codecName, type VideoCodec } from "../../profile/codecs.ts";
import { audioCodecFor, holds, videoCodecFor } from "../../profile/container-rules.ts";
import { factsOf, type Written } from "../../profile/containers.ts";
import type { AudioEncode, Rendition, VideoEncode } from "../../profile/profile.ts";
import type { Warning } from "../../task/warnings.ts";
import type { PlannedOutput } from "../plan.ts";

/** Whether a container is written with an edit list, which keeps the hidden beginning of copied video hidden. */
export const hidesHead = (container: Written): boolean =>
  factsOf(container).keeps?.includes("edits") === true;

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;

/** Why a stream cannot be copied: an edit list hides a part of it, which a copy would show. undefined if nothing is hidden. */
export function hiddenFault(
  kind: "picture" | "sound",
  hidden: Hidden | undefined,
): string | undefined {
  if (!hidden) return undefined;
  const seconds = round(hidden.headSeconds + hidden.laterSeconds);
  return `an edit list hides ${seconds} s of the ${kind}, which a copy would bring back`;
}

/**
 * Whether a copy of video with hidden parts stays a copy: only its beginning is hidden, and the container is written with
 * an edit list. The copy leaves out packets before the key frame that its first visible picture needs. Audio needs no
 * such packets.
 */
const isKept = ({ hidden }: VideoStream, container: Written): boolean =>
  hidden?.laterSeconds === 0 && hidesHead(container);

/**
 * A rendition as it is made of a source with hidden parts: copies that would show these become encodes, as like the
 * source as possible.
 */
export function withoutHidden(
  rendition: Rendition,
  container: Written,
  { video, audio }: MediaInfo,
): Rendition {
  const isVideo = rendition.video === "copy" && video?.hidden && !isKept(video, container);
  const isAudio = rendition.audio === "copy" && audio?.hidden;
  if (!isVideo && !isAudio) return rendition;
  return {
    ...rendition,
    ...(isVideo && { video: videoLike(video, container) }),
    ...(isAudio && { audio: audioLike(audio, container) }),
  };
}

const VIDEO_CODECS: readonly VideoCodec[] = ["h264", "h265", "vp9", "av1", "mpeg2"];
const AUDIO_CODECS: readonly AudioCodec[] = ["aac", "mp3", "ac3", "mp2", "opus"];

/** The least bits per pixel. */
const BITS_PER_PIXEL = 0.12;
/** What is encoded a second time needs more bits than it had. */
const ONCE_MORE = 1.25;
const KEY_FRAMES_APART_SECONDS = 2;

function videoLike(source: VideoStream, container: Written): VideoEncode {
  const known = VIDEO_CODECS.find((codec) => codecName(codec) === source.codec);
  const isHeld = known && holds(container, codecName(known), undefined);
  const rate = source.framerate ? toNumber(source.framerate) : 25;
  const least = source.width * source.height * rate * BITS_PER_PIXEL;
  return {
    codec: known && isHeld ? known : videoCodecFor(container),
    bitrateBps: kilobits(Math.max(least, (source.bitrateBps ?? 0) * ONCE_MORE)),
    progressive: false,
    gop: { seconds: KEY_FRAMES_APART_SECONDS },
    rateMode: "vbr",
    effort: "default",
  };
}

const AUDIO_BPS_MIN_PER_CHANNEL = 64_000;
/** The highest bitrate that all encoders take. */
const AUDIO_BPS_MAX = 320_000;

function audioLike(source: AudioStream, container: Written): AudioEncode {
  const known = AUDIO_CODECS.find((codec) => codecName(codec) === source.codec);
  const isHeld = known && holds(container, undefined, codecName(known));
  const least = AUDIO_BPS_MIN_PER_CHANNEL * Math.max(1, source.channels);
  return {
    codec: known && isHeld ? known : audioCodecFor(container),
    bitrateBps: Math.min(AUDIO_BPS_MAX, kilobits(Math.max(source.bitrateBps ?? 0, least))),
  };
}

const kilobits = (bps: number): number => Math.ceil(bps / 1000) * 1000;

/** Warns of copies that were asked for and became encodes, and of hidden parts that a copy has to keep. */
export function hiddenWarnings(
  made: readonly {
    readonly asked: Rendition | undefined;
    readonly product: Pick<PlannedOutput, "video" | "audio">;
  }[],
  { video, audio }: MediaInfo,
): readonly Warning[] {
  return made.flatMap(({ asked, product }): readonly Warning[] => {
    const streams = [
      { kind: "picture", hidden: video?.hidden, wanted: asked?.video, is: product.video },
      { kind: "sound", hidden: audio?.hidden, wanted: asked?.audio, is: product.audio },
    ] as const;
    return streams.flatMap(({ kind, hidden, wanted, is }) => {
      if (!hidden || wanted !== "copy" || is.action === "none") return [];
      const message =
        is.action === "encode"
          ? `The ${kind} is encoded instead of copied: ${hiddenFault(kind, hidden)}`
          : `The copy holds ${round(hidden.headSeconds)} s of the ${kind} before its beginning, which decoding needs and an edit list hides`;
      return [{ code: "hidden_media", message }];
    });
  });
}
