import type { Assignment, Rendition, VideoEncode } from "../../src/profile/profile.ts";
import { anAudio, aVideo } from "../plan/builders.ts";

// Small and fast: what is looked at is time and shape, not looks.
const small = (fields: Partial<VideoEncode> = {}): VideoEncode => {
  const { height: _, ...encode } = aVideo({ width: 320, bitrateBps: 300_000 });
  return { ...encode, effort: "highPerformance", ...fields };
};
const SOUND = anAudio({ bitrateBps: 64_000 });
const RUNGS: readonly Rendition[] = [
  {
    container: "m3u8",
    video: small({ width: 320, height: 180, bitrateBps: 300_000 }),
    audio: SOUND,
  },
  {
    container: "m3u8",
    video: small({ width: 160, height: 90, bitrateBps: 100_000 }),
    audio: SOUND,
  },
];

/** What every file is made into: the forms of the system profiles, small. */
export const PROFILES = {
  mp4: { rendition: { container: "mp4", video: small(), audio: SOUND } },
  hls: { rendition: { container: "m3u8", video: small({ height: 180 }), audio: SOUND } },
  adaptive: { rendition: RUNGS[0] as Rendition, set: { renditions: RUNGS, isLadder: true } },
  sound: { rendition: { container: "m4a", video: "none", audio: SOUND } },
  "mp4 copy": { rendition: { container: "mp4", video: "copy", audio: "copy" } },
  "mkv copy": { rendition: { container: "mkv", video: "copy", audio: "copy" } },
  "hls copy": { rendition: { container: "m3u8", video: "copy", audio: "copy" } },
} as const satisfies Readonly<Record<string, Omit<Assignment, "targets">>>;

/** A key of `PROFILES`. */
export type ProfileKey = keyof typeof PROFILES;

/** All of them. */
export const PROFILE_KEYS = Object.keys(PROFILES) as readonly ProfileKey[];
