import { parseRational, toNumber } from "../lib/rational.ts";
import { type FieldError, TaskError } from "../task/errors.ts";
import { type AudioCodec, isRateless, type VideoCodec } from "./codecs.ts";
import { audioCodecFor, isAudioOnly, isSilent, videoCodecFor } from "./container-rules.ts";
import type { Container } from "./containers.ts";
import { type CaptionFields, captionFields, captionsOf } from "./fields/captions.ts";
import {
  type FieldsQlty,
  refuseVideoWishes,
  toVideoWishesQlty,
  videoWishes,
} from "./fields/fields.ts";
import { type MetadataQlty, metadataFields, metadataWishes } from "./fields/metadata.ts";
import { type EncryptionFields, encryptionFields, protectionOf } from "./fields/protection.ts";
import { type SoundQlty, soundFields, soundOf } from "./fields/sound.ts";
import { type SubtitleFields, subtitleFields, subtitlesOf } from "./fields/subtitles.ts";
import { audioFields, videoFields } from "./plain-qlty.ts";
import type { AudioEncode, Effort, RateMode, Rendition, VideoEncode } from "./profile.ts";
import { LOW_LATENCY_CODECS, type VIDEO_FORMATS } from "./video-values.ts";

/** Values of `framerate`, in the form of answers; `parseFramerate` knows the other ways to write them. */
export const FRAMERATES = ["12", "15", "24000/1001", "24", "25", "30000/1001", "30", "60"] as const;

/** Values of `gop_size`, in frames. */
export const GOP_SIZES = [12, 15, 20, 24, 25, 30, 48, 50, 60, 100, 120] as const;

/** Values of `audio_format`; `copy` keeps the source's stream, `none` leaves audio out. */
export const AUDIO_FORMATS = [
  "aac",
  "aache2",
  "mp3",
  "ac3",
  "mp2",
  "copy",
  "opus",
  "none",
] as const;

/** Values of `audio_samplerate`, in Hz: AAC's rates in the Profile API's range of 8000 to 96000. */
export const AUDIO_SAMPLERATES = [
  8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000,
] as const;

/** Values of `channels`: mono, stereo, 5.1. */
export const CHANNEL_COUNTS = [1, 2, 6] as const;

/** Values of `rc_mode`. */
export const RC_MODES = [
  "cbr",
  "vbr",
  "2passvbr",
  "quality",
] as const satisfies readonly RateMode[];

/** Values of `preset`: how much time the encoder may take for quality. */
export const PRESETS = [
  "default",
  "highQuality",
  "highPerformance",
] as const satisfies readonly Effort[];

const GOP_SIZE_DEFAULT = 50;
/** With `low_latency`: a viewer who joins late waits for a key frame. */
const GOP_SIZE_LOW_LATENCY = 25;

/** The most pictures a second of a short film for pages for which no rate is asked for. */
const ANIMATION_RATE_USUAL = 15;

/** The largest `b_frame_size`; the smallest is 0. */
export const B_FRAMES_MAX = 3;

/** A frame rate of the table, in the form of answers. */
export type Framerate = (typeof FRAMERATES)[number];

/** The fields of subjects that have files of their own. */
type FieldGroups = FieldsQlty & SubtitleFields & CaptionFields & SoundQlty;

/**
 * One parameter group of a profile as the API writes it: the Profile API's names, bitrates in bits/s, `framerate` as text
 * (`25`, `30000/1001`). Absent fields have the table's defaults.
 */
export type Qlty = FieldGroups & {
  readonly container: Container;
  readonly format?: (typeof VIDEO_FORMATS)[number] | undefined;
  readonly bitrate?: number | undefined;
  readonly framerate?: string | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly use_progressive?: boolean | undefined;
  readonly gop_size?: number | undefined;
  readonly b_frame_size?: number | undefined;
  readonly low_latency?: boolean | undefined;
  readonly rc_mode?: (typeof RC_MODES)[number] | undefined;
  readonly preset?: (typeof PRESETS)[number] | undefined;
  readonly audio_format?: (typeof AUDIO_FORMATS)[number] | undefined;
  readonly audio_bitrate?: number | undefined;
  readonly audio_samplerate?: number | undefined;
  readonly channels?: number | undefined;
  readonly encryption?: EncryptionFields | undefined;
} & MetadataQlty;

// Half of the second decimal, to which callers round (23.98); the rates of the table lie further apart.
const FRAMERATE_TOLERANCE = 0.005;

/**
 * Reads a frame rate of the table in any spelling: `30/1`, `30`, `30000/1001`, or its decimal `29.97`.
 *
 * @returns the one form in which it is stored and answered; undefined if the table has no such rate
 */
export function parseFramerate(value: string | number): Framerate | undefined {
  const asked = rateOf(String(value));
  return FRAMERATES.find((known) => Math.abs(rateOf(known) - asked) < FRAMERATE_TOLERANCE);
}

function rateOf(text: string): number {
  const rational = parseRational(text);
  return rational ? toNumber(rational) : Number.NaN;
}

/**
 * Reads a parameter group as the rendition it stands for, with the table's defaults.
 *
 * Two defaults depend on the container, as the table's would never work: unless they are asked for, containers for audio alone
 * (mp3, m4a, ogg) get no video, and containers for video alone (gif, jpg) no audio; and the codec is one that the container can
 * hold. Whether it holds what was asked for is not judged here.
 *
 * @throws {TaskError} `invalid_parameter` with fields relative to the group (`bitrate`)
 */
