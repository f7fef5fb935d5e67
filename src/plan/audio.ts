import type { AudioStream } from "../probe/media.ts";
import type { AudioCodec, AudioEncode } from "../profile/profile.ts";
import type { Written } from "./containers.ts";
import { AUDIO_ENCODERS } from "./encoders.ts";
import { formatBitrate } from "./rate-control.ts";

/** The sample rates that an encoder takes, in Hz (`ffmpeg -h encoder=…`); of AAC those that the Profile API has. */
const SAMPLERATES: Readonly<Record<AudioCodec, readonly number[]>> = {
  aac: [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000],
  aache2: [32000, 44100, 48000],
  mp3: [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000],
  ac3: [32000, 44100, 48000],
  mp2: [16000, 22050, 24000, 32000, 44100, 48000],
  opus: [8000, 12000, 16000, 24000, 48000],
};

/** The FLV muxer's, with MP3; FLV's own flags know no 48 kHz, the sound itself says it. */
const FLV_MP3_SAMPLERATES = [11025, 22050, 44100, 48000];
/** The mp4 muxer's, with MP3: lower ones it calls "not standard" and refuses. MOV's takes all. */
const MP4_MP3_SAMPLERATE_MIN = 16_000;

/** kbit/s of MPEG-1 and, at 24 kHz and less, MPEG-2 Layer II: ffmpeg's encoder takes no others. */
const MP2_KBPS = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
const MP2_LOW_KBPS = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

const OPUS_BPS_MAX_PER_CHANNEL = 256_000;

/** So many channels a codec has here: 5.1, except MPEG audio and HE-AAC v2, which are stereo at most. */
export const channelsMax = (codec: AudioCodec): number =>
  codec === "mp3" || codec === "mp2" || codec === "aache2" ? 2 : 6;

/**
 * The arguments that encode an audio stream.
 *
 * Missing sound, also before a late start, becomes silence, so that picture and sound start and stay together wherever
 * the container cannot express a gap. Rate and channels are given where they are asked for, or the codec cannot take
 * the source's: the next higher rate it knows, else its highest.
 */
export function audioArgs(
  encode: AudioEncode,
  source: AudioStream,
  container: Written,
): readonly string[] {
  const { codec } = encode;
  const channels = channelsOf(encode, source);
  const samplerateHz = samplerateOf(encode, source, container);
  const bitrateBps = bitrateOf(
    encode,
    samplerateHz ?? source.samplerateHz,
    channels ?? source.channels,
  );
  return [
    ...["-af", "aresample=async=1:first_pts=0"],
    ...["-c:a", AUDIO_ENCODERS[codec]],
    ...(codec === "aache2" ? ["-profile:a", "aac_he_v2"] : []),
    ...["-b:a", formatBitrate(bitrateBps)],
    ...(channels === undefined ? [] : ["-ac", String(channels)]),
    ...(samplerateHz === undefined ? [] : ["-ar", String(samplerateHz)]),
  ];
}

function channelsOf({ codec, channels }: AudioEncode, source: AudioStream): number | undefined {
  if (channels !== undefined) return channels;
  if (codec === "aache2") return 2;
  const max = channelsMax(codec);
  if (source.channels > max) return max;
  // libopus refuses the layout 5.1(side), which AC-3 and AAC sources have; the count alone gives the usual 5.1.
  return codec === "opus" && source.channels > 2 ? source.channels : undefined;
}

function samplerateOf(
  { codec, samplerateHz }: AudioEncode,
  source: AudioStream,
  container: Written,
): number | undefined {
  const known = samplerates(codec, container);
  const wanted = samplerateHz ?? source.samplerateHz;
  if (samplerateHz === undefined && known.includes(wanted)) return undefined;
  return known.find((rate) => rate >= wanted) ?? known.at(-1);
}

/** The sample rates that an encoder takes and a container holds with its codec, in Hz, rising. */
export function samplerates(codec: AudioCodec, container: Written): readonly number[] {
  const known = SAMPLERATES[codec];
  if (codec !== "mp3") return known;
  if (container === "flv") return FLV_MP3_SAMPLERATES;
  return container === "mp4" ? known.filter((rate) => rate >= MP4_MP3_SAMPLERATE_MIN) : known;
}

/** The highest bitrate that the encoder takes and that is not above the one asked for. */
function bitrateOf(
  { codec, bitrateBps }: AudioEncode,
  samplerateHz: number,
  channels: number,
): number {
  if (codec === "opus") return Math.min(bitrateBps, OPUS_BPS_MAX_PER_CHANNEL * channels);
  if (codec !== "mp2") return bitrateBps;
  const table = samplerateHz <= 24_000 ? MP2_LOW_KBPS : MP2_KBPS;
  const kbps = table.findLast((rate) => rate * 1000 <= bitrateBps) ?? table[0] ?? 0;
  return kbps * 1000;
}
