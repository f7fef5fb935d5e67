import type { FieldError } from "../../task/errors.ts";
import type { AudioCodec } from "../codecs.ts";
import type { TrackChoice } from "./subtitles.ts";

/** Values of `audio_mix`. */
export const AUDIO_MIXES = ["stereo", "mono_pairs", "surround_and_stereo"] as const;

/**
 * What sounds are mixed to: stereo in which speech stays clear, pairs of single channels to stereo, or 5.1 with such a stereo
 * beside it.
 */
export type AudioMix = (typeof AUDIO_MIXES)[number];

/** What is made of a source's sounds beyond its main one as it is. */
export type Sound = {
  /** Absent for the main one alone. Of languages, `und` stands for sounds that name none. */
  readonly tracks?: TrackChoice;
  readonly mix?: AudioMix;
  /** The integrated loudness that sounds are brought to, in LUFS (EBU R 128). */
  readonly loudnessLufs?: number;
};

/** The most entries of `audio_tracks`, and the most sounds of an output. */
export const SOUNDS_MAX = 32;

/** The lowest and the highest `loudness`, in LUFS. */
export const LOUDNESS_MIN = -36;
/** The highest `loudness`, in LUFS. */
export const LOUDNESS_MAX = -10;

/** How many channels the sounds of a mix have at most. */
const CHANNELS: Readonly<Record<AudioMix, number>> = {
  stereo: 2,
  mono_pairs: 2,
  surround_and_stereo: 6,
};

/** The codecs that hold six channels here. */
const SURROUND_CODECS: readonly AudioCodec[] = ["aac", "ac3", "opus"];

/** The fields of a parameter group that are about sounds. */
export type SoundQlty = {
  readonly audio_tracks?: "main" | TrackChoice | undefined;
  readonly audio_mix?: AudioMix | undefined;
  readonly loudness?: number | undefined;
};

/** What the fields say together; undefined if that is the main sound as it is. Faults are added to `faults`. */
export function soundOf(
  {
    audio_tracks,
    audio_mix,
    loudness,
    channels,
  }: SoundQlty & { readonly channels?: number | undefined },
  audio: AudioCodec | "copy" | "none",
  faults: FieldError[],
): Sound | undefined {
  const tracks = audio_tracks === "main" ? undefined : audio_tracks;
  const isEncoded = audio !== "copy" && audio !== "none";
  const refuse = (path: string, message: string) => faults.push({ path, message });
  if (tracks !== undefined && audio === "none")
    refuse("audio_tracks", "cannot be given where audio_format is none");
  if (audio_mix !== undefined && !isEncoded)
    refuse("audio_mix", "is for sound that is encoded: audio_format cannot be copy or none");
  if (loudness !== undefined && !isEncoded)
    refuse("loudness", "is for sound that is encoded: audio_format cannot be copy or none");
  const mixed = audio_mix && CHANNELS[audio_mix];
  if (mixed !== undefined && channels !== undefined && channels !== mixed)
    refuse("channels", `must be ${mixed} or absent with audio_mix ${audio_mix}`);
  if (audio_mix === "surround_and_stereo" && isEncoded && !SURROUND_CODECS.includes(audio))
    refuse("audio_mix", `needs a codec of six channels: ${SURROUND_CODECS.join(", ")}`);
  if (tracks === undefined && audio_mix === undefined && loudness === undefined) return undefined;
  return {
    ...(tracks !== undefined && { tracks }),
    ...(audio_mix !== undefined && { mix: audio_mix }),
    ...(loudness !== undefined && { loudnessLufs: loudness }),
  };
}

/** The fields of a parameter group for an answer. */
export const soundFields = ({ tracks, mix, loudnessLufs }: Sound): SoundQlty => ({
  ...(tracks !== undefined && { audio_tracks: tracks }),
  ...(mix !== undefined && { audio_mix: mix }),
  ...(loudnessLufs !== undefined && { loudness: loudnessLufs }),
});

/** Whether an output may have several sounds. */
export const mayBeSeveral = ({ tracks, mix }: Sound): boolean =>
  mix === "surround_and_stereo" ||
  tracks === "all" ||
  (tracks !== undefined && (tracks.length > 1 || typeof tracks[0] === "string"));
