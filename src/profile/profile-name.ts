import type { VideoCodec } from "./codecs.ts";
import { audioCodecFor, videoCodecFor } from "./container-rules.ts";
import { CONTAINERS, type Container, isOfSource, type Written } from "./containers.ts";
import { LOW_LATENCY_CODECS, SIZE_MAX, SIZE_MIN, VIDEO_FORMATS } from "./video-values.ts";

/** What the name of a system profile says. Sizes in pixels; bitrates in kbit/s, of video and audio together. */
export type ProfileName =
  | {
      readonly kind: "video";
      readonly container: Container;
      /** Absent if the name leaves it to the container. */
      readonly codec?: VideoCodec;
      readonly width: number;
      readonly height: number;
      readonly totalKbps: number;
      readonly lowLatency?: true;
    }
  | { readonly kind: "audio"; readonly container: Container; readonly totalKbps: number }
  | { readonly kind: "transmux"; readonly container: Container }
  | { readonly kind: "adaptive"; readonly form: "hls" | "dash" };

// A number has one spelling: ASCII digits, no sign, no leading zero, few enough to be exact.
const VIDEO =
  /^video_([a-z0-9]+)_(?:([a-z0-9]+)_)?([1-9]\d{0,3})x([1-9]\d{0,3})_([1-9]\d{0,5})kbps(_lowlatency)?$/;
const AUDIO = /^audio_([a-z0-9]+)_([1-9]\d{0,5})kbps$/;
const TRANSMUX = /^video_([a-z0-9]+)_transmux$/;
const ADAPTIVE = /^video_(hls|m3u8|dash)_adaptive$/;

/** The smallest total of a video name: 64 for audio, and 16 for video, which x264 just reaches at 64x64. */
const VIDEO_KBPS_MIN = 80;
/** The largest total of a video name: what H.264 allows at its highest level (ITU-T H.264, table A-1, level 6.2). */
const VIDEO_KBPS_MAX = 800_000;
/** Between these rates every encoder keeps to its rate at 48 kHz stereo: LAME goes no lower, Opus no higher. */
const AUDIO_KBPS_MIN = 32;
const AUDIO_KBPS_MAX = 512;
/** The highest rate that MP3 has. */
const MP3_KBPS_MAX = 320;

/** The name without the `bce.` that callers may put in front of it. */
export const plainName = (name: string): string => name.replace(/^bce\./, "");

/**
 * Reads the name of a system profile.
 *
 * Width and height are even, 64..8192: 4:2:0 video has no odd sizes, and a profile has exactly the size in its name. Whether the
 * container can hold the codec is not judged here.
 *
 * @returns undefined if the name does not follow the grammar
 */
export function parseProfileName(name: string): ProfileName | undefined {
  const plain = plainName(name);
  const adaptive = ADAPTIVE.exec(plain)?.[1];
  if (adaptive) return { kind: "adaptive", form: adaptive === "dash" ? "dash" : "hls" };
  return videoName(plain) ?? audioName(plain) ?? transmuxName(plain);
}

function videoName(plain: string): ProfileName | undefined {
  const match = VIDEO.exec(plain);
  const container = containerOf(match?.[1]);
  if (!match || !container) return undefined;
  const codec = VIDEO_FORMATS.find((format) => format === match[2]);
  if (codec === "copy" || codec === "none" || (match[2] && !codec)) return undefined;
  const [width, height, totalKbps] = [Number(match[3]), Number(match[4]), Number(match[5])];
  if (!isSize(width) || !isSize(height)) return undefined;
  if (!isWithin(totalKbps, VIDEO_KBPS_MIN, VIDEO_KBPS_MAX)) return undefined;
  const lowLatency = match[6] !== undefined;
  if (lowLatency && !LOW_LATENCY_CODECS.includes(codec ?? videoCodecFor(container)))
    return undefined;
  const named = { ...(codec && { codec }), ...(lowLatency && ({ lowLatency } as const)) };
  return { kind: "video", container, ...named, width, height, totalKbps };
}

function audioName(plain: string): ProfileName | undefined {
  const match = AUDIO.exec(plain);
  const container = containerOf(match?.[1]);
  const totalKbps = Number(match?.[2]);
  if (!container) return undefined;
  const kbpsMax = audioCodecFor(container) === "mp3" ? MP3_KBPS_MAX : AUDIO_KBPS_MAX;
  if (!isWithin(totalKbps, AUDIO_KBPS_MIN, kbpsMax)) return undefined;
  return { kind: "audio", container, totalKbps };
}

function transmuxName(plain: string): ProfileName | undefined {
  const container = containerOf(TRANSMUX.exec(plain)?.[1]);
  return container && { kind: "transmux", container };
}

/** The container of a name. A name says what comes out, so it cannot be `copy`. */
function containerOf(token: string | undefined): Written | undefined {
  const container = CONTAINERS.find((known) => known === (token === "hls" ? "m3u8" : token));
  return container && isOfSource(container) ? undefined : container;
}

const isSize = (pixels: number): boolean =>
  isWithin(pixels, SIZE_MIN, SIZE_MAX) && pixels % 2 === 0;

const isWithin = (value: number, min: number, max: number): boolean => value >= min && value <= max;
