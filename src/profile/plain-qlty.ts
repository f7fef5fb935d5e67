import { formatRational, toNumber } from "../lib/rational.ts";
import type { AudioEncode, Rendition, VideoEncode } from "./profile.ts";

// For key frames in seconds without a frame rate, which no profile here has.
const FRAMERATE_USUAL = 30;

const PLAIN = ["container", "video", "audio"] satisfies readonly (keyof Rendition)[];
const PLAIN_VIDEO = [
  ...(["codec", "bitrateBps", "framerate", "framerateMax", "width", "height", "isShaped"] as const),
  ...(["progressive", "gop", "bFrames", "rateMode", "lowLatency", "effort"] as const),
] satisfies readonly (keyof VideoEncode)[];

/**
 * Writes a rendition as `toQlty` does, if none of its fields belongs to a subject with a file of its own: those of most profiles, all
 * system profiles among them. So nothing of those files has to be loaded for that.
 *
 * @returns undefined if there is such a field
 */
export function plainQlty(rendition: Rendition) {
  const { container, video, audio } = rendition;
  const isPlain =
    hasOnly(rendition, PLAIN) && (typeof video === "string" || hasOnly(video, PLAIN_VIDEO));
  if (!isPlain) return undefined;
  return {
    container,
    ...(typeof video === "string" ? { format: video } : videoFields(video)),
    ...(typeof audio === "string" ? { audio_format: audio } : audioFields(audio)),
  };
}

const hasOnly = (object: object, names: readonly string[]): boolean =>
  Object.keys(object).every((name) => names.includes(name));

/** The fields of a parameter group that every encoded video has. */
export function videoFields(video: VideoEncode) {
  const { framerate, width, height, bFrames } = video;
  return {
    format: video.codec,
    // A system profile of png has one by its name alone.
    ...(video.bitrateBps !== undefined && video.codec !== "png" && { bitrate: video.bitrateBps }),
    ...(framerate && { framerate: formatRational(framerate) }),
    ...(width !== undefined && !video.contactSheet && { width }),
    ...(height !== undefined && { height }),
    use_progressive: video.progressive,
    gop_size: gopFrames(video),
    ...(bFrames !== undefined && { b_frame_size: bFrames }),
    ...(video.lowLatency && { low_latency: true }),
    rc_mode: video.rateMode,
    preset: video.effort,
  };
}

/** The fields of a parameter group that every encoded sound has. */
export function audioFields({ codec, bitrateBps, samplerateHz, channels }: AudioEncode) {
  return {
    audio_format: codec,
    audio_bitrate: bitrateBps,
    ...(samplerateHz !== undefined && { audio_samplerate: samplerateHz }),
    ...(channels !== undefined && { channels }),
  };
}

function gopFrames({ gop, framerate, framerateMax }: VideoEncode): number {
  if ("frames" in gop) return gop.frames;
  const rate = framerate ? toNumber(framerate) : (framerateMax ?? FRAMERATE_USUAL);
  return Math.round(gop.seconds * rate);
}