export function toRendition(qlty: Qlty): Rendition {
  const { container } = qlty;
  const format = qlty.format ?? (isAudioOnly(container) ? "none" : videoCodecFor(container));
  const audioFormat =
    qlty.audio_format ?? (isSilent(container) ? "none" : audioCodecFor(container));
  const faults: FieldError[] = [];
  const video = isCodec(format) ? videoOf(qlty, format, faults) : format;
  const audio = isCodec(audioFormat) ? audioOf(qlty, audioFormat, faults) : audioFormat;
  if (!isCodec(format)) refuseVideoWishes(qlty, faults);
  const metadata = metadataWishes(qlty, container, faults);
  const protection = qlty.encryption && protectionOf(qlty.encryption, { container, video }, faults);
  const sound = soundOf(qlty, audioFormat, faults);
  const captions = captionsOf(qlty, format, faults);
  if (video === "none" && audio === "none")
    faults.push({ path: "audio_format", message: "cannot be none where there is no video either" });
  if (faults.length > 0 || !video || !audio) throw invalid(faults);
  return {
    container,
    video:
      captions && typeof video === "object" ? { ...video, captions: captions.pictures } : video,
    audio,
    ...(sound && { sound }),
    ...subtitlesOf(qlty),
    ...(captions && { captions }),
    ...metadata,
    ...(protection && { protection }),
  };
}

const isCodec = <T extends string>(format: T | "copy" | "none"): format is T =>
  format !== "copy" && format !== "none";

/** The video to encode; undefined if a field was added to `faults`. */
function videoOf(qlty: Qlty, codec: VideoCodec, faults: FieldError[]): VideoEncode | undefined {
  const { bitrate, width, height } = qlty;
  const framerate = qlty.framerate === undefined ? undefined : parseFramerate(qlty.framerate);
  if (qlty.framerate !== undefined && !framerate)
    faults.push({ path: "framerate", message: `must be one of ${FRAMERATES.join(", ")}` });
  const rateMode = qlty.rc_mode ?? "cbr";
  if (bitrate === undefined && rateMode !== "quality" && !isRateless(codec)) {
    faults.push({ path: "bitrate", message: "is required unless format is copy or none" });
    return undefined;
  }
  const lowLatency = qlty.low_latency ?? false;
  if (lowLatency && !LOW_LATENCY_CODECS.includes(codec))
    faults.push({
      path: "low_latency",
      message: `is for ${LOW_LATENCY_CODECS.join(" and ")} alone`,
    });
  if (lowLatency && (qlty.b_frame_size ?? 0) > 0)
    faults.push({ path: "b_frame_size", message: "must be 0 with low_latency" });
  const rate = framerate && parseRational(framerate);
  return {
    codec,
    ...(bitrate !== undefined && { bitrateBps: bitrate }),
    ...(rate && { framerate: rate }),
    ...((codec === "gif" || codec === "awebp") && !rate && { framerateMax: ANIMATION_RATE_USUAL }),
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    progressive: qlty.use_progressive ?? true,
    gop: { frames: qlty.gop_size ?? (lowLatency ? GOP_SIZE_LOW_LATENCY : GOP_SIZE_DEFAULT) },
    bFrames: qlty.b_frame_size ?? 0,
    ...(lowLatency && { lowLatency }),
    rateMode,
    effort: qlty.preset ?? "default",
    ...(qlty.contact_sheet && { width: qlty.contact_sheet.width }),
    ...videoWishes(qlty, codec, faults),
  };
}

/** The audio to encode; undefined if a field was added to `faults`. */
function audioOf(qlty: Qlty, codec: AudioCodec, faults: FieldError[]): AudioEncode | undefined {
  const { audio_bitrate, audio_samplerate, channels } = qlty;
  if (audio_bitrate === undefined) {
    const message = "is required unless audio_format is copy or none";
    faults.push({ path: "audio_bitrate", message });
    return undefined;
  }
  return {
    codec,
    bitrateBps: audio_bitrate,
    ...(audio_samplerate !== undefined && { samplerateHz: audio_samplerate }),
    ...(channels !== undefined && { channels }),
  };
}

function invalid(fields: readonly FieldError[]): TaskError {
  const list = fields.map(({ path, message }) => `${path} ${message}`).join("; ");
  return new TaskError("invalid_parameter", `Cannot use the parameter group: ${list}`, { fields });
}

/**
 * Writes a rendition as the parameter group of an answer, with every default filled in; absent fields are as in the source.
 *
 * The distance of a system profile's key frames, which is in seconds, is shown in frames at its highest rate. Its B-frames, which
 * are the encoder's own choice, are not shown.
 */
export function toQlty(rendition: Rendition): Qlty {
  const { container, video, audio, sound, subtitles, captions, protection } = rendition;
  return {
    container,
    ...(typeof video === "string"
      ? { format: video }
      : { ...videoFields(video), ...toVideoWishesQlty(video) }),
    ...(typeof audio === "string" ? { audio_format: audio } : audioFields(audio)),
    ...subtitleFields(subtitles),
    ...captionFields(captions),
    ...metadataFields(rendition),
    ...(protection && { encryption: encryptionFields(protection) }),
    ...(sound && soundFields(sound)),
  };
}
