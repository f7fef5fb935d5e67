import { audioCodecFor, isSilent, videoCodecFor } from "./container-rules.ts";
import type { Container } from "./containers.ts";
import { describeRendition } from "./describe.ts";
import type { AudioEncode, Profile, Rendition, VideoEncode } from "./profile.ts";
import { type ProfileName, parseProfileName, plainName } from "./profile-name.ts";

const COMMON_SIZES = [
  "1920x1080_3660kbps",
  "1280x720_1728kbps",
  "854x480_800kbps",
  "640x480_620kbps",
  "640x360_520kbps",
  "320x240_240kbps",
];

/** The names that a list of profiles shows. Every other name of the grammar is a profile, too. */
export const CATALOGUE: readonly string[] = [
  ...["mp4", "flv", "hls"].flatMap((container) =>
    COMMON_SIZES.map((size) => `video_${container}_${size}`),
  ),
  "video_webm_vp9_1280x720_1200kbps",
  "video_mp4_h265_1920x1080_2400kbps",
  "video_mp4_av1_1920x1080_1800kbps",
  "video_hls_adaptive",
  "video_dash_adaptive",
  "video_jpg_1280x720_1728kbps",
  ...["mp4", "flv", "hls", "mpegts"].map((container) => `video_${container}_transmux`),
  "audio_mp3_320kbps",
  "audio_mp3_128kbps",
  "audio_m4a_128kbps",
  "audio_hls_128kbps",
];

/** The sizes of an adaptive profile for a source that is large enough for all: 16:9, with the video rates of the catalogue. */
const LADDER = [
  { width: 1920, height: 1080, totalKbps: 3660 },
  { width: 1280, height: 720, totalKbps: 1728 },
  { width: 854, height: 480, totalKbps: 800 },
  { width: 640, height: 360, totalKbps: 520 },
  { width: 426, height: 240, totalKbps: 240 },
];

/** For all sizes: a set has its audio once. */
const LADDER_AUDIO_KBPS = 128;

/** Whether the grammar of system profiles covers a name, so that no custom profile can take it. */
export const isSystemName = (name: string): boolean => parseProfileName(name) !== undefined;

/**
 * The profile that a name of the grammar stands for; it needs no registration.
 *
 * Names: `video_{container}[_{codec}]_{W}x{H}_{K}kbps`, `video_{container}_transmux`, `audio_{container}_{K}kbps`,
 * `video_hls_adaptive`, `video_dash_adaptive`. K is video and audio together. `bce.` in front is ignored, `hls` is `m3u8`.
 *
 * @returns undefined if the name does not follow the grammar
 */
export function systemProfile(name: string): Profile | undefined {
  const known = KNOWN.get(name);
  if (known) return known;
  const parsed = parseProfileName(name);
  if (!parsed) return undefined;
  const profile = { name: plainName(name), ...profileOf(parsed) };
  if (KNOWN.size >= KNOWN_MAX) KNOWN.clear();
  KNOWN.set(name, profile);
  return profile;
}

/** The profiles made so far. A few names come again and again, and what they stand for never changes. */
const KNOWN = new Map<string, Profile>();
const KNOWN_MAX = 256;

function profileOf(name: ProfileName): Omit<Profile, "name"> {
  if (name.kind === "adaptive") return adaptiveProfile(name.form);
  const rendition = renditionOf(name);
  return { description: describeRendition(rendition), renditions: [rendition] };
}

function renditionOf(name: Exclude<ProfileName, { kind: "adaptive" }>): Rendition {
  const { container } = name;
  switch (name.kind) {
    case "transmux":
      return { container, video: "copy", audio: "copy" };
    case "audio":
      return { container, video: "none", audio: audioOf(container, name.totalKbps) };
    case "video": {
      const audioKbps = isSilent(container) ? 0 : audioShareKbps(name.totalKbps);
      return {
        container,
        video: videoOf(name, name.totalKbps - audioKbps),
        audio: audioKbps === 0 ? "none" : audioOf(container, audioKbps),
      };
    }
  }
}

function adaptiveProfile(form: "hls" | "dash"): Omit<Profile, "name"> {
  const container = form === "hls" ? "m3u8" : "dash";
  return {
    description: `Adaptive ${form.toUpperCase()}: up to ${LADDER.length} sizes, none above the source's`,
    renditions: LADDER.map(({ width, height, totalKbps }) => ({
      container,
      video: videoOf({ container, width, height }, totalKbps - audioShareKbps(totalKbps)),
      audio: audioOf(container, LADDER_AUDIO_KBPS),
    })),
    adaptive: form,
  };
}

/** The audio's part of a total, in kbit/s. */
function audioShareKbps(totalKbps: number): number {
  if (totalKbps < 500) return 64;
  return totalKbps < 1000 ? 96 : 128;
}

function videoOf(
  {
    container,
    codec,
    width,
    height,
    lowLatency,
  }: Omit<Extract<ProfileName, { kind: "video" }>, "kind" | "totalKbps">,
  kbps: number,
): VideoEncode {
  return {
    codec: codec ?? videoCodecFor(container),
    bitrateBps: kbps * 1000,
    framerateMax: height <= 720 ? 30 : 60,
    width,
    height,
    progressive: true,
    gop: { seconds: lowLatency ? 1 : 2 },
    ...(lowLatency && { lowLatency }),
    rateMode: "cbr",
    effort: "default",
  };
}

const audioOf = (container: Container, kbps: number): AudioEncode => ({
  codec: audioCodecFor(container),
  bitrateBps: kbps * 1000,
  samplerateHz: 48_000,
  channels: 2,
});
