import { type AudioCodec, isRateless, type VideoCodec } from "./codecs.ts";
import { factsOf } from "./containers.ts";
import type { Rendition, VideoEncode } from "./profile.ts";

const CODEC_NAMES: Readonly<Record<VideoCodec | AudioCodec, string>> = {
  mpeg2: "MPEG-2",
  h264: "H.264",
  h265: "H.265",
  av1: "AV1",
  vp9: "VP9",
  gif: "GIF",
  mjpeg: "JPEG",
  webp: "WebP",
  awebp: "animated WebP",
  avif: "AVIF",
  png: "PNG",
  aac: "AAC",
  aache2: "HE-AAC v2",
  mp3: "MP3",
  ac3: "AC-3",
  mp2: "MP2",
  opus: "Opus",
};

/** A rendition in words: `H.264 1280x720 at 1600 kbit/s, AAC at 128 kbit/s, in MP4`. */
export function describeRendition({ container, video, audio }: Rendition): string {
  const streams = [videoWords(video), audioWords(audio)].filter(Boolean);
  return [...streams, `in ${factsOf(container).label}`].join(", ");
}

function videoWords(video: Rendition["video"]): string | undefined {
  if (video === "none") return undefined;
  if (video === "copy") return "Video as in the source";
  const { codec, width, height } = video;
  const size = width && height ? ` ${width}x${height}` : "";
  const latency = video.lowLatency ? " with low latency" : "";
  const isAny = isRateless(codec) && (codec === "png" || video.bitrateBps === undefined);
  const rate = isAny ? "" : ` at ${rateWords(video)}`;
  return `${CODEC_NAMES[codec]}${size}${rate}${latency}`;
}

function rateWords({ bitrateBps, quality }: VideoEncode): string {
  const kbps = bitrateBps === undefined ? undefined : `${bitrateBps / 1000} kbit/s`;
  if (quality === undefined) return kbps ?? "any bitrate";
  return `quality ${quality}${kbps === undefined ? "" : `, at most ${kbps}`}`;
}

function audioWords(audio: Rendition["audio"]): string | undefined {
  if (audio === "none") return undefined;
  if (audio === "copy") return "audio as in the source";
  return `${CODEC_NAMES[audio.codec]} at ${audio.bitrateBps / 1000} kbit/s`;
}
