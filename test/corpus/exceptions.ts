import { PROFILE_KEYS, type ProfileKey } from "./profiles.ts";
import type { Truth } from "./truth.ts";

/** A run whose right outcome is not what the index says. */
export type Exception = {
  readonly file: string;
  readonly profiles: readonly ProfileKey[];
  /** The FFmpegs it is for (`5.1`, `7.1`, `9.0`, `wasm`); all of them where nothing is said. */
  readonly on?: readonly string[];
  readonly why: string;
  /** Whether what comes out is better than what the index says, or falls short of it. */
  readonly is: "better" | "short";
  readonly right: Truth;
};

const ENCODED_PICTURES: readonly ProfileKey[] = ["mp4", "hls", "adaptive"];
const COPIES: readonly ProfileKey[] = ["mp4 copy", "mkv copy", "hls copy"];
const PICTURES: readonly ProfileKey[] = [...ENCODED_PICTURES, ...COPIES];

/** Every run that is not as the index says, and what is held instead. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    file: "androidx-sample_80KHz_mono_20_repeating_1_samples.wav",
    profiles: ["adaptive", "sound"],
    why: "it holds 20 samples, a quarter of a millisecond, of which no ffmpeg decodes any",
    is: "better",
    right: { refusal: "source_damaged" },
  },
  {
    file: "mediabunny-annex-b.mp4",
    profiles: PICTURES,
    why: "its index names 35 s, and the file ends after 0.5 s of them: its bytes are missing",
    is: "better",
    right: { refusal: "source_damaged" },
  },
  {
    file: "androidx-sample_fragmented_sgpd_v2.mp4",
    profiles: PICTURES,
    why: "it is encrypted: the index counts pictures that ffmpeg made up in place of what it could not decode",
    is: "better",
    right: { refusal: "input_not_supported" },
  },
  {
    file: "androidx-sample_with_fake_auxiliary_tracks_interleaved_with_primary_video_tracks.mp4",
    profiles: PROFILE_KEYS,
    on: ["5.1", "wasm"],
    why: "all its pictures are at time 0: it lasts no time",
    is: "better",
    right: { refusal: "source_damaged" },
  },
  {
    file: "androidx-sample_with_fake_auxiliary_tracks_interleaved_with_primary_video_tracks.mp4",
    profiles: ["hls copy"],
    on: ["7.1", "9.0"],
    why: "all its pictures are at time 0, which the header does not tell these FFmpegs: no segment is made of them",
    is: "better",
    right: { refusal: "source_damaged" },
  },
  {
    file: "androidx-dolbyVision-hdr.MOV",
    profiles: ["mkv copy", "hls copy"],
    on: ["5.1", "7.1", "9.0"],
    why: "its edit list hides a picture, so it is encoded, and no turn is left that these could not tell",
    is: "better",
    right: { video: { begin: 0, end: 0.133, pictures: 4 }, audio: { begin: 0, end: 0.115 } },
  },
  {
    file: "androidx-dolbyVision-hdr.MOV",
    profiles: COPIES,
    on: ["wasm"],
    why: "its edit list hides a picture, so it has to be encoded, and the core has no encoder of HEVC that works",
    is: "short",
    right: { refusal: "output_not_supported" },
  },
  {
    file: "androidx-water_180_mvhevc_5frames.mov",
    profiles: COPIES,
    why: "ffmpeg leaves the last two composition offsets of a film out of account, and its muxers move what is then out of order",
    is: "short",
    right: { refusal: "copy_wrong" },
  },
  ...["androidx-hdr10-av1.mp4", "androidx-sample_av1.mp4", "androidx-sample_av1.mkv"].map(
    (file): Exception => ({
      file,
      profiles: ENCODED_PICTURES,
      on: ["wasm"],
      why: "its core has no decoder of AV1",
      is: "better",
      right: { refusal: "input_not_supported" },
    }),
  ),
];

/** The exception that a run is, where it is one. */
export const exceptionOf = (
  file: string,
  key: ProfileKey,
  version: string,
): Exception | undefined =>
  EXCEPTIONS.find(
    ({ file: name, profiles, on = [version] }) =>
      name === file && profiles.includes(key) && on.includes(version),
  );
